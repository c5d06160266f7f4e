"""Measure the engine alone: against bare numpy, in memory, and as it grows.

The world: 27 meters x 1461 days, 2.96 million readings: 10 read every 20-60 days, 10
daily, 7 every five minutes. Ratios are taken side by side in one run.
"""

from array import array
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
import json
from pathlib import Path
import subprocess
import sys
import time
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from benchmarks.entries import analyse, daily
from custom_components.nebenkosten.engine.domain import calendar_edges
from custom_components.nebenkosten.engine.domain.meters import House, Medium, Meter
from custom_components.nebenkosten.engine.domain.report import (
    KINDS,
    Context,
    ReadingKind,
    Readings,
    Series,
    empty_series,
)
from custom_components.nebenkosten.engine.meter_kinds import compute_all
from custom_components.nebenkosten.engine.meter_kinds.interface import Setting

type Floats = NDArray[np.float64]
type Points = list[tuple[float, float, ReadingKind]]
type World = dict[str, tuple[Floats, Floats]]

ZONE: Final = ZoneInfo("Europe/Berlin")
FIRST: Final = date(2022, 1, 1)
DAYS: Final = 1461
SPARSE: Final = 10
TRIES: Final = 7
MEBI: Final = 1024.0
DAY: Final = 86400.0


def best_of(times: int, work: Callable[[], object]) -> float:
    """Return the shortest duration [s] of some tries."""
    found = []
    for _ in range(times):
        begin = time.perf_counter()
        work()
        found.append(time.perf_counter() - begin)
    return min(found)


def midnights() -> Floats:
    """Return the local midnights of four years."""
    return calendar_edges.midnights(FIRST, FIRST + timedelta(days=DAYS - 1), ZONE)


def world(evenly: int, five_minutes: int, times: int = 1) -> World:
    """Return sparse, daily and five-minute meters with random use."""
    dice, bounds = np.random.default_rng(0), midnights()
    season = 1 + 0.6 * np.cos(2 * np.pi * np.arange(DAYS) / 365.25)
    found: World = {}
    for number in range((SPARSE + evenly) * times):
        shown = np.append(0.0, np.cumsum(dice.gamma(4, 1, DAYS) * season))
        kept = np.arange(DAYS + 1)
        if number < SPARSE * times:
            kept = np.unique(
                np.append(0, np.cumsum(dice.integers(20, 60, DAYS // 20)).clip(0, DAYS))
            )
        found[f"m{number}"] = bounds[kept], shown[kept]
    instants = np.arange(bounds[0], bounds[-1], 300.0)
    for number in range(five_minutes):
        shown = np.cumsum(dice.gamma(4, 0.01, len(instants)))
        found[f"five{number}"] = instants.copy(), shown
    return found


def bare_numpy(meters: World, bounds: Floats) -> dict[str, Floats]:
    """Return the use per day as three lines of numpy would have it."""
    found = {}
    for key, (times, values) in meters.items():
        if not (times[1:] > times[:-1]).all() or (values[1:] < values[:-1]).any():
            raise ValueError(key)
        np.searchsorted(times, bounds)
        found[key] = np.diff(np.interp(bounds, times, values))
    return found


def speed() -> dict[str, float]:
    """Return how long the world takes, and by how much more than bare numpy."""
    meters, bounds = world(10, 7), midnights()
    best = [np.inf] * 3
    for _ in range(TRIES):
        for i, work in enumerate((bare_numpy, daily, analyse)):
            best[i] = min(best[i], best_of(1, partial(work, meters, bounds)))
    return {
        "readings": sum(len(times) for times, _ in meters.values()),
        "reference_ms": best[0] * 1e3,
        "daily_ratio": best[1] / best[0],
        "analyse_s": best[2],
        "us_per_meter_day": best[2] * 1e6 / len(meters) / DAYS,
    }


def growth() -> dict[str, Any]:
    """Return the exponent with which the cost grows from 27 to 2,700 meters."""
    bounds, sizes, costs = midnights(), (1, 10, 100), []
    for size in sizes:
        meters = world(17, 0, size)
        costs.append(best_of(3 if size < 100 else 1, partial(analyse, meters, bounds)))
    exponent = float(np.polyfit(np.log(sizes), np.log(costs), 1)[0])
    return {"seconds": costs, "exponent": exponent}


def breaks() -> dict[str, float]:
    """Return how much longer twice as many readings take where each one is a break.

    Daily values of pure chance, and a meter that is exchanged every other day. The two
    sizes are measured in turn, and the median of the ratios counts.
    """
    found = {}
    for name, records in (("random values", _random), ("exchanges", _exchanged)):
        ratios = []
        for _ in range(TRIES):
            small, large = (
                best_of(1, partial(_days_of, records(count))) for count in (5000, 10000)
            )
            ratios.append(large / small)
        found[name] = float(np.median(ratios))
    return found


def _days_of(points: Points) -> None:
    meter = Meter(meter_id="x", name="x", medium=Medium.ELECTRICITY, unit="kWh")
    house = House(time_zone=ZONE.key, meters=(meter,))
    context = Context(as_of=points[-1][0] + 1)
    setting = Setting.of(house, {"x": _series(points)}, context)
    compute_all(house.all_meters, setting)


def _random(count: int) -> Points:
    dice, start = np.random.default_rng(1), midnights()[0]
    shown = dice.uniform(0, 1000, count).tolist()
    return [(start + DAY * i, shown[i], ReadingKind.ACTUAL) for i in range(count)]


def _exchanged(count: int) -> Points:
    found: Points = []
    start = float(midnights()[0])
    for number in range(count // 3):
        begin = start + 2 * DAY * number
        found += [
            (begin, 0.0, ReadingKind.INSTALL),
            (begin + DAY, 10.0, ReadingKind.ACTUAL),
            (begin + 1.5 * DAY, 15.0, ReadingKind.REMOVAL),
        ]
    return found


def _series(points: Points) -> Series:
    times, values, kinds = zip(*points, strict=True)
    nothing = array("b", [0] * len(points))
    return Series(
        Readings(
            ids=array("q", range(len(points))),
            times=array("d", times),
            values=array("d", values),
            kinds=array("b", map(KINDS.index, kinds)),
            revisions=nothing,
            units=nothing,
        ),
        empty_series().amounts,
    )


def memory() -> dict[str, float]:
    """Return what the analysis needs beyond its imports and its input [MiB]."""
    found = subprocess.run(
        [sys.executable, "-m", "scripts.bench_engine"],
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    measured: dict[str, float] = json.loads(found.stdout)
    return measured


def _status(key: str) -> float:
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return int(next(line for line in lines if line.startswith(key)).split()[1]) / MEBI


def _measure_memory() -> None:
    meters, bounds = world(10, 7), midnights()
    before = _status("VmRSS")
    analyse(meters, bounds)
    sys.stdout.write(json.dumps({"peak_mb": _status("VmHWM") - before}) + "\n")


if __name__ == "__main__":
    _measure_memory()
