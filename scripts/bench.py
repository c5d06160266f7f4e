"""Score and measure the engine, and a house of 27 meters in a real Home Assistant.

Prints Markdown tables; --json FILE writes the numbers too. Ratios are measured side by
side in one run, because this machine's speed is not that machine's.
"""

import argparse
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
import json
from pathlib import Path
import sys
import tempfile
import time
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from scripts import (
    bench_engine,
    bench_files,
    bench_influx,
    bench_influx_3,
    bench_load,
    bench_many,
    bench_scores,
    bench_setup,
)
from scripts.bench_watch import watched
from scripts.home_assistant import Server

ZONE = ZoneInfo("Europe/Berlin")
METERS, DAYS = 27, 1461


def house_table() -> dict[str, Any]:
    """Run a house of 27 meters and four years in a real Home Assistant."""
    with tempfile.TemporaryDirectory() as name, watched(Path(name)) as (server, late):
        return _measured(server, late)


def _measured(server: Server, late: Callable[[], dict[str, float]]) -> dict[str, Any]:
    def timed(name: str, work: Callable[[], Any]) -> Any:
        late()
        begin = time.perf_counter()
        answer = work()
        rows[name] = {"seconds": time.perf_counter() - begin, "late_ms": late()}
        return answer

    rows: dict[str, Any] = {}
    timed("idle for two seconds", lambda: time.sleep(2))
    entry_id = server.add_house()
    for number in range(METERS):
        form = {"name": f"Meter {number}", "medium": "electricity", "unit": "kWh"}
        server.add_meter(entry_id, form)
    server.wait_loaded(entry_id)
    _write_readings(server.folder / "nebenkosten" / "daily.csv")
    done = timed(
        "import of 39,474 readings",
        lambda: server.act("import_readings", path="daily.csv"),
    )
    assert done["imported"] == METERS * (DAYS + 1), done
    timed(
        "first look-up, loads numpy",
        partial(server.act, "get_consumption", meter_id="meter_0", period="year"),
    )
    requests: tuple[tuple[str, dict[str, Any]], ...] = (
        ("first run, all rows are new", {}),
        ("nightly run with nothing new", {}),
        ("full run, nothing cached, nothing new", {"full": True}),
    )
    for name, data in requests:
        run = timed(name, partial(server.act, "run_analytics", **data))
        rows[name] |= run["written"]
        assert run["status"] == "ok", run
    server.stop()
    server.start()
    run = timed("first run after a restart", lambda: server.act("run_analytics"))
    rows["first run after a restart"] |= run["written"]
    status = Path(f"/proc/{server.process.pid if server.process else 0}/status")
    for line in status.read_text().splitlines():
        if line.startswith("VmRSS"):
            rows["memory of the process"] = {"mb": int(line.split()[1]) / 1024}
    return rows


