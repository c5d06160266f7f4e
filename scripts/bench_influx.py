"""Measure a house whose history lies in a real InfluxDB 1."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
import tempfile
import time
from typing import Any

from influxdb import InfluxDBClient
import numpy as np

from scripts import bench_influx_reading
from scripts.home_assistant import Server, prepare
from scripts.servers import Influxd, free_port, unpack

DENSE, SPARSE = 7, 20
STEP, DAYS = 300, 1461
_BATCH = 20_000


def influx_table() -> dict[str, Any]:
    """Run 7 meters of five minutes and 20 read by hand, four years in an InfluxDB."""
    unpack()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        influxd = Influxd(folder / "influxdb").start()
        prepare(folder / "config", port := free_port())
        server = Server(folder / "config", port).start()
        try:
            rows = _measured(server, influxd)
        finally:
            server.stop()
            influxd.stop()
    return rows | {"reading": bench_influx_reading.reading_table()}


def _measured(server: Server, influxd: Influxd) -> dict[str, Any]:
    client = InfluxDBClient(port=influxd.port, username=None, password=None)
    client.create_database("raw")
    # The last day is written between the two runs.
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    last = today - timedelta(days=1)
    written = _write(client, last - timedelta(days=DAYS), last)
    before = _memory(server, "VmRSS")
    form = {"url": influxd.url, "raw": "raw", "processed": "out", "verify_ssl": True}
    entry_id = server.add_house(influxdb=form)
    for number in range(DENSE + SPARSE):
        domain = "sensor" if number < DENSE else "input_number"
        series = [{"series": f"kWh:{domain}.meter_{number}"}]
        meter = {"name": f"Meter {number}", "medium": "electricity", "unit": "kWh"}
        server.add_meter(entry_id, meter | {"sources": series})
    server.wait_loaded(entry_id)
    rows: dict[str, Any] = {"points": written}
    rows["first"] = _run(server, client)
    rows["first"]["peak_mb"] = _memory(server, "VmHWM") - before
    _write(client, last, today)
    rows["second"] = _run(server, client)
    rows["third"] = _run(server, client)
    told = [
        line
        for line in server.log.read_text().splitlines()
        if "nebenkosten" in line and ("ERROR" in line or "blocking" in line)
    ]
    assert not told, told
    return rows


def _run(server: Server, client: InfluxDBClient) -> dict[str, Any]:
    sent, begin = _sent(client), time.perf_counter()
    run = server.act("run_analytics")
    seconds = time.perf_counter() - begin
    assert run["status"] == "ok", run["errors"]
    return {
        "seconds": seconds,
        "stages": run["stages_s"],
        "received_mb": (_sent(client) - sent) / 1e6,
        "readings": sum(meter["readings"] for meter in run["meters"].values()),
        **run["written"],
    }


def _write(client: InfluxDBClient, start: datetime, end: datetime) -> int:
    """Write every meter's values in a time; returns how many."""
    lines = list(_lines(start, end))
    for first in range(0, len(lines), _BATCH):
        batch = lines[first : first + _BATCH]
        client.write(batch, {"db": "raw", "precision": "s"}, protocol="line")
    return len(lines)


def _lines(start: datetime, end: datetime) -> Iterator[str]:
    zero = datetime(2020, 1, 1, tzinfo=UTC).timestamp()
    times = np.arange(start.timestamp(), end.timestamp(), STEP)
    for number in range(DENSE):
        # A pure function of time, so that a later day continues the earlier ones.
        hours = (times - zero) / 3600
        values = hours * 0.6 + 2 * np.sin(hours / 24 * 2 * np.pi) + number
        tags = f"domain=sensor,entity_id=meter_{number}"
        for instant, value in zip(times, values, strict=True):
            yield f"kWh,{tags} value={value:.4f} {instant:.0f}"
    for number in range(DENSE, DENSE + SPARSE):
        for instant in times[(times - zero) % (30 * 86400) == 0]:
            value = (instant - zero) / 3600 * 0.3 + number
            tags = f"domain=input_number,entity_id=meter_{number}"
            yield f"kWh,{tags} value={value:.4f} {instant:.0f}"


def _sent(client: InfluxDBClient) -> int:
    """Return how much the server has answered to queries so far [bytes]."""
    found = client.query("SHOW STATS FOR 'httpd'")
    (point,) = found.get_points("httpd")
    return int(point["queryRespBytes"])


def _memory(server: Server, which: str) -> float:
    """Return what the process holds, or held at most [MB]."""
    assert server.process is not None
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    (line,) = (one for one in status.splitlines() if one.startswith(which))
    return int(line.split()[1]) / 1024


def limits(table: dict[str, Any]) -> list[tuple[str, float, float]]:
    """Return what was measured, and what it may be."""
    return [
        ("first run, s", table["first"]["seconds"], 60),
        ("peak above Home Assistant's, MB", table["first"]["peak_mb"], 250),
        ("second run, one new day, s", table["second"]["seconds"], 3),
        (
            "its answers, share of the first's",
            table["second"]["received_mb"] / table["first"]["received_mb"],
            0.05,
        ),
        ("third run, points written", table["third"]["influxdb"], 0),
        *bench_influx_reading.limits(table["reading"]),
    ]


def print_table(table: dict[str, Any]) -> None:
    """Print it as Markdown."""
    print(f"| real InfluxDB 1, {table['points']:,} points | found | at most |")
    print("|---|---|---|")
    for name, value, limit in limits(table):
        print(f"| {name} | {value:.3g} | {limit:g} |")
    print()
    print("| run | s | collect | analyse | publish | MB received | rows | points |")
    print("|---|---|---|---|---|---|---|---|")
    for name in ("first", "second", "third"):
        row = table[name]
        stages = " | ".join(f"{one:.2f}" for one in row["stages"].values())
        print(
            f"| {name} | {row['seconds']:.2f} | {stages} | {row['received_mb']:.2f} |"
            f" {row['statistics']} | {row['influxdb']} |"
        )
    print()
    bench_influx_reading.print_table(table["reading"])


if __name__ == "__main__":
    print_table(influx_table())
