"""The engine alone over a house folder, for bug reports and benchmarks.

`python -m custom_components.nebenkosten.engine DIR [--json FILE] [--as-of TIME]`
"""

import argparse
from array import array
from collections import defaultdict
from collections.abc import Iterable
import json
from pathlib import Path
import sys
import time
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
from ..messages.texts import (
    file_problem_text,
    finding_text,
    load_sentences,
)
from .csv_readings import ReadingRow
from .house_folder import (
    HouseError,
    HouseFolder,
    read_house,
)
from .table import FileError
from .text import (
    TextError,
    parse_instant,
)


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
    rows = _rows(folder)
    collected = time.perf_counter()
    zone = ZoneInfo(folder.house.time_zone)
    if as_of is None:
        instant = _after_all(rows, zone)
    else:
        instant = parse_instant(as_of, zone, bare_dates="start").seconds
    report: Report = api.analyse(
        folder.house,
        _series(rows),
        Context(as_of=instant, temperature=folder.temperature),
    )
    stages = {
        "collect": collected - started,
        "analyse": time.perf_counter() - collected,
        "publish": 0.0,
    }
    sentences = load_sentences("en")
    meters = api.meters_json(report, lambda f: finding_text(f, sentences, comma=False))
    duration = time.perf_counter() - started
    return {"run": api.run_json(report, "engine", duration, stages), "meters": meters}


def _rows(folder: HouseFolder) -> list[ReadingRow]:
    rows: list[ReadingRow] = []
    for path, parsed in folder.readings():
        for rejected in parsed.rejected[:1]:
            raise RowError(
                f"{path}, line {rejected.line}, {rejected.column}: {rejected.code}"
                f" ({len(parsed.rejected)} rows rejected)"
            )
        rows += parsed.rows
    return rows


def _after_all(rows: list[ReadingRow], zone: ZoneInfo) -> float:
    """Return the first local midnight at or after the newest reading."""
    newest = max((row.instant for row in rows), default=0.0)
    return local_days.midnight(
        local_days.first_midnight_at_or_after(newest, zone), zone
    )


def _series(rows: Iterable[ReadingRow]) -> dict[str, Series]:
    by_meter: dict[str, list[tuple[int, ReadingRow]]] = defaultdict(list)
    for number, row in enumerate(rows):
        by_meter[row.meter.key].append((number, row))
    return {key: _columns(found) for key, found in by_meter.items()}


def _columns(found: list[tuple[int, ReadingRow]]) -> Series:
    names: dict[str | None, int] = {None: 0}
    units = [names.setdefault(row.unit, len(names)) for _, row in found]
    numbers = [number for number, _ in found]
    return Series(
        Readings(
            ids=array("q", numbers),
            times=array("d", [row.instant for _, row in found]),
            values=array("d", [row.value for _, row in found]),
            kinds=array("b", [KINDS.index(row.kind) for _, row in found]),
            revisions=array("q", numbers),
            units=array("b", units),
            unit_names=tuple(names),
        ),
        empty_series().amounts,
    )
