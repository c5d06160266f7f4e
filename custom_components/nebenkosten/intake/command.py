"""The engine alone over a house folder, for bug reports and benchmarks.

`python -m custom_components.nebenkosten.engine DIR [--json FILE] [--as-of TIME]`
"""

import argparse
from array import array
from collections import defaultdict
from collections.abc import Mapping
from itertools import groupby
import json
from pathlib import Path
import sys
import time
from typing import Final
from zoneinfo import ZoneInfo

from ..engine import api
from ..engine.domain import local_days
from ..engine.domain.report import (
    KINDS,
    Context,
    Readings,
    Report,
    Series,
    empty_series,
)
from ..messages.texts import file_problem_text, finding_text, load_sentences
from .house_folder import HouseError, HouseFolder, read_house
from .reading_rows import ReadingRows
from .table import FileError
from .text import TextError, parse_instant

_KIND_CODES: Final = {kind: code for code, kind in enumerate(KINDS)}


class RowError(ValueError):
    """A row of readings that cannot be taken."""


def main(arguments: list[str]) -> int:
    """Print the whole result as JSON, or write it to a file; 2 on bad input."""
    parser = argparse.ArgumentParser(prog="nebenkosten.engine", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--json", metavar="FILE", help="- writes to the output")
    parser.add_argument("--as-of", metavar="TIME", help="default: after all readings")
    options = parser.parse_args(arguments)
    started = time.perf_counter()
    try:
        folder = read_house(options.folder)
        result = _result(folder, options.as_of, started)
    except HouseError as error:
        text = file_problem_text(error.problem, load_sentences("en"))
        sys.stderr.write(f"{error.folder}: {text}\n")
        return 2
    except (RowError, FileError, TextError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    text = json.dumps(result, ensure_ascii=False, allow_nan=False, indent=1)
    if options.json and options.json != "-":
        Path(options.json).write_text(text + "\n", encoding="utf-8")
    else:
        sys.stdout.write(text + "\n")
    return 0


def _result(
    folder: HouseFolder, as_of: str | None, started: float
) -> dict[str, object]:
    series = collected(folder)
    collected_at = time.perf_counter()
    zone = ZoneInfo(folder.house.time_zone)
    if as_of is None:
        instant = _after_all(series, zone)
    else:
        instant = parse_instant(as_of, zone, bare_dates="start").seconds
    report: Report = api.analyse(
        folder.house,
        series,
        Context(as_of=instant, temperature=folder.temperature),
    )
    stages = {
        "collect": collected_at - started,
        "analyse": time.perf_counter() - collected_at,
        "publish": 0.0,
    }
    sentences = load_sentences("en")
    meters = api.meters_json(report, lambda f: finding_text(f, sentences, comma=False))
    duration = time.perf_counter() - started
    return {"run": api.run_json(report, "engine", duration, stages), "meters": meters}


def _after_all(series: Mapping[str, Series], zone: ZoneInfo) -> float:
    """Return the first local midnight at or after the newest reading."""
    newest = max((max(one.readings.times) for one in series.values()), default=0.0)
    return local_days.midnight(
        local_days.first_midnight_at_or_after(newest, zone), zone
    )


def collected(folder: HouseFolder) -> dict[str, Series]:
    """Return the readings of each meter by key; raises RowError, FileError.

    They are numbered in the order of the files.
    """
    columns: dict[str, _Columns] = defaultdict(_Columns)
    count = 0
    for path, parsed in folder.readings():
        for rejected in parsed.rejected[:1]:
            raise RowError(
                f"{path}, line {rejected.line}, {rejected.column}: {rejected.code}"
                f" ({len(parsed.rejected)} rows rejected)"
            )
        start = 0
        for meter, run in groupby(parsed.rows.meters):
            stop = start + len(list(run))
            columns[meter.key].extend(parsed.rows, slice(start, stop), count)
            start = stop
        count += len(parsed.rows)
    return {key: found.series() for key, found in columns.items()}


class _Columns:
    """What is known of one meter so far."""

    def __init__(self) -> None:
        """Begin without a reading."""
        self._numbers = array("q")
        self._times = array("d")
        self._values = array("d")
        self._kinds = array("b")
        self._units = array("b")
        self._unit_names: dict[str | None, int] = {None: 0}

    def extend(self, rows: ReadingRows, place: slice, before: int) -> None:
        """Take rows that stand together; so many came before their file."""
        self._numbers.extend(range(before + place.start, before + place.stop))
        self._times += rows.instants[place]
        self._values += rows.values[place]
        self._kinds.extend(map(_KIND_CODES.__getitem__, rows.kinds[place]))
        units, names = rows.units[place], self._unit_names
        for unit in dict.fromkeys(units):
            names.setdefault(unit, len(names))
        self._units.extend(map(names.__getitem__, units))

    def series(self) -> Series:
        """Return the meter's readings."""
        return Series(
            Readings(
                ids=self._numbers,
                times=self._times,
                values=self._values,
                kinds=self._kinds,
                revisions=self._numbers,
                units=self._units,
                unit_names=tuple(self._unit_names),
            ),
            empty_series().amounts,
        )
