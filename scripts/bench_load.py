"""The load of a whole district: 10,000 meters, a million readings, 200 meters at home.

`python -m scripts.bench_load [engine|action|house]` measures one part.
"""

from array import array
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
import gc
import json
import multiprocessing
from pathlib import Path
import resource
import statistics
import sys
import tempfile
import time
from typing import Any, Final, override
from zoneinfo import ZoneInfo

import numpy as np
import yaml

from custom_components.nebenkosten.engine import pipeline
from custom_components.nebenkosten.engine.domain.meters import House, Medium, Meter
from custom_components.nebenkosten.engine.domain.partitions import portions
from custom_components.nebenkosten.engine.domain.report import (
    Context,
    Readings,
    Series,
    empty_series,
)
from custom_components.nebenkosten.engine.meter_kinds import compute_all
from custom_components.nebenkosten.engine.meter_kinds.interface import Setting
from scripts.bench_watch import watched
from scripts.home_assistant import Server

ZONE: Final = ZoneInfo("Europe/Berlin")
_CORES: Final = 2
_METERS: Final = 10_000
_DAYS: Final = 3652
_BEGIN: Final = datetime(2015, 1, 1, tzinfo=ZONE).timestamp()
_AS_OF: Final = _BEGIN + 86400.0 * _DAYS
_HOUSE: Final = 200
_HOUSE_DAYS: Final = 730
_CHUNK: Final = 20_000
LIMITS: Final = {
    "10,000 meters: readings to consumption [s]": 60.0,
    "10,000 meters: everything [min]": 12.0,
    "10,000 meters: memory [GB]": 2.0,
    "a million readings by the action [min]": 10.0,
    "200 meters: run [s]": 20.0,
    "200 meters: start-up [s]": 2.0,
    "200 meters: loop blocked by us [ms]": 50.0,
}


class _Drawn(Mapping[str, Series]):
    """Ten years of daily readings of each meter, made when somebody asks for them."""

    def __init__(self, house: House) -> None:
        self._keys = [meter.key for meter in house.meters]

    @override
    def __getitem__(self, key: str) -> Series:
        dice = np.random.default_rng(int(key.removeprefix("m")))
        season = 1 + 0.4 * np.cos(2 * np.pi * np.arange(_DAYS) / 365.25)
        values = 1000 + np.cumsum(dice.gamma(4, 2, _DAYS) * season)
        zeros = array("b", bytes(_DAYS))
        return Series(
            Readings(
                ids=array("q", range(_DAYS)),
                times=array("d", _BEGIN + 86400.0 * np.arange(_DAYS)),
                values=array("d", values),
                kinds=zeros,
                revisions=array("q", [1]) * _DAYS,
                units=zeros,
            ),
            empty_series().amounts,
        )

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    @override
    def __len__(self) -> int:
        return len(self._keys)


def _share(number: int) -> House:
    """Return a core's share of the meters."""
    return House(
        time_zone=ZONE.key,
        meters=tuple(
            Meter(
                meter_id=f"m{one}",
                name=f"m{one}",
                medium=Medium.ELECTRICITY,
                unit="kWh",
            )
            for one in range(number, _METERS, _CORES)
        ),
    )


def _everything(number: int) -> tuple[float, float]:
    """Compute a share; returns seconds of work and memory [GB]."""
    house = _share(number)
    begin, days = time.perf_counter(), 0
    context = Context(as_of=_AS_OF)
    for report in pipeline.analyse_in_portions(house, _Drawn(house), context):
        days += len(report.use)
    if days < len(house.meters) * (_DAYS - 1):
        raise AssertionError("days are missing")
    took = time.perf_counter() - begin
    return took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def _consumption(number: int) -> float:
    """Compute the days of a share alone; returns seconds without drawing readings."""
    house = _share(number)
    drawn, took = _Drawn(house), 0.0
    context = Context(as_of=_AS_OF)
    for portion in portions(house, {meter.key for meter in house.meters}):
        keys = [meter.key for meter in portion]
        stored = {key: drawn[key] for key in keys}
        begin = time.perf_counter()
        setting = Setting.of(house.of(keys), stored, context)
        compute_all(house.of(keys).all_meters, setting)
        took += time.perf_counter() - begin
    return took


def engine() -> dict[str, float]:
    """Measure 10,000 meters, each core with its share of them."""
    with multiprocessing.get_context("spawn").Pool(_CORES) as pool:
        consumption = max(pool.map(_consumption, range(_CORES)))
        found = pool.map(_everything, range(_CORES))
    return {
        "10,000 meters: readings to consumption [s]": consumption,
        "10,000 meters: everything [min]": max(took for took, _ in found) / 60,
        "10,000 meters: memory [GB]": sum(memory for _, memory in found),
    }


