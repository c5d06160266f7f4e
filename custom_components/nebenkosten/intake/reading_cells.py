"""The meaning of the cells of a table of readings, and which column holds which."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from ..engine.domain import units
from ..engine.domain.meters import Meter
from ..engine.domain.report import ReadingKind
from .text import BareDates, Number, TextError, parse_number

# Names that our own files, grid operators and people give to each column.
_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "meter_id": ("meter_id", "meter", "zähler", "zählernummer", "zaehlernummer"),
    "time": (
        *("time", "timestamp", "date", "zeit", "zeitpunkt", "datum", "ab-datum"),
        *("ablesedatum", "abgelesen am"),
    ),
    "clock": ("clock", "ab-zeit", "uhrzeit", "ablesezeit"),
    "value": ("value", "reading", "wert", "zählerstand", "zaehlerstand", "stand"),
    "unit": ("unit", "einheit"),
    "kind": ("kind",),
    "note": ("note", "notiz", "bemerkung"),
}
_MIDNIGHT_SLACK: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RowContext:
    """What a file's rows are held against; `latest` is the last instant allowed [s].

    `columns` names the file's columns where they are not called like ours.
    """

    meters: Mapping[str, Meter]
    zone: ZoneInfo
    latest: float
    only_meter: Meter | None = None
    bare_dates: BareDates | None = None
    columns: Mapping[str, str] | None = None

    def is_future(self, instant: float) -> bool:
        """Return whether an instant [epoch s] is later than a reading may be."""
        return instant > self.latest + _MIDNIGHT_SLACK

    def missing(self, places: Mapping[str, int]) -> str | None:
        """Return the first column that has to be there and is not."""
        for name in ("meter_id", "time", "value"):
            if name not in places and not (name == "meter_id" and self.only_meter):
                return name
        return None


def places_of(
    header: Sequence[str], columns: Mapping[str, str] | None = None
) -> dict[str, int]:
    """Return where each of our columns stands, by its name or as somebody says."""
    names = [cell.lower() for cell in header]
    if columns is not None:
        return {ours: header.index(theirs) for ours, theirs in columns.items()}
    return {
        ours: next(names.index(name) for name in known if name in names)
        for ours, known in _COLUMNS.items()
        if any(name in names for name in known)
    }


def meter_of(text: str, expected: RowContext) -> Meter:
    """Return the meter that a cell names; raises TextError("unknown_meter")."""
    if expected.only_meter is not None and not text:
        return expected.only_meter
    meter = expected.meters.get(text.lower()) or _with_number(text, expected)
    if meter is None:
        raise TextError("unknown_meter")
    return meter


def _with_number(text: str, expected: RowContext) -> Meter | None:
    """Return the only meter of a serial number, as grid operators name them."""
    found = [m for m in expected.meters.values() if text and m.serial_number == text]
    return found[0] if len(found) == 1 else None


def kind_of(text: str) -> ReadingKind:
    """Return the kind that a cell names; raises TextError("unknown_kind")."""
    try:
        return ReadingKind(text.lower()) if text else ReadingKind.ACTUAL
    except ValueError as error:
        raise TextError("unknown_kind") from error


def number_of(text: str) -> Number:
    """Return the number in a cell, none below zero; raises TextError."""
    if not text:
        raise TextError("value_missing")
    number = parse_number(text)
    if number.decimal < 0:
        raise TextError("negative_value")
    return number


def fitting_unit(text: str, meter: Meter) -> str | None:
    """Return a reading's unit, None for the meter's; TextError("unit_mismatch")."""
    if not text or units.canonical(text) == units.canonical(meter.unit):
        return None
    try:
        units.factor(text, meter.unit)
    except units.UnitMismatchError as error:
        raise TextError("unit_mismatch") from error
    return units.canonical(text)


def only_separator(proven: Iterable[str | None]) -> str | None:
    """Return the decimal separator of a column, None unless all proofs agree."""
    separators = set(proven) - {None}
    return separators.pop() if len(separators) == 1 else None


def proven_separator(number: Number, meter: Meter) -> str | None:
    """Return the decimal separator that a cell proves, with what its dial can show."""
    if number.thousands is None:
        return number.separator
    own = "," if "," in number.text else "."
    if meter.digits is not None and number.thousands >= 10**meter.digits:
        return own
    if meter.decimals is not None and meter.decimals < 3:
        return "." if own == "," else ","
    return None


def meant(number: Number, meter: Meter, column: str | None) -> float | None:
    """Return the value of a number, None where even the column leaves two.

    `column` is the decimal separator of the other cells, None where they tell none.
    """
    if number.thousands is None:
        return number.decimal
    decimal = proven_separator(number, meter) or column
    if decimal is None:
        return None
    return number.decimal if decimal in number.text else number.thousands
