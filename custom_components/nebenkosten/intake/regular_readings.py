"""The readings of a text whose every line is plainly regular, column by column.

One regular expression says what that is: the same number of cells in each line, times
written alike, plain numbers, no quotation marks. What fits it is cut at its separators
and understood with arrays, or once for each word that a column repeats. Any other text
is left to `csv_readings`, which goes row by row and says what is wrong; where both can
read a text, they read the same.
"""

from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
import re
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from ..engine.domain import local_days, reading_bounds
from ..engine.domain.arrays import Floats, Ints
from ..engine.domain.meters import Meter
from .cells import unmarked
from .reading_cells import (
    RowContext,
    fitting_unit,
    kind_of,
    meant,
    meter_of,
    only_separator,
    places_of,
    proven_separator,
)
from .reading_rows import ReadingRows
from .table import LARGEST, MOST_COLUMNS, MOST_ROWS, delimiter_of
from .text import AMBIGUOUS_LINE, bounded, is_ambiguous, parse_instant, parse_number

type Texts = NDArray[np.str_]

_BARE_DAY: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{2}\.[0-9]{2}\.[0-9]{4}"
)
_MOMENT: Final = re.compile(
    r"(?P<german>[0-9]{2}\.[0-9]{2}\.[0-9]{4} [0-9]{2}:[0-9]{2}(?::[0-9]{2})?)"
    r"|(?P<wall>[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(?::[0-9]{2})?)"
    r"(?P<offset>Z|[+-][0-9]{2}:[0-9]{2})?"
)
# No dial shows more digits; whatever else a number may look like is no plain one.
_DIGITS: Final = f"[0-9]{{1,{reading_bounds.DIGITS}}}+"
# A cell and a header of so many characters break no reader.
_LONGEST: Final = 1_000
# Where the year, month, day and what is between stand in "31.01.2026".
_ISO_ORDER: Final = (6, 7, 8, 9, 2, 3, 4, 5, 0, 1)
_DAY: Final = 86_400
_REFERENCE: Final = "2000-01-01T00:00"
_REFERENCE_AT: Final = 946_684_800
_FIRST: Final = reading_bounds.FIRST_DAY.toordinal()
_END: Final = reading_bounds.LAST_DAY.toordinal()
_EPOCH: Final = np.datetime64(0, "D").item().toordinal()


class _IrregularError(ValueError):
    """A text that is not so regular after all."""


@dataclass(frozen=True, slots=True)
class _Cells:
    """The cells of all rows, and where our columns stand in each row."""

    flat: Sequence[str]
    width: int
    places: Mapping[str, int]

    def __len__(self) -> int:
        return len(self.flat) // self.width

    def of(self, name: str) -> Sequence[str]:
        """Return a column's cells (n,)."""
        return self.flat[self.places[name] :: self.width]

    def understood[T](
        self, names: Sequence[str], meaning: Callable[..., T]
    ) -> Sequence[T]:
        """Return what the cells of columns mean together (n,), each set of them once.

        A column that is not there is blank.
        """
        there = [name for name in names if name in self.places]
        if not there:
            return [meaning(*[""] * len(names))] * len(self)
        given = list(zip(*(self.of(name) for name in there), strict=True))
        known = {
            cells: meaning(
                *(
                    cells[there.index(name)].strip() if name in there else ""
                    for name in names
                )
            )
            for cells in set(given)
        }
        return [known[cells] for cells in given]


def regular_rows(text: str, expected: RowContext) -> ReadingRows | None:
    """Return the readings of a regular text, None for any other one."""
    try:
        cells = _cells(text.removeprefix("\ufeff"), expected)
        return None if cells is None else _rows(cells, expected)
    except ValueError:
        # No calendar has that day, or a cell means nothing: rows say which and why.
        return None


def _cells(text: str, expected: RowContext) -> _Cells | None:
    """Return the cells of a text that fits the expression."""
    if len(text) > LARGEST or text.count("\n") > MOST_ROWS:
        return None
    text = text.replace("\r\n", "\n")
    first, _, body = text.partition("\n")
    if '"' in text or "\r" in text or len(first) > _LONGEST:
        return None
    delimiter = delimiter_of(text)
    header = [cell.strip() for cell in first.split(delimiter)]
    places = places_of(header, expected.columns)
    if not _is_plain(header, places) or expected.missing(places):
        return None
    body = body.rstrip("\n")
    cells = body.partition("\n")[0].split(delimiter)
    line = _line(cells, places, delimiter) if len(cells) == len(header) else None
    if line is None or not re.fullmatch(rf"(?:{line}\n)*+{line}", body):
        return None
    flat = body.replace(delimiter, "\n").split("\n")
    return _Cells(flat, len(header), places)


def _is_plain(header: Sequence[str], places: Mapping[str, int]) -> bool:
    """Return whether each column is one of ours at most, none of them a clock's."""
    return (
        1 < sum(map(bool, header)) <= len(header) <= MOST_COLUMNS
        and len(set(places.values())) == len(places)
        and "clock" not in places
    )


