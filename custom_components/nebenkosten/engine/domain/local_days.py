"""Local days and their bounds, 23- and 25-hour days included.

Free of numpy: set-up, entities and forms ask this too.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

# A day of 24 hours, and an hour [s].
DAY: Final = 86400.0
HOUR: Final = 3600.0


def start_of(day: date, zone: ZoneInfo) -> datetime:
    """Return the local midnight that begins a day."""
    return datetime.combine(day, time(), zone)


def midnight(day: date, zone: ZoneInfo) -> float:
    """Return the instant [epoch s] at which a local day begins.

    Where a clock change skips midnight itself, the day begins with the change.
    """
    return start_of(day, zone).timestamp()


def local_day(instant: float, zone: ZoneInfo) -> date:
    """Return the local day that an instant [epoch s] lies in."""
    return datetime.fromtimestamp(instant, zone).date()


def first_midnight_at_or_after(instant: float, zone: ZoneInfo) -> date:
    """Return the first day whose midnight is not before the instant [epoch s]."""
    day = local_day(instant, zone)
    return day if midnight(day, zone) >= instant else day + timedelta(days=1)


def days_later(instant: float, days: float, zone: ZoneInfo) -> float:
    """Return the instant [epoch s] that many calendar days later, by the wall clock."""
    moment = datetime.fromtimestamp(instant, zone) + timedelta(days=days)
    return moment.timestamp()


def iso(instant: float, zone: ZoneInfo) -> str:
    """Return an instant [epoch s] as ISO 8601 with the zone's offset."""
    return datetime.fromtimestamp(instant, UTC).astimezone(zone).isoformat()
