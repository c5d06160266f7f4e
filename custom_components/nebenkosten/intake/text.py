"""Numbers and instants as people write them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
import re
from typing import Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..engine.domain import reading_bounds
from ..engine.domain.local_days import midnight
from ..engine.domain.report import ReadingKind
from ..journal.value_text import AMBIGUOUS

type BareDates = Literal["start", "end"]

_SPACES: Final = str.maketrans("", "", " \u00a0\u202f'’")
_PLAIN: Final = re.compile(r"[+-]?\d+(?:[.,]\d+)?")
_GROUPED: Final = re.compile(
    r"[+-]?\d{1,3}(?:([.,])\d{3})(?:\1\d{3})*(?:(?!\1)[.,]\d+)?"
)
# An ambiguous number as a line of its own among others.
AMBIGUOUS_LINE: Final = re.compile(f"^{AMBIGUOUS.pattern}$", re.MULTILINE)
_GERMAN: Final = re.compile(
    r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?:[ ,T]+(\d{1,2}):(\d{2})(?::(\d{2}))?(?: Uhr)?)?"
)
_LONGEST_NUMBER: Final = 400
_ISO_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


# So much of a note is kept [characters].
_LONGEST: Final = 1_000


class TextError(ValueError):
    """A text that says no number or no time; `key` names the sentence.

    `data` fills it: what is likely to be meant, never the text itself.
    """

    def __init__(self, key: str, **data: str) -> None:
        """Keep both."""
        super().__init__(key)
        self.key = key
        self.data = data


@dataclass(frozen=True, slots=True)
class Number:
    """A number as typed: `decimal` is its only or first meaning.

    `thousands` is the other one where a single separator stands before exactly three
    digits; `separator` is the decimal separator where the text leaves no doubt.
    """

    text: str
    decimal: float
    thousands: float | None = None
    separator: str | None = None


@dataclass(frozen=True, slots=True)
class Instant:
    """An instant (UTC) [s] and the zone that it was given in."""

    seconds: float
    zone: str


def bounded(text: str) -> str:
    """Return a text that is kept; raises TextError("text_too_long")."""
    if len(text) > _LONGEST:
        raise TextError("text_too_long")
    return text


def is_ambiguous(text: str) -> bool:
    """Return whether a number's only separator stands before exactly three digits."""
    return AMBIGUOUS.fullmatch(text) is not None


def parse_number(text: str) -> Number:
    """Read a number with point or comma; raises TextError.

    That is "not_a_number", or "too_many_digits" for one that no dial shows.
    """
    number = _number(text)
    largest = max(abs(number.decimal), abs(number.thousands or 0.0))
    if largest >= reading_bounds.LARGEST or len(text) > _LONGEST_NUMBER:
        raise TextError("too_many_digits")
    return number


def _number(text: str) -> Number:
    bare = text.strip().translate(_SPACES)
    if is_ambiguous(bare):
        whole = bare.replace(",", "").replace(".", "")
        return Number(text, float(bare.replace(",", ".")), float(whole))
    if _PLAIN.fullmatch(bare):
        separator = "," if "," in bare else "." if "." in bare else None
        return Number(text, float(bare.replace(",", ".")), separator=separator)
    if match := _GROUPED.fullmatch(bare):
        group = match[1]
        decimal = "," if group == "." else "."
        value = float(bare.replace(group, "").replace(decimal, "."))
        return Number(text, value, separator=decimal)
    raise TextError("not_a_number")


def parse_instant(
    text: str,
    zone: ZoneInfo,
    kind: ReadingKind = ReadingKind.ACTUAL,
    bare_dates: BareDates | None = None,
) -> Instant:
    """Read a time, local unless it carries an offset; raises TextError.

    That is "not_a_time", or what is wrong with a year in which nobody reads a dial.
    A bare date counts at the end of that day, an installation at its start.
    """
    given = text.strip()
    try:
        day = _bare_date(given)
        if day is not None:
            _check_year(day)
            at = bare_dates or ("start" if kind is ReadingKind.INSTALL else "end")
            day += timedelta(days=1 if at == "end" else 0)
            return Instant(midnight(day, zone), zone.key)
        moment = _moment(given)
        _check_year(moment.date())
    except TextError:
        raise
    except (ValueError, OverflowError) as error:
        raise TextError("not_a_time") from error
    if moment.tzinfo is None:
        return Instant(moment.replace(tzinfo=zone).timestamp(), zone.key)
    return Instant(moment.timestamp(), str(moment.tzinfo))


def _check_year(day: date) -> None:
    if day.year >= reading_bounds.LAST_DAY.year:
        raise TextError("in_future")
    if day.year >= reading_bounds.FIRST_YEAR:
        return
    today = datetime.now(UTC).date()
    likely = reading_bounds.likely_days(day.year, day.month, day.day, today)
    if not likely:
        raise TextError("before_1900")
    raise TextError("year_mistyped", likely=", ".join(map(str, likely)))


def parse_day(text: str) -> date:
    """Read a date; raises TextError("not_a_time")."""
    try:
        day = _bare_date(text.strip())
    except ValueError as error:
        raise TextError("not_a_time") from error
    if day is None:
        raise TextError("not_a_time")
    return day


def _bare_date(text: str) -> date | None:
    if match := _GERMAN.fullmatch(text):
        if match[4] is None:
            return date(int(match[3]), int(match[2]), int(match[1]))
    elif _ISO_DAY.fullmatch(text):
        return date.fromisoformat(text)
    return None


def _moment(text: str) -> datetime:
    if match := _GERMAN.fullmatch(text):
        day, month, year, hour, minute, second = (int(g or 0) for g in match.groups())
        return datetime.combine(date(year, month, day), time(hour, minute, second))
    if len(text) <= len("2026-01-01"):
        raise ValueError(text)
    return datetime.fromisoformat(text)


def zone_named(name: str) -> str | None:
    """Return the name of a time zone, None if there is none of that name."""
    try:
        return ZoneInfo(name.strip()).key
    except ZoneInfoNotFoundError, ValueError, OSError:
        return None
