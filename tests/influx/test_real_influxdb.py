"""What the client says and understands, with a real InfluxDB 1."""

from collections.abc import Iterator
from itertools import pairwise
from uuid import uuid4

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.nebenkosten.influx.connection import (
    Connection,
    InfluxError,
    Version,
)
from custom_components.nebenkosten.influx.line_protocol import name, original
from custom_components.nebenkosten.influx.model import (
    Doomed,
    Extent,
    Point,
    RawSeries,
    Value,
)
from custom_components.nebenkosten.influx.opening import open_server
from custom_components.nebenkosten.influx.v1 import InfluxQLServer
from scripts.servers import Influxd

# Each example has a database of its own in the one server.
ONE_SERVER = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
SECOND = 1_000_000_000
HOUR = 3600
ODD = (
    "'",
    '"',
    "\\",
    "\n",
    "\r",
    "\t",
    " ",
    ",",
    "=",
    "$",
    "{",
    "}",
    "ä",
    "ß",
    "🚰",
    "␛",
)
NAMES = st.text(
    st.one_of(
        st.sampled_from(ODD), st.characters(codec="utf-8", exclude_characters="\0")
    ),
    min_size=1,
    max_size=12,
).filter(str.strip)


def connection(influxd: Influxd, url: str = "") -> Connection:
    return Connection(
        version=Version.V1, url=url or influxd.url, raw="raw", processed="out"
    )


@pytest.fixture
def server(influxd: Influxd) -> Iterator[InfluxQLServer]:
    opened = open_server(connection(influxd))
    assert isinstance(opened, InfluxQLServer)
    yield opened
    opened.close()


@pytest.fixture
def place(server: InfluxQLServer) -> str:
    created = f"place {uuid4().hex} 'x' ü"
    server.create(created)
    assert created in server.places()
    server.may_write(created)
    return created


def values(series: RawSeries, *pairs: tuple[float, float]) -> list[Point]:
    return [
        Point(
            measurement=series.unit,
            tags={"domain": series.domain, "entity_id": series.entity_id},
            fields={"value": float(value)},
            time=round(time * SECOND),
        )
        for time, value in pairs
    ]


GAS = RawSeries("m³", "input_number", "gas_zähler")


def test_what_was_written_is_found(server: InfluxQLServer, place: str) -> None:
    other = RawSeries("kWh", "sensor", "strom")
    heat = RawSeries("°C", "sensor", "heizung")
    server.write(place, values(GAS, (10.5, 1.25), (20, 2), (7200, 3)))
    server.write(place, values(other, (5, 7)) + values(heat, (5, 21)))
    found = dict(server.found(place, ["kWh", "m³"]))
    assert found == {
        GAS: Extent(3, 10_500_000_000, 7200 * SECOND),
        other: Extent(1, 5 * SECOND, 5 * SECOND),
    }
    assert server.extent(place, GAS, 0, 20 * SECOND) == Extent(
        1, 10_500_000_000, 10_500_000_000
    )
    assert server.extent(place, GAS, 21 * SECOND, 22 * SECOND).count == 0
    assert server.values(place, GAS, 0, 30 * SECOND) == [
        Value(10_500_000_000, 1.25),
        Value(20 * SECOND, 2.0),
    ]
    assert server.before(place, GAS, 20 * SECOND) == Value(10_500_000_000, 1.25)
    assert server.before(place, GAS, 10 * SECOND) is None
    assert server.before(place, other, 10 * SECOND) == Value(5 * SECOND, 7.0)


