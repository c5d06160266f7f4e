"""The table that a file holds, whatever program wrote it."""

from collections.abc import Iterable, Iterator, Sequence
import csv
from dataclasses import dataclass
from datetime import date, datetime, time
import io
from typing import Final

from ..journal.value_text import number_text

_EXCEL: Final = b"PK\x03\x04"
_SPECIMEN: Final = 20
# No house has more, and all of it is kept in memory for a while.
LARGEST: Final = 32_000_000
MOST_ROWS: Final = 250_000
MOST_COLUMNS: Final = 702
# The last line that a sheet of Excel has.
_LINES: Final = 1_048_576


class FileError(ValueError):
    """A file that is no table of readings; `key` names the sentence."""

    def __init__(self, key: str, column: str = "") -> None:
        """Keep the key and, where one is missing, the column's name."""
        super().__init__(key)
        self.key = key
        self.column = column


@dataclass(frozen=True, slots=True)
class Table:
    """Column names, and rows of texts with the line or row each stands in."""

    header: tuple[str, ...]
    rows: Iterator[tuple[int, Sequence[str]]]


def table_of(content: bytes) -> Table:
    """Return the table of a CSV or an Excel file; raises FileError if it is none."""
    return excel_table(content) if is_workbook(content) else csv_table(decode(content))


def is_workbook(content: bytes) -> bool:
    """Return whether a file's content is an Excel file, as far as its begin tells."""
    return content.startswith(_EXCEL)


def decode(content: bytes) -> str:
    """Return a file's text; raises FileError("not_a_csv") for anything else."""
    if b"\0" in content:
        raise FileError("not_a_csv")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def csv_table(text: str) -> Table:
    """Return the table of a text; lines before a wider header are a title."""
    if len(text) > LARGEST:
        raise FileError("file_too_large")
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise FileError("file_empty")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text))

    def rows() -> Iterator[tuple[int, Sequence[str]]]:
        try:
            for number, cells in enumerate(reader):
                _check_size(number, cells)
                if any(cell.strip() for cell in cells):
                    yield reader.line_num, cells
        except csv.Error as error:
            raise FileError("not_a_csv") from error

    return _headed(rows())


def delimiter_of(text: str) -> str:
    """Return what parts the cells of a text that is not blank."""
    lines = [line for line in text.splitlines()[:_SPECIMEN] if line.strip()]
    widest = max(lines, key=_separators, default="")
    return max(";,\t", key=widest.count)


def _check_size(number: int, cells: Sequence[str]) -> None:
    if number > MOST_ROWS:
        raise FileError("too_many_rows")
    if len(cells) > MOST_COLUMNS:
        raise FileError("too_many_columns")


def _separators(line: str) -> int:
    return max(line.count(separator) for separator in ";,\t")


def excel_table(content: bytes) -> Table:
    """Return the first sheet of an Excel file; raises FileError("not_an_excel")."""
    # Late: rarely needed, and slow to load.
    import openpyxl

    from .workbook import check_workbook

    try:
        check_workbook(content)
        book = openpyxl.load_workbook(
            io.BytesIO(content), read_only=True, data_only=True
        )
        sheet = book.worksheets[0]
        # What a file says of its own size would fill each row with empty cells.
        sheet.reset_dimensions()
        kept = list(_filled(sheet.iter_rows(values_only=True)))
        book.close()
    except FileError:
        raise
    except Exception as error:
        # A broken file fails in as many ways as there are parts in it.
        raise FileError("not_an_excel") from error
    return _headed((number, [_text(cell) for cell in row]) for number, row in kept)


def _filled(rows: Iterable[Sequence[object]]) -> Iterator[tuple[int, Sequence[object]]]:
    """Yield the rows that are not empty with their numbers; raises FileError."""
    for number, row in enumerate(rows, 1):
        if number > _LINES:
            raise FileError("too_many_rows")
        if any(cell not in (None, "") for cell in row):
            yield number, row


def _text(cell: object) -> str:
    """Return a cell as a person would type it."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        midnight = cell.time() == time()
        return cell.date().isoformat() if midnight else cell.isoformat(sep=" ")
    if isinstance(cell, (date, time)):
        return cell.isoformat()
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        return number_text(float(cell))
    return str(cell)


def _headed(rows: Iterator[tuple[int, Sequence[str]]]) -> Table:
    """Return a table whose header is the first row of more than one name."""
    empty = True
    for _, cells in rows:
        empty = False
        if sum(bool(cell.strip()) for cell in cells) > 1:
            return Table(tuple(cell.strip() for cell in cells), rows)
    raise FileError("file_empty" if empty else "not_a_csv")
