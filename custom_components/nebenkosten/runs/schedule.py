"""The instants of the nightly run: the next one, and the last one due."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo


def runs_around(now: datetime, at: time, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the last daily run due by `now` and the next one after it (UTC).

    Exactly one a local day: a time that a clock change skips counts as if the clock
    had not changed, one that it repeats counts the first time.
    """
    today = now.astimezone(zone).date()
    runs = [
        datetime.combine(today + timedelta(days=shift), at, zone).astimezone(UTC)
        for shift in (-2, -1, 0, 1, 2)
    ]
    last = max(run for run in runs if run <= now)
    return last, min(run for run in runs if run > now)
