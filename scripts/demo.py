"""Start a real Home Assistant with a house and show what Nebenkosten makes of it.

Sets the integration up through its config flow, imports the house's readings through
its action, runs the analysis, prints a table, and leaves Home Assistant running.
"""

import argparse
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
import json
import math
from pathlib import Path
import shutil
import signal
import socket
import sys
import tempfile
from typing import Any
from zoneinfo import ZoneInfo

from custom_components.nebenkosten.engine.domain.local_days import start_of
from custom_components.nebenkosten.engine.domain.meters import AnyMeter
from custom_components.nebenkosten.intake.house_folder import (
    HouseError,
    HouseFolder,
    read_house,
)
from custom_components.nebenkosten.messages.texts import (
    file_problem_text,
    load_sentences,
)
from scripts.home_assistant import (
    PASSWORD,
    REPOSITORY,
    USER,
    HomeAssistantError,
    Server,
    prepare,
)

_LABELS = ("measured", "interpolated", "extrapolated")
_JUDGED = (
    "anomalies",
    "forecast",
    "adjusted_yearly",
    "adjusted_reference",
    "model",
    "quality",
)


def main() -> int:
    """Run the demo; 0 only when the run was ok."""
    options = _options()
    folder = options.config or Path(tempfile.mkdtemp(prefix="nebenkosten-demo-"))
    server = Server(folder, options.port)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, _interrupt)
    try:
        house = read_house(options.house)
        if _taken(options.port):
            raise HomeAssistantError(
                f"port {options.port} is in use: end that program or give --port"
            )
        say(f"Home Assistant's folder is {folder}")
        prepare(folder, options.port, time_zone=house.house.time_zone)
        say("starting Home Assistant")
        server.start()
        result = _fill(server, house)
        _report(result, options.json)
        if options.exit:
            say("stopping Home Assistant")
            server.stop()
            if options.config is None:
                shutil.rmtree(folder, ignore_errors=True)
        else:
            pid = server.process.pid if server.process else 0
            say(f"{server.url}  user: {USER}  password: {PASSWORD}")
            say(f"Home Assistant goes on running; end it with: kill {pid}")
    except HouseError as error:
        say(file_problem_text(error.problem, load_sentences("en")))
        server.stop()
        return 1
    except (HomeAssistantError, KeyboardInterrupt) as error:
        say(str(error) or "interrupted")
        server.stop()
        return 1
    return 0 if result["run"]["status"] == "ok" else 1


def _interrupt(_number: int, _frame: object) -> None:
    """End like a keyboard's interrupt: in order, and once."""
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/demo", description=__doc__)
    parser.add_argument("--exit", action="store_true", help="end after the table")
    parser.add_argument(
        "--house",
        type=Path,
        metavar="DIR",
        default=REPOSITORY / "examples" / "house",
        help="another house folder",
    )
    parser.add_argument("--json", metavar="FILE", help="write the results (- = stdout)")
    parser.add_argument("--port", type=int, default=8123)
    parser.add_argument(
        "--config", type=Path, metavar="DIR", help="default: a temporary folder"
    )
    return parser.parse_args()


def say(text: str) -> None:
    """Show progress; the standard output belongs to the results."""
    sys.stderr.write(f"demo: {text}\n")
    sys.stderr.flush()


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _fill(server: Server, house: HouseFolder) -> dict[str, Any]:
    """Set the house up, import, run; returns the contract's JSON."""
    entry_id = server.entry_id()
    if entry_id is None:
        meters = house.house.all_meters
        say(f"setting up the house with {len(meters)} meters")
        entry_id = server.add_house(
            _outdoors(server, house),
            files=house.definitions,
            media={key: _medium(meters, key) for key in house.unnamed_media},
        )
        server.wait_loaded(entry_id)
    for path, meter_of_file in house.files:
        only = {"meter_id": meter_of_file.meter_id} if meter_of_file else {}
        inbox = server.folder / "nebenkosten"
        inbox.mkdir(exist_ok=True)
        shutil.copy(path, inbox / path.name)
        done = server.act("import_readings", path=path.name, **only)
        say(f"{path.name}: {done['imported']} readings, {done['duplicates']} known")
    say("running the analysis")
    run = server.act("run_analytics")
    say(f"run {run['status']} in {run['duration_s']:.1f} s")
    _energy_dashboard(server, entry_id)
    return {
        "run": {
            "id": run["run_id"],
            "status": run["status"],
            "as_of": _local(run["started"], house.house.time_zone),
            "time_zone": house.house.time_zone,
            "duration_s": run["duration_s"],
            "stages_s": run["stages_s"],
        },
        "meters": {
            meter.meter_id: _meter_result(server, meter, run["meters"][meter.meter_id])
            for meter in house.house.all_meters
        },
    }


def _medium(meters: Sequence[AnyMeter], key: str) -> str:
    return next(meter.medium.value for meter in meters if meter.key == key)


