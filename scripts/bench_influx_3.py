"""Measure how years of values come from the stand-in for InfluxDB 3.

How fast the real server answers is not measured here: it says how many questions there
are, and how long we take beside them.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
import time
from typing import Any, Final

from custom_components.nebenkosten.engine.domain.meters import SourceRef
from custom_components.nebenkosten.influx.model import Server
from custom_components.nebenkosten.influx.v3 import SqlServer
from custom_components.nebenkosten.sources.influxdb import InfluxSource
from tests.influx.stand_in_3 import StandIn3, standing_in_3, v3

STEP, DAYS = 300, 1461
_TAGS: Final = {"domain": "sensor", "entity_id": "meter"}
_METER: Final = SourceRef(kind="influxdb", reference="kWh:sensor.meter")


@dataclass(frozen=True, slots=True)
class _Asks:
    server: Server

    async def async_ask[R](self, work: Callable[[Server], R], about: str = "") -> R:
        return work(self.server)

    async_tell = async_ask


def influx_3_table() -> dict[str, Any]:
    """Read one meter of five minutes, four years and then one new day."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    last = today - timedelta(days=1)
    with standing_in_3() as stand_in:
        count = _keep(stand_in, last - timedelta(days=DAYS), last)
        server = SqlServer(v3(stand_in))
        source = InfluxSource(_Asks(server), "raw", 0)
        rows: dict[str, Any] = {"points": count}
        rows["first"] = _read(stand_in, source, None, last)
        _keep(stand_in, last, today)
        rows["second"] = _read(stand_in, source, last, today)
        server.close()
    return rows


def _keep(stand_in: StandIn3, start: datetime, end: datetime) -> int:
    """Put values into the files of a table; returns how many."""
    database = stand_in.databases.get("raw") or stand_in.make("raw")
    times = range(round(start.timestamp()), round(end.timestamp()), STEP)
    for instant in times:
        fields = {"value": instant / 3600}
        database.put("kWh", _TAGS, fields, instant * 1_000_000_000)
    database.save()
    return len(times)


def _read(
    stand_in: StandIn3, source: InfluxSource, since: datetime | None, now: datetime
) -> dict[str, Any]:
    async def read() -> int:
        asked = source.async_read(
            _METER, since.timestamp() if since else None, now.timestamp()
        )
        return sum([len(found.samples) async for found in asked])

    stand_in.asked.clear()
    stand_in.refused.clear()
    answering, begin = stand_in.seconds, time.perf_counter()
    samples = asyncio.run(read())
    seconds = time.perf_counter() - begin
    return {
        "questions": len(stand_in.asked),
        "refused": len(stand_in.refused),
        "seconds": seconds,
        "own_seconds": seconds - (stand_in.seconds - answering),
        "samples": samples,
    }


def limits(table: dict[str, Any]) -> list[tuple[str, float, float]]:
    """Return what was measured, and what it may be."""
    first, second = table["first"], table["second"]
    return [
        ("version 3, first read, questions", first["questions"], 800),
        ("of these refused for their files, share", _share(first), 0.1),
        ("version 3, nightly read, questions", second["questions"], 12),
    ]


def _share(row: dict[str, Any]) -> float:
    return float(row["refused"] / row["questions"])


def print_table(table: dict[str, Any]) -> None:
    """Print it as Markdown."""
    print(f"| stand-in for InfluxDB 3, {table['points']:,} points | found | at most |")
    print("|---|---|---|")
    for name, value, limit in limits(table):
        print(f"| {name} | {value:.3g} | {limit:g} |")
    print()
    print("| read | questions | refused | s | s without the answers | samples |")
    print("|---|---|---|---|---|---|")
    for name in ("first", "second"):
        row = table[name]
        print(
            f"| {name} | {row['questions']} | {row['refused']} | {row['seconds']:.2f} |"
            f" {row['own_seconds']:.2f} | {row['samples']} |"
        )
    print()


if __name__ == "__main__":
    print_table(influx_3_table())
