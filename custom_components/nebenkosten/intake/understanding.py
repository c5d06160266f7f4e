"""Times and values of a reading as somebody means them."""

from dataclasses import dataclass
from datetime import date, timedelta
import math
import time
from typing import Final
from zoneinfo import ZoneInfo

from ..analysis.loaded_house import LoadedHouse
from ..engine.domain.local_days import local_day, midnight
from ..engine.domain.meters import Meter
from ..engine.domain.reading_bounds import FIRST_DAY, LARGEST, LAST_DAY, within
from ..engine.domain.report import ReadingKind
from ..journal import readings
from ..journal.store import Journal
from ..journal.value_text import number_text
from ..messages.errors import async_in_journal, refuse
from . import text as text_of
from .text import Instant, TextError, parse_instant, parse_number

_SLACK: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenReading:
    """A reading as somebody gives it, or what of one an edit changes.

    Without `time` it is read now; without `unit` in the meter's own.
    """

    value: object = None
    time: str | None = None
    unit: str | None = None
    kind: ReadingKind | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenExchange:
    """An exchange as somebody gives it.

    `final` tells the old dial's last value, and when; `first` is the new one's.
    """

    final: GivenReading
    first: object
    serial_number: str | None = None


def latest_instant(zone: ZoneInfo) -> float:
    """Return the next local midnight [epoch s]: after it lies the future."""
    return midnight(local_day(time.time(), zone) + timedelta(days=1), zone)


def bounds(
    start: date | None, end: date | None, zone: ZoneInfo
) -> tuple[float | None, float | None]:
    """Return the instants [epoch s] that bound the days start..end.

    None where no reading can lie beyond: no calendar goes on for ever.
    """
    low = high = None
    if start is not None and start > FIRST_DAY:
        low = midnight(within(start), zone)
    if end is not None and end < LAST_DAY:
        high = midnight(within(end) + timedelta(days=1), zone)
    return low, high


def bounded(text: str | None) -> str | None:
    """Return a note or another text that is kept; refuses one that is too long."""
    try:
        return text and text_of.bounded(text)
    except TextError as error:
        raise refuse(error.key) from error


def understood_instant(given: str, zone: ZoneInfo) -> float:
    """Return the instant [epoch s] that somebody means, up to the next midnight."""
    try:
        return instant_of(given, zone, ReadingKind.ACTUAL).seconds
    except TextError as error:
        raise refuse(error.key, **error.data) from error


def instant_of(given: str | None, zone: ZoneInfo, kind: ReadingKind) -> Instant:
    """Return when a reading was read: now, or what is given, up to the next midnight.

    Raises TextError.
    """
    if given is None:
        return Instant(time.time(), zone.key)
    instant = parse_instant(given, zone, kind)
    if instant.seconds > latest_instant(zone) + _SLACK:
        raise TextError("in_future")
    return instant


async def async_value(
    loaded: LoadedHouse, meter: Meter, given: object, instant: float
) -> float:
    """Return the number meant; of two meanings the one that fits the neighbours."""
    if isinstance(given, bool) or given != given:
        raise refuse("not_a_number")
    if isinstance(given, (int, float)):
        if abs(given) >= LARGEST:
            raise refuse("too_many_digits")
        given = number_text(float(given))
    try:
        number = parse_number(str(given))
    except TextError as error:
        raise refuse(error.key, **error.data) from error
    meanings = [number.decimal]
    if number.thousands is not None:
        before, after = await async_in_journal(
            loaded.hass, _neighbours, loaded.journal, meter.key, instant
        )
        meanings = [
            value
            for value in (number.decimal, number.thousands)
            if before <= value <= after and _shows(meter, value)
        ]
    if len(meanings) != 1:
        raise refuse("ambiguous_number")
    if meanings[0] < 0:
        raise refuse("negative_value")
    return meanings[0]


def _shows(meter: Meter, value: float) -> bool:
    return meter.digits is None or value < 10**meter.digits


def _neighbours(journal: Journal, meter: str, instant: float) -> tuple[float, float]:
    before = readings.last_before(journal, meter, instant)
    after = readings.first_after(journal, meter, instant)
    return (
        -math.inf if before is None else before.value,
        math.inf if after is None else after.value,
    )