def _outdoors(server: Server, house: HouseFolder) -> str | None:
    """Give the recorder the folder's temperatures; return the statistic's id."""
    known = house.temperature
    if known is None:
        return None
    zone = ZoneInfo(house.house.time_zone)
    days = (known.first_day + timedelta(days=i) for i in range(len(known.means)))
    rows = [
        {
            "start": start_of(day, zone).isoformat(),
            "mean": mean,
            "min": mean,
            "max": mean,
        }
        for day, mean in zip(days, known.means, strict=True)
        if not math.isnan(mean)
    ]
    metadata = {
        "statistic_id": "demo:outdoors",
        "source": "demo",
        "name": "Outdoors",
        "unit_of_measurement": "°C",
        "unit_class": "temperature",
        "has_sum": False,
        "mean_type": 1,
    }
    server.websocket(
        {"type": "recorder/import_statistics", "metadata": metadata, "stats": rows}
    )
    return "demo:outdoors"


def _local(started: str, zone: str) -> str:
    return datetime.fromisoformat(started).astimezone(ZoneInfo(zone)).isoformat()


def _meter_result(
    server: Server, meter: AnyMeter, run: dict[str, Any]
) -> dict[str, Any]:
    rows = {
        period: server.act("get_consumption", meter_id=meter.meter_id, period=period)[
            "meters"
        ][meter.meter_id]["rows"]
        for period in ("day", "month", "year")
    }
    named = [(row["start"][:7], row) for row in rows["month"]]
    named += [(row["start"][:4], row) for row in rows["year"]]
    return {
        "kind": meter.kind,
        "medium": meter.medium.value,
        "unit": meter.unit,
        "first_day": run["first_day"],
        "last_day": run["last_day"],
        "readings": run["readings"],
        "daily": [
            [row["start"][:10], row["value"], _label(row)] for row in rows["day"]
        ],
        "monthly": {row["start"][:7]: row["value"] for row in rows["month"]},
        "yearly": {row["start"][:4]: row["value"] for row in rows["year"]},
        "partial": {
            name: {
                "known": row["known"],
                "days": row["known_days"],
                "of": row["days"],
            }
            for name, row in named
            if row["value"] is None
        },
        "estimated": {
            name: 1 - row["measured"]
            for name, row in named
            if row["known_days"] and row["measured"] < 1
        },
        "counter": {
            row["start"][:7]: row["counter"]
            for row in rows["month"]
            if row["end"][:10] <= _day_after(run["last_day"])
        },
        **{key: run[key] for key in _JUDGED},
        "findings": run["findings"],
    }


def _day_after(day: str | None) -> str:
    following = date.fromisoformat(day) + timedelta(days=1) if day else date.min
    return following.isoformat()


def _label(row: dict[str, Any]) -> str:
    return next((name for name in _LABELS if row[name]), "unknown")


def _energy_dashboard(server: Server, entry_id: str) -> None:
    """Let the assistant wire the energy dashboard, as a person would."""
    base = "/api/config/config_entries/flow"
    flow = server.post(base, {"handler": "nebenkosten", "entry_id": entry_id})
    shown = server.post(
        f"{base}/{flow['flow_id']}", {"next_step_id": "energy_dashboard"}
    )
    if shown["type"] == "form":
        server.post(f"{base}/{flow['flow_id']}", {})


def _report(result: dict[str, Any], target: str | None) -> None:
    text = json.dumps(result, ensure_ascii=False, allow_nan=False, indent=1)
    if target and target != "-":
        Path(target).write_text(text + "\n", encoding="utf-8")
    output = sys.stderr if target == "-" else sys.stdout
    output.write("\n".join(_table(result)) + "\n")
    if target == "-":
        sys.stdout.write(text + "\n")


def _table(result: dict[str, Any]) -> list[str]:
    """Return the last twelve months of each meter as lines."""
    last = max(
        (
            d[0]
            for m in result["meters"].values()
            for d in m["daily"]
            if d[1] is not None
        ),
        default=datetime.now(UTC).date().isoformat(),
    )
    months = _months_until(date.fromisoformat(last))
    head = ["meter".ljust(16), "unit".ljust(5)]
    head += [month[2:].rjust(7) for month in months]
    head += ["total".rjust(9), "measured".rjust(9), "interpol.".rjust(9)]
    lines = ["", " ".join(head)]
    for name, meter in result["meters"].items():
        cells = [name.ljust(16)[:16], meter["unit"].ljust(5)]
        values = [meter["monthly"].get(month) for month in months]
        cells += [_cell(value, 7) for value in values]
        days = [d for d in meter["daily"] if months[0] <= d[0][:7] <= months[-1]]
        known = [d[1] for d in days if d[1] is not None]
        cells.append(_cell(sum(known) if known else None, 9))
        cells += [
            f"{sum(d[2] == label for d in days) / max(len(days), 1):.0%}".rjust(9)
            for label in _LABELS[:2]
        ]
        lines.append(" ".join(cells))
        lines += [
            f"  {finding['severity']}: {finding['text']}"
            for finding in meter["findings"]
        ]
    return [*lines, ""]


def _months_until(last: date) -> list[str]:
    number = last.year * 12 + last.month - 1
    return [f"{n // 12}-{n % 12 + 1:02}" for n in range(number - 11, number + 1)]


def _cell(value: float | None, width: int) -> str:
    if value is None:
        return "–".rjust(width)
    return f"{value:.{1 if abs(value) >= 10 else 2}f}".rjust(width)


if __name__ == "__main__":
    sys.exit(main())
