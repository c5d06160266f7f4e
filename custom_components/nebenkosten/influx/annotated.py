"""The answers of version 2: tables as annotated CSV.

https://docs.influxdata.com/influxdb/v2/reference/syntax/annotated-csv/
"""

from collections.abc import Iterator, Sequence
import csv
from dataclasses import dataclass
from datetime import datetime
from io import StringIO
import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .connection import InfluxError
from .model import Field, Value

_HIDDEN: Final = ("", "result", "table")
_NUMBERS: Final = ("double", "long", "unsignedLong")
_BREAK: Final = b"\r\n"
# So many bytes of numbers are taken apart at one go.
_PIECE: Final = 1_000_000

type Row = dict[str, Field]


@dataclass(frozen=True, slots=True, eq=False)
class ValueSeries:
    """Values in order of time [ns]; what is no number is NaN."""

    times: NDArray[np.int64]
    values: NDArray[np.float64]

    def each(self) -> list[Value]:
        """Return each of them."""
        return list(map(Value, self.times.tolist(), self.values.tolist(), strict=True))

    def numbers(self) -> ValueSeries:
        """Return what is a number."""
        return self._of(~np.isnan(self.values))

    def telling(self, step: int) -> ValueSeries:
        """Return the first and last number of each step [ns] and both sides of a fall.

        What is no number stays, so that somebody can say so; of several at an instant
        the last one does.
        """
        odd = np.isnan(self.values)
        (at,) = np.nonzero(~odd)
        at = at[np.append(np.diff(self.times[at]) != 0, np.ones(at[:1].size, bool))]
        steps = self.times[at] // step
        border = (np.diff(steps) != 0) | (np.diff(self.values[at]) < 0)
        odd[at] = np.append(border, at[:1] >= 0) | np.append(at[:1] >= 0, border)
        return self._of(odd)

    def _of(self, kept: NDArray[np.bool_]) -> ValueSeries:
        return ValueSeries(self.times[kept], self.values[kept])


def rows(answer: bytes) -> Iterator[tuple[str, Row]]:
    """Yield each row with the name of its result."""
    names: list[str] = []
    types: list[str] = []
    defaults: list[str] = []
    for cells in csv.reader(StringIO(answer.decode(), newline="")):
        if not cells:
            names = []
        elif cells[0] == "#datatype":
            types, names = cells, []
        elif cells[0] == "#default":
            defaults = cells
        elif cells[0].startswith("#"):
            continue
        elif not names:
            names = cells
        else:
            if "error" in names:
                raise InfluxError("refused", cells[names.index("error")])
            yield _row(names, types, defaults, cells)


def series(answer: bytes) -> ValueSeries:
    """Return the times and values of all tables, each read at once."""
    tables = (table for table in answer.split(_BREAK * 2) if table.strip())
    found = _joined([_table(table) for table in tables])
    if (np.diff(found.times) >= 0).all():
        return found
    order = np.argsort(found.times, kind="stable")
    return ValueSeries(found.times[order], found.values[order])


def _table(table: bytes) -> ValueSeries:
    """Return the columns of a table, and of those that follow it with equal columns."""
    types: list[str] = []
    start = 0
    while True:
        end = table.find(_BREAK, start)
        cells = table[start : end if end >= 0 else None].decode().split(",")
        if cells[0] == "#datatype":
            types = cells
        elif not cells[0].startswith("#"):
            break
        start = end + len(_BREAK)
    named = {name.strip('"'): number for number, name in enumerate(cells)}
    if "_value" not in named or types[named["_value"]] not in _NUMBERS:
        return _texts(table)
    body = table[end + len(_BREAK) :] if end >= 0 else b""
    columns = len(cells), named["_time"], named["_value"]
    return _joined([_numbers(piece, *columns) for piece in _pieces(body)])


def _pieces(body: bytes) -> Iterator[bytes]:
    """Yield lines, many at a time: cells take much more room than the text."""
    start = 0
    while start < len(body):
        end = body.find(_BREAK, start + _PIECE)
        until = end + len(_BREAK) if end >= 0 else len(body)
        yield body[start:until]
        start = until


def _numbers(lines: bytes, width: int, at: int, value: int) -> ValueSeries:
    # Neither numbers nor times hold a comma; all of the latter are of UTC.
    cells = lines.replace(b"Z", b"").replace(_BREAK, b",").split(b",")
    moments = np.array(cells[at::width], "S").astype("M8[ns]").astype(np.int64)
    values = np.array(cells[value::width], "S").astype(np.float64)
    # Finer than microseconds is not kept.
    return ValueSeries(moments // 1000 * 1000, values)


def _joined(parts: Sequence[ValueSeries]) -> ValueSeries:
    return ValueSeries(
        np.concatenate([np.empty(0, np.int64), *(one.times for one in parts)]),
        np.concatenate([np.empty(0), *(one.values for one in parts)]),
    )


def _texts(table: bytes) -> ValueSeries:
    """Return a table of texts; numbers among them are values."""
    found = [(int(row["_time"]), _number(row["_value"])) for _, row in rows(table)]
    return ValueSeries(
        np.array([time for time, _ in found], np.int64),
        np.array([value for _, value in found], np.float64),
    )


def _number(value: Field) -> float:
    try:
        return float(value)
    except ValueError:
        return math.nan


def _row(
    names: list[str], types: list[str], defaults: list[str], cells: list[str]
) -> tuple[str, Row]:
    row: Row = {}
    result = ""
    for name, kind, default, cell in zip(names, types, defaults, cells, strict=True):
        content = cell or default
        if name == "result":
            result = content
        elif name not in _HIDDEN and (content or kind == "string"):
            row[name] = _typed(kind, content)
    return result, row


def _typed(kind: str, content: str) -> Field:
    if kind.startswith("dateTime"):
        return _instant(content)
    if kind in ("long", "unsignedLong"):
        return int(content)
    # Servers end each line of a text as they end each row.
    return float(content) if kind == "double" else content.replace("\r\n", "\n")


def _instant(content: str) -> int:
    """Return a time [ns]; finer than microseconds is not kept."""
    moment = datetime.fromisoformat(content)
    return (int(moment.timestamp()) * 1_000_000 + moment.microsecond) * 1000
