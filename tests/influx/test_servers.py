"""What the client says and understands: a real InfluxDB 1, stand-ins for 2 and 3."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
import json
import re
import time
import urllib.request
from uuid import uuid4

from hypothesis import example, given, settings, strategies as st
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
    Place,
    Point,
    RawSeries,
    Server,
    Value,
)
from custom_components.nebenkosten.influx.opening import open_server
from custom_components.nebenkosten.influx.v2 import FluxServer
from custom_components.nebenkosten.influx.v3 import SqlServer
from custom_components.nebenkosten.sources import collected
from custom_components.nebenkosten.sources.collected import Sample
from scripts.servers import Influxd, VictoriaMetrics

from . import stored_lines
from .connections import NAMES, ONE_SERVER, v2
from .stand_in import StandIn
from .stand_in_3 import StandIn3, standing_in_3, v3

SECOND = 1_000_000_000
HOUR = 3600


@pytest.fixture
def stand_in_3(socket_enabled: None) -> Iterator[StandIn3]:
    with standing_in_3() as server:
        yield server


@pytest.fixture(params=["1", "2", "3"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """Open a server of each version."""
    if request.param == "1":
        influxd: Influxd = request.getfixturevalue("influxd")
        opened = open_server(
            Connection(version=Version.V1, url=influxd.url, raw="", processed="")
        )
    elif request.param == "3":
        opened = open_server(v3(request.getfixturevalue("stand_in_3")))
    else:
        stand_in: StandIn = request.getfixturevalue("stand_in")
        opened = open_server(v2(stand_in))
    yield opened
    opened.close()


@pytest.fixture
def place(server: Server) -> str:
    created = f"place {uuid4().hex} 'x' ü"
    if isinstance(server, SqlServer):
        created = f"Place-{uuid4().hex}_x"
    server.create(created)
    assert server.place(created) == Place()
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


def test_what_was_written_is_found(server: Server, place: str) -> None:
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


def test_a_series_in_several_parts(server: Server, place: str) -> None:
    """Somebody's own tags, or attributes as tags, part what belongs together."""
    parts = [
        replace(point, tags={**point.tags, "writer": writer})
        for writer, pairs in (
            ("old", ((0, 1.0), (600, 2.0), (4000, 4.0))),
            ("new", ((300, 1.5), (5000, 5.0))),
        )
        for point in values(GAS, *pairs)
    ]
    server.write(place, parts)
    assert dict(server.found(place, ["m³"])) == {GAS: Extent(5, 0, 5000 * SECOND)}
    assert server.extent(place, GAS, 1, 4500 * SECOND).count == 3
    every = server.values(place, GAS, 0, 6000 * SECOND)
    assert [value.value for value in every] == [1.0, 1.5, 2.0, 4.0, 5.0]
    assert server.before(place, GAS, 4500 * SECOND) == Value(4000 * SECOND, 4.0)
    reduced = server.reduced(place, GAS, 0, 7200 * SECOND, 3600)
    ends = {value.value for value in reduced.values}
    assert {1.0, 2.0, 4.0, 5.0} <= ends
    assert not reduced.falls


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
    server: Server, pairs: list[tuple[int, int]], step: int
) -> None:
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
    assert set(ends) <= set(reduced.values) <= set(inside)
    assert list(reduced.values) == sorted(reduced.values, key=lambda one: one.time)
    if not isinstance(server, FluxServer):
        assert list(reduced.values) == list(dict.fromkeys(ends))
        assert set(reduced.falls) == falls
    else:
        # All were there: nothing is left to ask.
        assert not reduced.falls
    # What is kept in the end is what all values would have given.
    if not falls or not reduced.falls:
        kept, whole = (
            collected.reduced([Sample(one.time / SECOND, one.value) for one in some])
            for some in (reduced.values, inside)
        )
        assert kept == whole


