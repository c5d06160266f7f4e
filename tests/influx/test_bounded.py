"""A server that drips, never ends or says too much is left in time and in few bytes."""

from collections.abc import Callable, Iterator

import pytest

from custom_components.nebenkosten.influx import bounded
from custom_components.nebenkosten.influx.connection import (
    Connection,
    InfluxError,
    Version,
)
from custom_components.nebenkosten.influx.model import Point, RawSeries, Server, Value
from custom_components.nebenkosten.influx.opening import open_server
from custom_components.nebenkosten.sources.influxdb import _values

from ..gate import Gate, gate_before

SERIES = RawSeries("kWh", "sensor", "strom")


@pytest.fixture
def gate(socket_enabled: None) -> Iterator[Gate]:
    with gate_before("http://127.0.0.1:1") as found:
        yield found


@pytest.fixture(params=list(Version))
def server(request: pytest.FixtureRequest, gate: Gate) -> Iterator[Server]:
    opened = open_server(
        Connection(
            version=request.param,
            url=gate.url,
            raw="raw",
            processed="out",
            token="t",
            organisation="home",
        )
    )
    yield opened
    opened.close()


@pytest.mark.parametrize("only", ["query", "write"])
def test_a_server_that_drips(
    server: Server, gate: Gate, monkeypatch: pytest.MonkeyPatch, only: str
) -> None:
    """Each byte in time, and never the last one."""
    monkeypatch.setattr(bounded, "_DEADLINE", 0.5)
    gate.mood = "dripping"
    point = Point(measurement="a", tags={}, fields={"value": 1.0}, time=1)
    asked: dict[str, Callable[[], object]] = {
        "query": lambda: server.values("raw", SERIES, 0, 1),
        "write": lambda: server.write("raw", [point]),
    }
    with pytest.raises(InfluxError, match=r"^silent"):
        asked[only]()


@pytest.mark.parametrize("mood", ["endless", "packed"])
def test_an_answer_without_an_end(
    server: Server, gate: Gate, monkeypatch: pytest.MonkeyPatch, mood: str
) -> None:
    monkeypatch.setattr(bounded, "_LARGEST", 1_000_000)
    gate.mood = mood
    with pytest.raises(InfluxError, match=r"^large"):
        server.values("raw", SERIES, 0, 1)
    # What the sockets of both sides hold, and not what the server would send.
    assert gate.sent < 20_000_000


class Dense:
    """A value each second; more than a thousand are too many for an answer."""

    def values(
        self, place: str, series: RawSeries, start: int, end: int
    ) -> list[Value]:
        second = 1_000_000_000
        if end - start > 4000 * second:
            raise InfluxError("large")
        return [
            Value(time * second, 1.0)
            for time in range(-(-start // second), end // second)
        ]


def test_a_large_series_comes_in_parts() -> None:
    server: Server = Dense()  # type: ignore[assignment]
    found = _values(server, "raw", SERIES, 0, 86_400 * 1_000_000_000)
    assert [one.time // 1_000_000_000 for one in found] == list(range(86_400))