@settings(ONE_SERVER, max_examples=40)
@given(
    st.lists(
        st.tuples(st.integers(0, 6 * HOUR * 1000), st.integers(0, 1000)),
        min_size=1,
        max_size=60,
        unique_by=lambda pair: pair[0],
    ),
    st.sampled_from([900, 3600]),
)
def test_the_server_keeps_what_matters_of_each_hour(
    influxd: Influxd, pairs: list[tuple[int, int]], step: int
) -> None:
    server = open_server(connection(influxd))
    place = uuid4().hex
    server.create(place)
    written = values(GAS, *((time / 1000, value / 8) for time, value in pairs))
    server.write(place, written)
    every = [
        Value(point.time, float(point.fields["value"]))
        for point in sorted(written, key=lambda point: point.time)
    ]
    start, end = HOUR * SECOND, 6 * HOUR * SECOND
    inside = [value for value in every if start <= value.time < end]
    steps: dict[int, list[Value]] = {}
    for value in inside:
        steps.setdefault(value.time - value.time % (step * SECOND), []).append(value)
    ends = [one for members in steps.values() for one in (members[0], members[-1])]
    falls = {
        after.time - after.time % (step * SECOND)
        for before, after in pairwise(inside)
        if after.value < before.value
    }
    reduced = server.reduced(place, GAS, start, end, step)
    assert list(reduced.values) == list(dict.fromkeys(ends))
    assert set(reduced.falls) == falls


@settings(ONE_SERVER, max_examples=150)
@given(NAMES, NAMES, NAMES)
def test_no_name_changes_a_question(
    influxd: Influxd, unit: str, domain: str, entity_id: str
) -> None:
    server = open_server(connection(influxd))
    place = uuid4().hex
    server.create(place)
    odd, plain = RawSeries(unit, domain, entity_id), RawSeries("kWh", "sensor", "x")
    server.write(place, values(odd, (10, 1)) + values(plain, (20, 2)))
    found = dict(server.found(place, [unit, "kWh"]))
    assert found == {odd: Extent(1, 10 * SECOND, 10 * SECOND)} | {
        plain: Extent(1, 20 * SECOND, 20 * SECOND)
    }
    assert server.values(place, odd, 0, 100 * SECOND) == [Value(10 * SECOND, 1.0)]
    server.delete(
        place,
        Doomed(
            measurement=unit,
            tags={"domain": domain, "entity_id": entity_id},
            times=(0, 100 * SECOND),
        ),
    )
    assert list(dict(server.found(place, [unit, "kWh"]))) == [plain]


@given(st.text())
def test_a_name_comes_back(text: str) -> None:
    shown = name(text)
    assert original(shown) == text
    assert "\n" not in shown
    assert not shown.endswith("\\")
    if not set(text) & set("\n\r\t\0␛") and not text.endswith("\\"):
        assert shown == text


@pytest.mark.parametrize(
    "text", ['say "hi"', "back\\slash", "two\nlines", "ü 🚰", "a=b, c"]
)
def test_texts_come_back(server: InfluxQLServer, place: str, text: str) -> None:
    point = Point(
        measurement="meter_anomaly",
        tags={"meter_id": "a"},
        fields={"value": 1.5, "anomaly_count": 2, "reason": text},
        time=5 * SECOND,
    )
    server.write(place, [point])
    assert server.points(place, "meter_anomaly", "a", 0) == [point]
    assert not server.points(place, "meter_anomaly", "b", 0)
    assert not server.points(place, "meter_anomaly", "a", 6 * SECOND)


def test_points_of_the_original_have_no_unit(
    server: InfluxQLServer, place: str
) -> None:
    ours = Point(
        measurement="meter_consumption",
        tags={"meter_id": "a", "unit": "kWh"},
        fields={"value": 1.5},
        time=5 * SECOND,
    )
    theirs = Point(
        measurement="meter_consumption",
        tags={"meter_id": "a"},
        fields={"value": 1.5},
        time=5 * SECOND,
    )
    server.write(place, [ours])
    assert not server.untagged(place, "meter_consumption")
    server.write(place, [theirs])
    assert server.untagged(place, "meter_consumption")
    server.drop(place, "meter_consumption")
    assert not server.points(place, "meter_consumption", "a", 0)


def test_trouble_has_a_name(influxd: Influxd, server: InfluxQLServer) -> None:
    with pytest.raises(InfluxError, match=r"^place"):
        server.values("nowhere", GAS, 0, 1)
    with pytest.raises(InfluxError, match=r"^place"):
        server.write("nowhere", values(GAS, (1, 1)))
    with pytest.raises(InfluxError, match=r"^refused"):
        server.create("a\\b")
    gone = open_server(connection(influxd, url="http://127.0.0.1:1"))
    with pytest.raises(InfluxError, match=r"^address"):
        gone.places()