@settings(ONE_SERVER, max_examples=150)
@example('\\"', "0", "0")
@example("\\=", "0", "0")
@example("0", "\\=", '\\"')
@example("\\\\", "\\,", "\\ 0")
@example("\\'", "'\\", "\\\\'")
@given(NAMES, NAMES, NAMES)
def test_no_name_changes_a_question(
    server: Server, unit: str, domain: str, entity_id: str
) -> None:
    place = uuid4().hex
    server.create(place)
    odd, plain = RawSeries(unit, domain, entity_id), RawSeries("kWh", "sensor", "x")
    server.write(place, values(odd, (10, 1)) + values(plain, (20, 2)))
    found = dict(server.found(place, [unit, "kWh"]))
    assert found == {odd: Extent(1, 10 * SECOND, 10 * SECOND)} | {
        plain: Extent(1, 20 * SECOND, 20 * SECOND)
    }
    assert server.values(place, odd, 0, 100 * SECOND) == [Value(10 * SECOND, 1.0)]
    doomed = Doomed(
        measurement=unit,
        tags={"domain": domain, "entity_id": entity_id},
        times=(0, 100 * SECOND),
    )
    if server.delete(place, doomed):
        assert list(dict(server.found(place, [unit, "kWh"]))) == [plain]


@given(st.text())
def test_a_name_comes_back(text: str) -> None:
    shown = name(text)
    assert original(shown) == text
    assert "\n" not in shown
    assert not shown.endswith("\\")
    odd = set(text) & set("\n\r\t\0␛") or text.startswith("#")
    if not odd and not re.search(r"""\\($|[\\"'=, ])""", text):
        assert shown == text


@pytest.mark.parametrize(
    "text", ['say "hi"', "back\\slash", "two\nlines", "ü 🚰", "a=b, c"]
)
def test_texts_come_back(server: Server, place: str, text: str) -> None:
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


def test_points_of_the_original_have_no_unit(server: Server, place: str) -> None:
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


def test_trouble_has_a_name(server: Server) -> None:
    with pytest.raises(InfluxError, match=r"^place"):
        server.values("nowhere", GAS, 0, 1)
    with pytest.raises(InfluxError, match=r"^place"):
        server.write("nowhere", values(GAS, (1, 1)))


@pytest.mark.parametrize("version", list(Version))
def test_nobody_there(version: Version, socket_enabled: None) -> None:
    gone = open_server(
        Connection(version=version, url="http://127.0.0.1:1", raw="", processed="")
    )
    with pytest.raises(InfluxError, match=r"^address"):
        gone.place("raw")


def test_a_name_that_version_1_refuses(influxd: Influxd) -> None:
    server = open_server(
        Connection(version=Version.V1, url=influxd.url, raw="", processed="")
    )
    with pytest.raises(InfluxError, match=r"^refused"):
        server.create("a\\b")


def test_rights_of_version_2(stand_in: StandIn) -> None:
    stand_in.read_only.add("raw")
    with pytest.raises(InfluxError, match=r"^rights"):
        open_server(v2(stand_in)).may_write("raw")
    with pytest.raises(InfluxError, match=r"^credentials"):
        open_server(v2(stand_in, token="other")).place("raw")
    with pytest.raises(InfluxError, match=r"^organisation"):
        open_server(v2(stand_in, org="other")).may_write("raw")


def test_an_error_in_the_middle_of_an_answer(
    stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "#datatype,string,string\r\n#group,true,true\r\n#default,,\r\n"
    text += ",error,reference\r\n,it went wrong,897\r\n"
    monkeypatch.setattr(stored_lines, "csv", lambda _results: text)
    with pytest.raises(InfluxError, match=r"^refused: it went wrong"):
        open_server(v2(stand_in)).values("raw", GAS, 0, 1)


def test_a_real_write_endpoint_of_version_2(victoria_metrics: VictoriaMetrics) -> None:
    server = open_server(
        Connection(
            version=Version.V2,
            url=victoria_metrics.url,
            token="x",
            organisation="home",
            raw="raw",
            processed="out",
        )
    )
    points = [
        Point(
            measurement="meter_consumption",
            tags={"meter_id": "gas", "unit": "m³"},
            fields={"value": 1.25 * number, "quality": "measured"},
            time=(1_700_000_000 + 86400 * number) * SECOND,
        )
        for number in range(1, 4)
    ]
    server.write("out", points)
    url = (
        f"{victoria_metrics.url}/api/v1/export?match[]="
        "%7Bmeter_id%3D%22gas%22%2Cunit%3D%22m%C2%B3%22%7D"
    )
    for _ in range(100):
        with urllib.request.urlopen(url) as answer:
            found = [json.loads(line) for line in answer.read().splitlines()]
        if any(one["values"] == [1.25, 2.5, 3.75] for one in found):
            return
        time.sleep(0.1)
    pytest.fail(f"the points are not there: {found}")
