"""The readings of a table, and the rows that cannot be read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from ..engine.domain import units
from ..engine.domain.meters import Meter
from ..engine.domain.report import ReadingKind
from .cells import unmarked
from .table import FileError, Table, csv_table
from .text import BareDates, Number, TextError, bounded, parse_instant, parse_number

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


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that cannot be taken: where, and why.

    `code` names the sentence, `data` fills it.
    """

    line: int
    column: str
    code: str
    cell: str = ""
    data: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingRow:
    """A reading as a file gives it, in the file's own words and understood."""

    line: int
    meter: Meter
    instant: float
    zone: str
    number: Number
    value: float
    unit: str | None
    kind: ReadingKind
    note: str | None


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a file holds."""

    rows: tuple[ReadingRow, ...]
    rejected: tuple[Rejected, ...]


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


def parse(text: str, expected: RowContext) -> Parsed:
    """Read a text of readings; raises FileError if it is none."""
    return parse_table(csv_table(text), expected)


def parse_table(table: Table, expected: RowContext) -> Parsed:
    """Read a table of readings; raises FileError if it is none."""
    places = places_of(table.header, expected.columns)
    if not places:
        raise FileError("not_a_csv")
    for name in ("meter_id", "time", "value"):
        if name not in places and not (name == "meter_id" and expected.only_meter):
            raise FileError("column_missing", name)
    read: list[ReadingRow] = []
    rejected: list[Rejected] = []
    for line, cells in table.rows:
        result = _row(line, cells, places, expected)
        if isinstance(result, ReadingRow):
            read.append(result)
        else:
            rejected.append(result)
    return _decide_numbers(read, rejected)


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


def _row(
    line: int, cells: Sequence[str], places: dict[str, int], expected: RowContext
) -> ReadingRow | Rejected:
    def cell(name: str) -> str:
        place = places.get(name)
        return "" if place is None or place >= len(cells) else cells[place].strip()

    column = "meter_id"
    try:
        meter = _meter(cell("meter_id"), expected)
        column = "kind"
        kind = _kind(cell("kind"))
        column = "time"
        time = f"{cell('time')} {cell('clock')}".strip()
        instant = parse_instant(time, expected.zone, kind, expected.bare_dates)
        if instant.seconds > expected.latest + _MIDNIGHT_SLACK:
            raise TextError("in_future")
        column = "value"
        number = _value(cell("value"))
        column = "unit"
        unit = fitting_unit(unmarked(cell("unit")), meter)
        column = "note"
        note = bounded(unmarked(cell("note")))
    except TextError as error:
        return Rejected(line, column, error.key, cell(column)[:40], error.data)
    return ReadingRow(
        line=line,
        meter=meter,
        instant=instant.seconds,
        zone=instant.zone,
        number=number,
        value=number.decimal,
        unit=unit,
        kind=kind,
        note=note or None,
    )


def _meter(text: str, expected: RowContext) -> Meter:
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


def _kind(text: str) -> ReadingKind:
    try:
        return ReadingKind(text.lower()) if text else ReadingKind.ACTUAL
    except ValueError as error:
        raise TextError("unknown_kind") from error


def _value(text: str) -> Number:
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


def _decide_numbers(rows: list[ReadingRow], rejected: list[Rejected]) -> Parsed:
    """Let the unmistakable numbers of the column say what the others mean."""
    separators = {_separator(row) for row in rows} - {None}
    certain = separators.pop() if len(separators) == 1 else None
    decided: list[ReadingRow] = []
    for row in rows:
        decimal = _separator(row) or certain
        if row.number.thousands is None:
            decided.append(row)
        elif decimal is None:
            rejected.append(
                Rejected(row.line, "value", "ambiguous_number", row.number.text[:40])
            )
        elif decimal not in row.number.text:
            decided.append(replace(row, value=row.number.thousands))
        else:
            decided.append(row)
    return Parsed(tuple(decided), tuple(sorted(rejected, key=lambda r: r.line)))


def _separator(row: ReadingRow) -> str | None:
    """Return the decimal separator that a cell proves, with what its dial can show."""
    number = row.number
    if number.thousands is None:
        return number.separator
    own = "," if "," in number.text else "."
    if row.meter.digits is not None and number.thousands >= 10**row.meter.digits:
        return own
    if row.meter.decimals is not None and row.meter.decimals < 3:
        return "." if own == "," else ","
    return None
