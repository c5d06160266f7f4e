"""The readings of a table, row by row, and the rows that cannot be read."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from .cells import unmarked
from .reading_cells import (
    RowContext,
    fitting_unit,
    kind_of,
    meant,
    meter_of,
    number_of,
    only_separator,
    places_of,
    proven_separator,
)
from .reading_rows import Parsed, ReadingRow, ReadingRows, Rejected
from .table import FileError, Table, csv_table, decode, excel_table, is_workbook
from .text import Number, TextError, bounded, parse_instant

# A shorter text [characters] is read sooner than numpy is loaded.
LONG: Final = 100_000


def parse_content(content: bytes, expected: RowContext) -> Parsed:
    """Read a CSV or an Excel file of readings; raises FileError if it is none."""
    if is_workbook(content):
        return parse_table(excel_table(content), expected)
    return parse(decode(content), expected)


def parse(text: str, expected: RowContext) -> Parsed:
    """Read a text of readings; raises FileError if it is none."""
    if len(text) >= LONG:
        # Late: it loads numpy.
        from .regular_readings import regular_rows

        rows = regular_rows(text, expected)
        if rows is not None:
            return Parsed(rows, ())
    return parse_table(csv_table(text), expected)


def parse_table(table: Table, expected: RowContext) -> Parsed:
    """Read a table of readings; raises FileError if it is none."""
    places = places_of(table.header, expected.columns)
    if not places:
        raise FileError("not_a_csv")
    missing = expected.missing(places)
    if missing is not None:
        raise FileError("column_missing", missing)
    read: list[tuple[ReadingRow, Number]] = []
    rejected: list[Rejected] = []
    for line, cells in table.rows:
        result = _row(line, cells, places, expected)
        if isinstance(result, Rejected):
            rejected.append(result)
        else:
            read.append(result)
    return _decide_numbers(read, rejected)


def _row(
    line: int, cells: Sequence[str], places: dict[str, int], expected: RowContext
) -> tuple[ReadingRow, Number] | Rejected:
    def cell(name: str) -> str:
        place = places.get(name)
        return "" if place is None or place >= len(cells) else cells[place].strip()

    column = "meter_id"
    try:
        meter = meter_of(cell("meter_id"), expected)
        column = "kind"
        kind = kind_of(cell("kind"))
        column = "time"
        time = f"{cell('time')} {cell('clock')}".strip()
        instant = parse_instant(time, expected.zone, kind, expected.bare_dates)
        if expected.is_future(instant.seconds):
            raise TextError("in_future")
        column = "value"
        number = number_of(cell("value"))
        column = "unit"
        unit = fitting_unit(unmarked(cell("unit")), meter)
        column = "note"
        note = bounded(unmarked(cell("note")))
    except TextError as error:
        return Rejected(line, column, error.key, cell(column)[:40], error.data)
    row = ReadingRow(
        line=line,
        meter=meter,
        instant=instant.seconds,
        zone=instant.zone,
        value_text=number.text,
        value=number.decimal,
        unit=unit,
        kind=kind,
        note=note or None,
    )
    return row, number


def _decide_numbers(
    read: list[tuple[ReadingRow, Number]], rejected: list[Rejected]
) -> Parsed:
    """Let the unmistakable numbers of the column say what the others mean."""
    certain = only_separator(proven_separator(n, row.meter) for row, n in read)
    decided: list[ReadingRow] = []
    for row, number in read:
        value = meant(number, row.meter, certain)
        if value is None:
            rejected.append(
                Rejected(row.line, "value", "ambiguous_number", number.text[:40])
            )
        else:
            decided.append(row if value == row.value else replace(row, value=value))
    rows = ReadingRows.of(decided)
    return Parsed(rows, tuple(sorted(rejected, key=lambda r: r.line)))