def action() -> dict[str, float]:
    """Enter a million readings through the action, chunk by chunk."""
    with tempfile.TemporaryDirectory() as name, watched(Path(name)) as (server, _):
        entry_id = server.add_house()
        for number in range(10):
            form = {"name": f"m{number}", "medium": "electricity", "unit": "kWh"}
            server.add_meter(entry_id, form)
        server.wait_loaded(entry_id)
        begin = time.perf_counter()
        total = 0
        for number in range(10):
            for chunk in range(5):
                total += _enter(server, f"m{number}", chunk)
        if total != 1_000_000:
            raise AssertionError(f"{total} were imported")
        return {"a million readings by the action [min]": _minutes(begin)}


def _enter(server: Server, meter: str, chunk: int) -> int:
    lines = ["time,value"]
    for number in range(chunk * _CHUNK, (chunk + 1) * _CHUNK):
        moment = datetime.fromtimestamp(_BEGIN + 3600 * number, ZONE)
        lines.append(f"{moment.isoformat()},{number}.5")
    content = "\n".join(lines)
    done = server.act("import_readings", meter_id=meter, content=content)
    return int(done["imported"])


def _minutes(begin: float) -> float:
    return (time.perf_counter() - begin) / 60


def house() -> dict[str, float]:
    """Measure 200 meters in a real Home Assistant, beside one without any."""
    with tempfile.TemporaryDirectory() as name, watched(Path(name)) as (server, late):
        bare = [_start_up(server) for _ in range(3)]
        _import_house(server)
        _import_readings(server)
        blocked = []
        first = partial(server.act, "run_analytics")
        blocked.append(_blocked(late, first))
        begin = time.perf_counter()
        blocked.append(_blocked(late, partial(first, full=True)))
        run = time.perf_counter() - begin
        started = [_start_up(server) for _ in range(3)]
    return {
        "200 meters: run [s]": run,
        "200 meters: start-up [s]": statistics.median(started)
        - statistics.median(bare),
        "200 meters: loop blocked by us [ms]": max(blocked),
    }


def _blocked(late: Any, work: Any) -> float:
    """Return how long the loop's thread worked at one go meanwhile [ms]."""
    late()
    run = work()
    if run["status"] != "ok":
        raise AssertionError(run["errors"])
    return float(late()["own"])


def _start_up(server: Server) -> float:
    server.stop()
    begin = time.perf_counter()
    server.start()
    return time.perf_counter() - begin


def _import_house(server: Server) -> None:
    meters = [
        {
            "meter_id": f"m{number}",
            "type": "physical",
            "output_unit": "kWh",
            "medium": "electricity",
        }
        for number in range(_HOUSE)
    ]
    path = server.folder / "meters.yaml"
    path.write_text(yaml.safe_dump({"meters": meters}))
    server.wait_loaded(server.add_house(files={"meters": path}))


def _import_readings(server: Server) -> None:
    path = server.folder / "nebenkosten" / "daily.csv"
    path.parent.mkdir(exist_ok=True)
    dice = np.random.default_rng(1)
    first = datetime.now(ZONE).date() - timedelta(days=_HOUSE_DAYS)
    with path.open("w") as file:
        file.write("meter_id;time;value\n")
        for number in range(_HOUSE):
            values = np.cumsum(dice.gamma(4, 1, _HOUSE_DAYS + 1)).tolist()
            for day, value in enumerate(values):
                moment = first + timedelta(days=day)
                file.write(f"m{number};{moment} 00:00;{value:.4f}\n")
    server.act("import_readings", path="daily.csv")


PARTS: Final = {"engine": engine, "action": action, "house": house}


def measured(parts: list[str]) -> dict[str, float]:
    """Return what the parts come to."""
    found: dict[str, float] = {}
    for part in parts:
        found |= PARTS[part]()
        gc.collect()
    return found


def print_table(found: dict[str, float]) -> None:
    """Print it beside the limits."""
    sys.stdout.write("| load | measured | limit |\n|---|---|---|\n")
    for name, value in found.items():
        sys.stdout.write(f"| {name} | {value:.2f} | {LIMITS[name]:g} |\n")


def kept(found: dict[str, float]) -> bool:
    """Return whether all lies within the limits."""
    return all(value <= LIMITS[name] for name, value in found.items())


def main() -> int:
    """Print a table; 0 only within the limits."""
    found = measured(sys.argv[1:] or list(PARTS))
    print_table(found)
    sys.stdout.write(json.dumps(found) + "\n")
    return 0 if kept(found) else 1


if __name__ == "__main__":
    sys.exit(main())
