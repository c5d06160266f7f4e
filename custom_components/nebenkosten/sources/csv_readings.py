"""Which readings does a CSV file hold, and which of its rows cannot be read?"""

from collections.abc import Iterator, Mapping, Sequence
import csv
from dataclasses import dataclass, replace
import io
from typing import Final
from zoneinfo import ZoneInfo

from ..engine import units
from ..engine.meter import Meter
from ..engine.model import ReadingKind
from .text import BareDates, Number, TextError, parse_instant, parse_number

_COLUMNS: Final = ("meter_id", "time", "value", "unit", "kind", "note")
_MIDNIGHT_SLACK: Final = 1.0


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that cannot be taken: where, and why (`code` names the sentence)."""

    line: int
    column: str
    code: str
    cell: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
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

    rows: tuple[Row, ...]
    rejected: tuple[Rejected, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What a file's rows are held against; `latest` is the last instant allowed [s]."""

    meters: Mapping[str, Meter]
    zone: ZoneInfo
    latest: float
    only_meter: Meter | None = None
    bare_dates: BareDates | None = None


class FileError(ValueError):
    """A file that is no table of readings; `key` names the sentence."""

    def __init__(self, key: str, column: str = "") -> None:
        """Keep the key and, where one is missing, the column's name."""
        super().__init__(key)
        self.key = key
        self.column = column


def decode(content: bytes) -> str:
    """Return a file's text; raises FileError("not_a_csv") for anything else."""
    if b"\0" in content:
        raise FileError("not_a_csv")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def parse(text: str, expected: Expectation) -> Parsed:
    """Read a table of readings; raises FileError if it is none."""
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise FileError("file_empty")
    header, rows = _table(text)
    places = _places(header, expected)
    read: list[Row] = []
    rejected: list[Rejected] = []
    try:
        for line, cells in rows:
            result = _row(line, cells, places, expected)
            if isinstance(result, Row):
                read.append(result)
            else:
                rejected.append(result)
    except csv.Error as error:
        raise FileError("not_a_csv") from error
    return _decide_numbers(read, rejected)


def _table(text: str) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    first = next(line for line in text.splitlines() if line.strip())
    delimiter = max(";,\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)

    def rows() -> Iterator[tuple[int, list[str]]]:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells

    table = rows()
    try:
        _, header = next(table)
    except csv.Error as error:
        raise FileError("not_a_csv") from error
    return [cell.strip().lower() for cell in header], table


def _places(header: Sequence[str], expected: Expectation) -> dict[str, int]:
    places = {name: header.index(name) for name in _COLUMNS if name in header}
    if not places:
        raise FileError("not_a_csv")
    for name in ("meter_id", "time", "value"):
        if name not in places and not (name == "meter_id" and expected.only_meter):
            raise FileError("column_missing", name)
    return places


def _row(
    line: int, cells: list[str], places: dict[str, int], expected: Expectation
) -> Row | Rejected:
    def cell(name: str) -> str:
        place = places.get(name)
        return "" if place is None or place >= len(cells) else cells[place].strip()

    column = "meter_id"
    try:
        meter = _meter(cell("meter_id"), expected)
        column = "kind"
        kind = _kind(cell("kind"))
        column = "time"
        instant = parse_instant(cell("time"), expected.zone, kind, expected.bare_dates)
        if instant.seconds > expected.latest + _MIDNIGHT_SLACK:
            raise TextError("in_future")
        column = "value"
        number = _value(cell("value"))
        column = "unit"
        unit = fitting_unit(cell("unit"), meter)
    except TextError as error:
        return Rejected(line, column, error.key, cell(column)[:40])
    return Row(
        line=line,
        meter=meter,
        instant=instant.seconds,
        zone=instant.zone,
        number=number,
        value=number.decimal,
        unit=unit,
        kind=kind,
        note=cell("note") or None,
    )


def _meter(text: str, expected: Expectation) -> Meter:
    if expected.only_meter is not None and not text:
        return expected.only_meter
    meter = expected.meters.get(text.lower())
    if meter is None:
        raise TextError("unknown_meter")
    return meter


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


def _decide_numbers(rows: list[Row], rejected: list[Rejected]) -> Parsed:
    """Let the unmistakable numbers of the column say what the others mean."""
    separators = {_separator(row) for row in rows} - {None}
    certain = separators.pop() if len(separators) == 1 else None
    decided: list[Row] = []
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


def _separator(row: Row) -> str | None:
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
