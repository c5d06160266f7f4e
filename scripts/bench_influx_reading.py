"""Measure how long it takes to read four years of one series from each InfluxDB.

Version 1 is a real server. Of version 2 a recorded answer is given at once: what is
measured is our own part.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import json
from pathlib import Path
import re
import tempfile
import time
from typing import Any, override

from influxdb import InfluxDBClient
import numpy as np

from custom_components.nebenkosten.engine.domain.meters import SourceRef
from custom_components.nebenkosten.influx.connection import Connection, Version
from custom_components.nebenkosten.influx.model import Server
from custom_components.nebenkosten.influx.opening import open_server
from custom_components.nebenkosten.sources.influxdb import InfluxSource
from scripts.servers import Influxd, serving, unpack

DAYS = 1461
FIRST = datetime(2022, 1, 1, tzinfo=UTC)
SERIES = "kWh:sensor.meter"
_BATCH = 20_000


@dataclass(frozen=True, slots=True)
class Reading:
    """A server with a series of DAYS days, a value each `step` [s]."""

    connection: Connection
    step: int


@contextmanager
def version_1() -> Iterator[Reading]:
    """Start a real InfluxDB 1 with a value each five minutes."""
    unpack()
    step = 300
    with tempfile.TemporaryDirectory() as folder:
        influxd = Influxd(Path(folder) / "influxdb").start()
        try:
            client = InfluxDBClient(port=influxd.port, username=None, password=None)
            client.create_database("raw")
            times = np.arange(DAYS * 86400 // step) * step
            lines = [
                f"kWh,domain=sensor,entity_id=meter value={time / 3600:.4f}"
                f" {FIRST.timestamp() + time:.0f}"
                for time in times.tolist()
            ]
            for first in range(0, len(lines), _BATCH):
                batch = lines[first : first + _BATCH]
                client.write(batch, {"db": "raw", "precision": "s"}, protocol="line")
            yield Reading(_connection(Version.V1, influxd.url), step)
        finally:
            influxd.stop()


@contextmanager
def version_2() -> Iterator[Reading]:
    """Answer at once as version 2 does, with a value each minute."""
    with serving(_Recorded(60)) as server:
        url = f"http://127.0.0.1:{server.server_port}"
        yield Reading(_connection(Version.V2, url), server.step)


READERS: dict[str, Callable[[], Any]] = {"1": version_1, "2": version_2}
# What a first and a nightly read may take [s].
LIMITS = {"1": (60.0, 1.0), "2": (6.0, 1.0)}


def _connection(version: Version, url: str) -> Connection:
    return Connection(
        version=version,
        url=url,
        raw="raw",
        processed="out",
        token="t",
        organisation="o",
    )


class _Recorded(ThreadingHTTPServer):
    """Every line of the answer is made before anybody asks."""

    def __init__(self, step: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.step = step
        self.count = DAYS * 86400 // step
        lines = [
            f",,0,{FIRST + timedelta(seconds=step * n):%Y-%m-%dT%H:%M:%SZ}"
            f",{100_000 + n * step / 3600:.4f}\r\n"
            for n in range(self.count)
        ]
        self.width = len(lines[0])
        assert {len(line) for line in lines} == {self.width}
        self.content = "".join(lines).encode()

    def answer(self, query: str) -> bytes:
        """Return the tables of all results that a query asks for."""
        spans = [
            tuple(self._number(time) for time in span)
            for span in re.findall(r"start: (\S+?), stop: (\S+?)\)", query)
        ]
        if "count()" in query:
            ((low, high),) = spans
            return (
                self._table("first", low, min(low + 1, high))
                + self._table("last", max(high - 1, low), high)
                + self._counted(high - low)
            )
        if "first()" in query:
            spans = [(low, min(low + 1, high)) for low, high in spans]
        if "last()" in query:
            spans = [(max(high - 1, low), high) for low, high in spans]
        return b"".join(
            self._table(str(number), low, high)
            for number, (low, high) in enumerate(spans)
        )

    def _number(self, time: str) -> int:
        seconds = (datetime.fromisoformat(time) - FIRST).total_seconds()
        return min(max(-int(-seconds // self.step), 0), self.count)

    def _table(self, name: str, low: int, high: int) -> bytes:
        if low >= high:
            return b""
        body = self.content[low * self.width : high * self.width]
        return _head(name, "dateTime:RFC3339,double", "_time,_value") + body + b"\r\n"

    def _counted(self, count: int) -> bytes:
        head = _head("count", "long", "_value")
        return head + f",,0,{count}\r\n\r\n".encode() if count else b""


def _head(name: str, types: str, columns: str) -> bytes:
    empty = "," * columns.count(",")
    return (
        f"#datatype,string,long,{types}\r\n#default,{name},,{empty}\r\n"
        f",result,table,{columns}\r\n"
    ).encode()


class _Handler(BaseHTTPRequestHandler):
    server: _Recorded

    def do_GET(self) -> None:
        bucket = {"id": "1", "orgID": "1", "name": "raw", "retentionRules": []}
        self._send(json.dumps({"buckets": [bucket]}).encode(), "application/json")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self._send(self.server.answer(json.loads(body)["query"]), "text/csv")

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Keep the table clean."""

    def _send(self, content: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


class _Asks:
    """Asks in a thread of its own, as Home Assistant does."""

    def __init__(self, server: Server) -> None:
        self._server = server

    async def async_ask[R](self, work: Callable[[Server], R], about: str = "") -> R:
        """Return the answer."""
        return await asyncio.to_thread(work, self._server)

    async_tell = async_ask


def reading_table() -> dict[str, Any]:
    """Read everything once, and what is new of a night, from each version."""
    return {version: _measured(reader) for version, reader in READERS.items()}


def _measured(reader: Callable[[], Any]) -> dict[str, float]:
    with reader() as reading:
        server = open_server(reading.connection)
        end = FIRST.timestamp() + DAYS * 86400
        source = InfluxSource(_Asks(server), "raw", 3600.0)
        found: dict[str, float] = {"values": DAYS * 86400 // reading.step}
        for name, since in (("first", None), ("nightly", end - 86400)):
            begin = time.perf_counter()
            found[f"{name}_kept"] = asyncio.run(_read(source, since, end))
            found[name] = time.perf_counter() - begin
        server.close()
        return found


async def _read(source: InfluxSource, since: float | None, now: float) -> int:
    """Return how many samples are kept."""
    wanted = SourceRef(kind="influxdb", reference=SERIES)
    return sum(
        [len(part.samples) async for part in source.async_read(wanted, since, now)]
    )


def limits(table: dict[str, Any]) -> list[tuple[str, float, float]]:
    """Return what was measured, and what it may be."""
    return [
        (f"InfluxDB {version}, {name} read, s", row[name], most)
        for version, row in table.items()
        for name, most in zip(("first", "nightly"), LIMITS[version], strict=True)
    ]


def print_table(table: dict[str, Any]) -> None:
    """Print it as Markdown."""
    print("| one series of four years | values | first read, s | nightly read, s |")
    print("|---|---|---|---|")
    for version, row in table.items():
        print(
            f"| InfluxDB {version} | {row['values']:,} | {row['first']:.2f} |"
            f" {row['nightly']:.3f} |"
        )
    print()


if __name__ == "__main__":
    print_table(reading_table())
