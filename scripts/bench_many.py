"""The cost of many meters for the event loop and the start of Home Assistant.

Forty meters for look-ups, five hundred for restarts; `python -m scripts.bench_many
[look_ups|restart]` measures one part.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import batched
from pathlib import Path
import statistics
import sys
import tempfile
import time
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import yaml

from scripts.bench_watch import ask, watched
from scripts.home_assistant import Server

ZONE: Final = ZoneInfo("Europe/Berlin")
_STARTS: Final = 3
# What a start sets going is over by then [s].
_AFTER: Final = 20.0
_CALLS: Final = 3
LIMITS: Final = {
    "40 meters × 4 years: loop busy, get_consumption [ms]": 20.0,
    "40 meters × 4 years: loop busy, get_live [ms]": 20.0,
    "500 meters × 3 years: restart, added [s]": 2.0,
    "500 meters × 3 years: loop blocked by a restart [ms]": 200.0,
}

type Late = Callable[[], dict[str, float]]


def look_ups() -> dict[str, float]:
    """Measure what the loop does at one go while somebody asks of forty meters."""
    with tempfile.TemporaryDirectory() as name, watched(Path(name)) as (server, late):
        furnish(server, 40, 1461)
        server.act("run_analytics")
        consumption = _busy(late, lambda: ask(server, "get_consumption", period="day"))
        live = _busy(late, lambda: ask(server, "get_live"))
    return {
        "40 meters × 4 years: loop busy, get_consumption [ms]": consumption,
        "40 meters × 4 years: loop busy, get_live [ms]": live,
    }


def _busy(late: Late, work: Callable[[], object]) -> float:
    """Return how long the loop's thread works at one go [ms], the middle of some."""
    found = []
    for _ in range(_CALLS):
        late()
        work()
        found.append(late()["own"])
    return statistics.median(found)


def restart() -> dict[str, float]:
    """Measure starts with five hundred meters beside starts without any."""
    with tempfile.TemporaryDirectory() as name, watched(Path(name)) as (server, late):
        bare = [_start(server, late) for _ in range(_STARTS)]
        furnish(server, 500, 1095)
        # Half a million rows take the recorder minutes.
        server.patience = 3600.0
        run = server.act("run_analytics")
        if run["status"] != "ok":
            raise AssertionError(run["errors"])
        ours = [_start(server, late) for _ in range(_STARTS)]
    sys.stdout.write(f"starts [s, ms]: without {bare}, with 500 meters {ours}\n")
    (without, _), (took, lag) = (
        tuple(map(statistics.median, zip(*some, strict=True))) for some in (bare, ours)
    )
    return {
        "500 meters × 3 years: restart, added [s]": took - without,
        "500 meters × 3 years: loop blocked by a restart [ms]": lag,
    }


def _start(server: Server, late: Late) -> tuple[float, float]:
    """Return how long a start takes [s], and the loop's longest work with it [ms]."""
    server.stop()
    begin = time.perf_counter()
    server.start()
    took = time.perf_counter() - begin
    time.sleep(_AFTER)
    return took, late()["own"]


def furnish(server: Server, meters: int, days: int) -> None:
    """Give the server a house of so many meters, read daily up to last midnight."""
    defined = [
        {
            "meter_id": f"m{number}",
            "type": "physical",
            "output_unit": "kWh",
            "medium": "electricity",
        }
        for number in range(meters)
    ]
    path = server.folder / "meters.yaml"
    path.write_text(yaml.safe_dump({"meters": defined}))
    server.wait_loaded(server.add_house(files={"meters": path}))
    path = server.folder / "nebenkosten" / "daily.csv"
    path.parent.mkdir(exist_ok=True)
    dice = np.random.default_rng(1)
    # One file takes so many rows.
    for some in batched(range(meters), 250_000 // (days + 1) - 1, strict=False):
        with path.open("w") as file:
            file.write("meter_id;time;value\n")
            file.writelines(_rows(some, days, dice))
        server.act("import_readings", path="daily.csv")


def _rows(meters: Iterable[int], days: int, dice: np.random.Generator) -> Iterator[str]:
    """Yield each meter's dial at each midnight of so many days up to the last."""
    first = datetime.now(ZONE).date() - timedelta(days=days)
    for number in meters:
        values = np.cumsum(dice.gamma(4, 1, days + 1)).tolist()
        for day, value in enumerate(values):
            yield f"m{number};{first + timedelta(days=day)} 00:00;{value:.4f}\n"


PARTS: Final = {"look_ups": look_ups, "restart": restart}


def measured(parts: list[str]) -> dict[str, float]:
    """Return what the parts come to."""
    found: dict[str, float] = {}
    for part in parts:
        found |= PARTS[part]()
    return found


def print_table(found: dict[str, float]) -> None:
    """Print it beside the limits."""
    sys.stdout.write("| many meters | measured | limit |\n|---|---|---|\n")
    for name, value in found.items():
        sys.stdout.write(f"| {name} | {value:.2f} | {LIMITS[name]:g} |\n")


def kept(found: dict[str, float]) -> bool:
    """Return whether all lies within the limits."""
    return all(value <= LIMITS[name] for name, value in found.items())


def main() -> int:
    """Print a table; 0 only within the limits."""
    found = measured(sys.argv[1:] or list(PARTS))
    print_table(found)
    return 0 if kept(found) else 1


if __name__ == "__main__":
    sys.exit(main())