def _line(
    cells: Sequence[str], places: Mapping[str, int], delimiter: str
) -> str | None:
    """Return the expression of a line like the first one, None if that is irregular."""
    time = places["time"]
    if not (_MOMENT.fullmatch(cells[time]) or _BARE_DAY.fullmatch(cells[time])):
        return None
    parts = [f"[^{delimiter}\n]{{0,{_LONGEST}}}+"] * len(cells)
    parts[time] = re.sub("[0-9]", "[0-9]", re.escape(cells[time]))
    marks = ".,".replace(delimiter, "")
    parts[places["value"]] = f"{_DIGITS}(?:[{marks}]{_DIGITS})?"
    return delimiter.join(parts)


def _rows(cells: _Cells, expected: RowContext) -> ReadingRows:
    """Return the readings of regular cells; raises ValueError where one means none."""
    count = len(cells)
    meters = cells.understood(["meter_id"], lambda text: meter_of(text, expected))
    instants, zones = _instants(cells, expected)
    if expected.is_future(max(instants)):
        raise _IrregularError
    return ReadingRows(
        lines=array("q", range(2, count + 2)),
        meters=meters,
        instants=instants,
        zones=zones,
        value_texts=cells.of("value"),
        values=_values(cells.of("value"), meters),
        units=cells.understood(
            ["unit", "meter_id"],
            lambda unit, meter: fitting_unit(unmarked(unit), meter_of(meter, expected)),
        ),
        kinds=cells.understood(["kind"], kind_of),
        notes=cells.understood(["note"], lambda text: bounded(unmarked(text)) or None),
    )


def _values(texts: Sequence[str], meters: Sequence[Meter]) -> array[float]:
    """Return the values of plain numbers (n,); of two meanings the column's one."""
    column = "\n".join(texts)
    values = array("d", map(float, column.replace(",", ".").split("\n")))
    if not AMBIGUOUS_LINE.search(column):
        return values
    unclear = [place for place, text in enumerate(texts) if is_ambiguous(text)]
    numbers = {text: parse_number(text) for text in {texts[i] for i in unclear}}
    plain = [text for text in texts if text not in numbers]
    certain = only_separator(
        [mark for mark in ",." if any(mark in text for text in plain)]
        + [proven_separator(numbers[texts[i]], meters[i]) for i in unclear]
    )
    for i in unclear:
        value = meant(numbers[texts[i]], meters[i], certain)
        if value is None:
            raise _IrregularError
        values[i] = value
    return values


def _instants(
    cells: _Cells, expected: RowContext
) -> tuple[array[float], Sequence[str]]:
    """Return the instants (n,) [epoch s] of times written alike, and their zones."""
    texts = cells.of("time")
    shape = _MOMENT.fullmatch(texts[0])
    if shape is None:
        found = cells.understood(
            ["time", "kind"],
            lambda text, kind: parse_instant(
                text, expected.zone, kind_of(kind), expected.bare_dates
            ),
        )
        return array("d", [one.seconds for one in found]), [one.zone for one in found]
    marks = np.array(texts)[:, None].view("U1")
    if shape["german"]:
        marks[:, [2, 5]] = "-"
        marks[:, : len(_ISO_ORDER)] = marks[:, _ISO_ORDER]
    wall = len(shape["wall"] or shape["german"])
    clocks = _joined(marks[:, :wall]).astype("datetime64[s]").astype(np.int64)
    days = clocks // _DAY + _EPOCH
    if days.min() < _FIRST or days.max() >= _END:
        raise _IrregularError
    if shape["offset"]:
        return _with_offsets(clocks, _joined(marks[:, wall:]), expected.zone)
    return _local(clocks, texts, expected.zone), [expected.zone.key] * len(texts)


def _joined(marks: Texts) -> Texts:
    """Return the texts (n,) of single characters (n, k)."""
    return np.ascontiguousarray(marks).view(f"U{marks.shape[1]}")[:, 0]


def _with_offsets(
    clocks: Ints, offsets: Texts, zone: ZoneInfo
) -> tuple[array[float], Sequence[str]]:
    """Return the instants of clocks [s] beside Greenwich, and each one's zone."""
    words, which = np.unique(offsets, return_inverse=True)
    known = [parse_instant(f"{_REFERENCE}{word}", zone) for word in words.tolist()]
    ahead = np.array([_REFERENCE_AT - one.seconds for one in known])
    zones = [one.zone for one in known]
    return _column(clocks - ahead[which]), [zones[place] for place in which.tolist()]


def _local(clocks: Ints, texts: Sequence[str], zone: ZoneInfo) -> array[float]:
    """Return the instants (n,) [epoch s] that local clocks [s] mean.

    Most days have one offset from begin to end: no zone ever changed its clocks twice
    within a day. The times of the others are understood one by one.
    """
    days, which = np.unique(clocks // _DAY, return_inverse=True)
    ahead = np.array([_offset(day, zone) for day in days.tolist()])[which]
    instants = _column(clocks - ahead)
    for place in np.flatnonzero(np.isnan(ahead)).tolist():
        instants[place] = parse_instant(texts[place], zone).seconds
    return instants


def _offset(day: int, zone: ZoneInfo) -> float:
    """Return how far ahead of UTC a day [d since 1970] is [s]; NaN if that changes."""
    begin = local_days.start_of(date.fromordinal(day + _EPOCH), zone)
    ahead = begin.utcoffset()
    last = (begin + timedelta(seconds=_DAY - 1)).utcoffset()
    return ahead.total_seconds() if ahead is not None and ahead == last else np.nan


def _column(instants: Floats) -> array[float]:
    return array("d", instants.tobytes())