def _write_readings(path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    rng = np.random.default_rng(1)
    first = datetime.now(ZONE).date() - timedelta(days=DAYS + 1)
    with path.open("w") as file:
        file.write("meter_id;time;value\n")
        for number in range(METERS):
            values = np.cumsum(rng.gamma(4, 1, DAYS + 1))
            for day, value in enumerate(values):
                moment = first + timedelta(days=day)
                file.write(f"meter_{number};{moment} 00:00;{value:.4f}\n")


def print_tables(result: dict[str, Any]) -> None:
    """Print everything as Markdown."""
    engine = result["engine"]
    print("| engine alone, 27 meters × 4 years | found | at most |")
    print("|---|---|---|")
    for name, value, limit in limits(engine):
        print(f"| {name} | {value:.2f} | {limit:g} |")
    print(f"\nBare numpy takes {engine['speed']['reference_ms']:.1f} ms for the same")
    print(f"{engine['speed']['readings']:,} readings; growth with 27, 270 and 2,700")
    seconds = ", ".join(f"{one:.2f}" for one in engine["growth"]["seconds"])
    print(f"meters: {seconds} s.\n")
    if "house" not in result:
        return
    print("Late: how long something else had to wait for the event loop, for whatever")
    print("reason. Busy: the longest that the loop's own thread worked at one go.")
    print(
        "Garbage: the longest pause of Python's collector, which stops all threads.\n"
    )
    print(
        "| real Home Assistant, 27 meters × 4 years daily | s | rows written |", end=""
    )
    print(" late: median | 99 % | worst | busy: worst | garbage: worst [ms] |")
    print("|---|---|---|---|---|---|---|---|")
    for name, row in result["house"].items():
        if "mb" in row:
            print(f"| {name} | | {row['mb']:.0f} MB | | | | | |")
            continue
        late = row["late_ms"]
        print(
            f"| {name} | {row['seconds']:.2f} | {row.get('statistics', '')} |"
            f" {late['p50']:.1f} | {late['p99']:.1f} | {late['max']:.1f} |"
            f" {late['busy']:.1f} | {late['gc']:.1f} |"
        )


def limits(engine: dict[str, Any]) -> list[tuple[str, float, float]]:
    """Return what was measured of the engine, and what it may be."""
    return [
        ("`daily`, × bare numpy", engine["speed"]["daily_ratio"], 3),
        ("`analyse`, µs per meter-day", engine["speed"]["us_per_meter_day"], 20),
        ("peak above imports and input, MiB", engine["memory"]["peak_mb"], 150),
        ("growth, exponent", engine["growth"]["exponent"], 1.05),
        *(
            (f"{name}: 10,000 readings, × the time of 5,000", ratio, 2.4)
            for name, ratio in engine["breaks"].items()
        ),
    ]


def main() -> int:
    """Measure, print, and fail where a promise is broken."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument(
        "--engine", action="store_true", help="leave Home Assistant out"
    )
    options = parser.parse_args()
    result: dict[str, Any] = {
        "engine": {
            "memory": bench_engine.memory(),
            "speed": bench_engine.speed(),
            "growth": bench_engine.growth(),
            "breaks": bench_engine.breaks(),
        }
    }
    found, second = map(bench_scores.scores, bench_scores.SETS)
    rows = [] if found is None else bench_scores.goals(found)
    if found is None:
        print("No data of real meters lies beside the project: no scores.\n")
    else:
        bench_scores.print_scores(rows)
        print()
        result["scores"] = found
    if second is not None:
        bench_scores.print_second(bench_scores.goals(second))
        print()
        result["second_scores"] = second
    if not options.engine:
        result["house"] = house_table()
        result["influxdb"] = bench_influx.influx_table()
        result["influxdb_3"] = bench_influx_3.influx_3_table()
        result["setup"] = bench_setup.measured()
        result["load"] = bench_load.measured(list(bench_load.PARTS))
        result["many"] = bench_many.measured(list(bench_many.PARTS))
        result["files"] = bench_files.measured()
    print_tables(result)
    if options.json:
        Path(options.json).write_text(
            json.dumps(result, indent=1, default=float) + "\n"
        )
    kept = all(map(bench_scores.kept, rows))
    kept &= all(value <= limit for _, value, limit in limits(result["engine"]))
    if options.engine:
        return 0 if kept else 1
    nightly = result["house"]["nightly run with nothing new"]
    late = [r["late_ms"] for r in result["house"].values() if "late_ms" in r]
    busy = [one["own"] for one in late]
    bench_influx.print_table(result["influxdb"])
    kept &= all(v <= most for _, v, most in bench_influx.limits(result["influxdb"]))
    bench_influx_3.print_table(result["influxdb_3"])
    three = bench_influx_3.limits(result["influxdb_3"])
    kept &= all(value <= most for _, value, most in three)
    bench_setup.print_table(result["setup"])
    kept &= bench_setup.kept(result["setup"])
    bench_load.print_table(result["load"])
    kept &= bench_load.kept(result["load"])
    bench_many.print_table(result["many"])
    kept &= bench_many.kept(result["many"])
    bench_files.print_table(result["files"])
    kept &= bench_files.kept(result["files"])
    kept &= nightly["statistics"] == 0 and nightly["seconds"] < 1 and max(busy) < 50
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
