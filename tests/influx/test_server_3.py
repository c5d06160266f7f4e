"""What we ask of version 3, and make of its answers."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from hypothesis import HealthCheck, given, settings, strategies as st
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS
import pytest
import requests

from custom_components.nebenkosten.influx import v3 as v3_module
from custom_components.nebenkosten.influx.connection import (
    Connection,
    InfluxError,
    Version,
)
from custom_components.nebenkosten.influx.flux import time
from custom_components.nebenkosten.influx.model import (
    SECOND,
    Doomed,
    Extent,
    Point,
    RawSeries,
    Value,
)
from custom_components.nebenkosten.influx.opening import open_server
from custom_components.nebenkosten.influx.sql_api import SqlApi
from custom_components.nebenkosten.influx.v3 import SqlServer

from .stand_in_3 import TOKEN, StandIn3, ask, standing_in_3, v3, write

HOUR = 3600
DAY = 24 * HOUR
STROM = RawSeries("kWh", "sensor", "strom")
BEGIN = 1_735_686_000 // HOUR * HOUR


@pytest.fixture
def stand_in(socket_enabled: None) -> Iterator[StandIn3]:
    with standing_in_3() as server:
        yield server


@pytest.fixture
def server(stand_in: StandIn3) -> Iterator[SqlServer]:
    stand_in.make("raw")
    opened = SqlServer(v3(stand_in))
    yield opened
    opened.close()


def points(count: int, step: int, series: RawSeries = STROM) -> list[Point]:
    return [
        Point(
            measurement=series.unit,
            tags={"domain": series.domain, "entity_id": series.entity_id},
            fields={"value": number / 4},
            time=(BEGIN + number * step) * SECOND,
        )
        for number in range(count)
    ]


def databases(stand_in: StandIn3) -> list[str]:
    api = SqlApi(v3(stand_in))
    try:
        return api.databases()
    finally:
        api.close()


def every(written: list[Point]) -> list[Value]:
    return [Value(point.time, float(point.fields["value"])) for point in written]


def test_the_older_client_gets_nowhere(stand_in: StandIn3) -> None:
    """Why version 3 is not spoken to in InfluxQL."""
    stand_in.make("raw")
    older = open_server(
        Connection(
            version=Version.V1,
            url=stand_in.url,
            username="any",
            password=TOKEN,
            raw="",
            processed="",
        )
    )
    with pytest.raises(InfluxError):
        older.place("raw")


def test_we_use_its_own_interface_alone(stand_in: StandIn3, server: SqlServer) -> None:
    server.write("raw", points(3, HOUR))
    server.found("raw", ["kWh"])
    server.reduced("raw", STROM, 0, 2 * BEGIN * SECOND, HOUR)
    server.untagged("raw", "kWh")
    server.drop("raw", "kWh")
    assert all(" /api/v3/" in one for one in stand_in.asked), stand_in.asked


def test_databases(stand_in: StandIn3, server: SqlServer) -> None:
    assert databases(stand_in) == ["raw"]
    server.create("out-1_b")
    assert databases(stand_in) == ["out-1_b", "raw"]
    with pytest.raises(InfluxError, match="resource that already exists"):
        server.create("raw")
    for odd in ("with space", "ü", "a.b", ""):
        with pytest.raises(InfluxError, match=r"^refused"):
            server.create(odd)


def test_a_write_makes_a_database_but_ours_never(
    stand_in: StandIn3, server: SqlServer
) -> None:
    assert write(stand_in, "a b=1 1", db="mistyped").status_code == 204
    assert "mistyped" in databases(stand_in)
    with pytest.raises(InfluxError, match=r"^place: gone"):
        server.write("gone", points(1, 1))
    with pytest.raises(InfluxError, match=r"^place: gone"):
        server.may_write("gone")
    assert "gone" not in databases(stand_in)


def test_the_question_whether_it_may_write_changes_nothing(
    stand_in: StandIn3, server: SqlServer
) -> None:
    server.may_write("raw")
    assert (
        ask(
            stand_in,
            "SELECT * FROM information_schema.columns WHERE table_schema = 'iox'",
        )
        == []
    )
    other = open_server(v3(stand_in, token="other"))
    with pytest.raises(InfluxError, match=r"^credentials"):
        other.may_write("raw")


@pytest.mark.parametrize(("step", "days"), [(300, 3), (HOUR, 18)])
def test_the_file_limit(
    stand_in: StandIn3, server: SqlServer, step: int, days: int
) -> None:
    """A file holds ten minutes: three days of dense values, 18 of hourly ones."""
    written = points((days + 2) * DAY // step, step)
    server.write("raw", written)
    server.write("raw", written[-1:])
    asked = 'SELECT count(*) AS n FROM "kWh" WHERE time >= $start AND time < $end'
    start, end = BEGIN * SECOND, (BEGIN + days * DAY) * SECOND
    (row,) = ask(stand_in, asked, start=time(start), end=time(end))
    assert row["n"] == days * DAY // step
    said = ask(stand_in, asked, start=time(start), end=time(end + HOUR * SECOND))[
        "error"
    ]
    assert said.startswith(
        "Query would exceed file limit of 432 parquet files."
        " Please specify a smaller time range"
    )
    assert "file limit" in ask(stand_in, 'SELECT count(*) FROM "kWh"')["error"]

    assert server.values("raw", STROM, 0, 2 * BEGIN * SECOND) == every(written)
    assert server.before("raw", STROM, start + 1) == every(written)[0]
    assert dict(server.found("raw", ["kWh"])) == {
        STROM: Extent(len(written), written[0].time, written[-1].time)
    }


def test_what_is_in_no_file_is_read(stand_in: StandIn3, server: SqlServer) -> None:
    written = points(40 * 24, HOUR)
    server.write("raw", written[100:-5])
    late, newest = written[:100], written[-5:]
    server.write("raw", late + newest)
    assert server.values("raw", STROM, 0, 2 * BEGIN * SECOND) == every(written)
    assert server.before("raw", STROM, written[50].time) == every(written)[49]
    end = written[-1].time
    assert server.before("raw", STROM, end) == every(written)[-2]
    extent = server.extent("raw", STROM, 0, 2 * BEGIN * SECOND)
    assert extent == Extent(len(written), written[0].time, end)


@pytest.mark.parametrize("fresh", [0, 3])
def test_many_values_are_not_counted(
    stand_in: StandIn3, server: SqlServer, monkeypatch: pytest.MonkeyPatch, fresh: int
) -> None:
    """No more windows are asked than it takes to know that there are many."""
    monkeypatch.setattr(v3_module, "_ENOUGH", 500)
    written = points(400 * 24, HOUR)
    server.write("raw", written[fresh:])
    server.write("raw", written[:fresh] or written[-1:])
    stand_in.asked.clear()
    found = server.extent("raw", STROM, 0, 2 * BEGIN * SECOND)
    assert len(stand_in.asked) < 25
    assert 500 < found.count <= len(written)
    assert (found.first, found.last) == (written[0].time, written[-1].time)


def test_many_points_are_few_writes(stand_in: StandIn3, server: SqlServer) -> None:
    """Each is answered when the log is flushed, once a second."""
    server.write("raw", points(10_000, 60))
    assert stand_in.asked.count("POST /api/v3/write_lp") == 1
    server.write("raw", [])
    assert stand_in.asked.count("POST /api/v3/write_lp") == 1


def test_a_database_that_looks_back_so_far(
    stand_in: StandIn3, server: SqlServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A series that is silent for long is not offered, but read."""
    monkeypatch.setattr(v3_module, "_LOOKED", 4)
    silent = points(1, HOUR, RawSeries("kWh", "input_number", "old"))
    dense = points(90 * 24, HOUR)
    server.write("raw", silent + dense)
    server.write("raw", dense[-1:])
    assert list(dict(server.found("raw", ["kWh"]))) == [STROM]
    old = RawSeries("kWh", "input_number", "old")
    assert server.values("raw", old, 0, 2 * BEGIN * SECOND) == every(silent)


def test_the_writer_of_version_2_is_found(
    stand_in: StandIn3, server: SqlServer
) -> None:
    """Home Assistant's own integration writes with it; its token is taken, too."""
    client = InfluxDBClient(stand_in.url, TOKEN, org="any")
    record = {
        "measurement": "kWh",
        "tags": {"domain": "sensor", "entity_id": "strom"},
        "time": BEGIN * SECOND,
        "fields": {"value": 1.5, "friendly_name_str": "Strom"},
    }
    writer = client.write_api(SYNCHRONOUS)
    writer.write(bucket="raw", record=record)
    client.close()
    assert dict(server.found("raw", ["kWh"])) == {
        STROM: Extent(1, BEGIN * SECOND, BEGIN * SECOND)
    }
    assert server.values("raw", STROM, 0, 2 * BEGIN * SECOND) == [
        Value(BEGIN * SECOND, 1.5)
    ]


def test_another_type_in_a_column(
    stand_in: StandIn3, server: SqlServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in.make("out")
    write(stand_in, "meter_consumption,meter_id=x value=1i 5", db="out")
    tags = {"meter_id": "a", "unit": "kWh"}
    wanted = [
        Point(measurement=name, tags=tags, fields={"value": 1.5}, time=time)
        for time in (5, 6)
        for name in ("meter_consumption", "meter_interpolated_daily")
    ]
    # What comes after a refusal is written all the same.
    monkeypatch.setattr(v3_module, "_BATCH", 2)
    with pytest.raises(InfluxError) as caught:
        server.write("out", wanted)
    assert caught.value.key == "column"
    assert caught.value.detail == "meter_consumption: value (integer)"
    kept = server.points("out", "meter_interpolated_daily", "a", 0)
    assert [point.time for point in kept] == [5, 6]
    said = write(stand_in, 'meter_interpolated_daily value="x" 1', db="out")
    assert "partial write of line protocol occurred" in said.text
    assert "expected iox::column_type::field::float" in said.text
    assert "got iox::column_type::field::string" in said.text


@pytest.mark.parametrize("unit", ["two words", "a,b", "comma, and space", "m³"])
def test_the_measurement_of_a_refused_column_is_named(
    stand_in: StandIn3, server: SqlServer, unit: str
) -> None:
    server.write("raw", [replace(points(1, 1)[0], measurement=unit)])
    with pytest.raises(InfluxError) as caught:
        server.write(
            "raw",
            [
                replace(one, measurement=unit, fields={"value": "x"})
                for one in points(3, 1)
            ],
        )
    assert (caught.value.key, caught.value.detail) == (
        "column",
        f"{unit}: value (float)",
    )


def test_meters_with_a_text(server: SqlServer) -> None:
    def point(meter: str, **fields: str | float) -> Point:
        tags = {"meter_id": meter}
        return Point(measurement="m", tags=tags, fields=fields, time=len(meter))

    assert server.worded("raw", "m", "quality") == []
    server.write("raw", [point("a", value=1.0)])
    assert server.worded("raw", "m", "quality") == []
    server.write("raw", [point("b,c", quality="withdrawn"), point("d", quality="")])
    assert server.worded("raw", "m", "quality") == ["b,c"]
    assert server.worded("raw", "m", "value") == []


def test_values_that_are_no_numbers(stand_in: StandIn3, server: SqlServer) -> None:
    write(stand_in, 'kWh,domain=sensor,entity_id=strom value="on" 5')
    with pytest.raises(InfluxError, match=r"^column: kWh: value \(Utf8\)"):
        server.values("raw", STROM, 0, 10)


def test_whole_numbers_are_numbers(stand_in: StandIn3, server: SqlServer) -> None:
    lines = (
        f"kWh,domain=sensor,entity_id=strom value={v}i {t}" for t, v in ((1, 5), (2, 3))
    )
    write(stand_in, "\n".join(lines))
    assert server.values("raw", STROM, 0, 10) == [Value(1, 5.0), Value(2, 3.0)]
    assert list(server.reduced("raw", STROM, 0, 10, HOUR).falls) == [0]


def test_nothing_is_deleted_but_a_whole_table(
    stand_in: StandIn3, server: SqlServer
) -> None:
    server.write("raw", points(3, HOUR))
    tags = {"domain": "sensor", "entity_id": "strom"}
    assert not server.delete("raw", Doomed(measurement="kWh", tags=tags, times=(0,)))
    assert len(server.values("raw", STROM, 0, 2 * BEGIN * SECOND)) == 3
    server.drop("raw", "kWh")
    server.drop("raw", "never there")
    assert server.values("raw", STROM, 0, 2 * BEGIN * SECOND) == []
    assert server.found("raw", ["kWh"]) == []


@pytest.mark.parametrize("path", ["/health", "/ping", "/api/v3/query_sql"])
def test_the_token(stand_in: StandIn3, path: str) -> None:
    method = "POST" if "query" in path else "GET"
    answer = requests.request(method, stand_in.url + path, timeout=10)
    assert (answer.status_code, answer.text) == (401, "")
    with pytest.raises(InfluxError, match=r"^credentials"):
        open_server(v3(stand_in, token="other")).place("raw")
    with pytest.raises(InfluxError, match=r"^credentials"):
        open_server(v3(stand_in, token="💧")).place("raw")


@settings(
    max_examples=20,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.lists(st.integers(0, 60 * 24 * 4), min_size=1, max_size=80, unique=True),
    st.integers(1, 90),
    st.integers(2, 9),
    st.integers(0, 80),
)
def test_any_layout_of_files_gives_the_same(
    stand_in: StandIn3, quarters: list[int], width: int, limit: int, fresh: int
) -> None:
    # A file of more than an hour; the limit is never reached within one.
    stand_in.width, stand_in.limit = width * HOUR, limit
    stand_in.make("any")
    server = open_server(v3(stand_in))
    written = [
        Point(
            measurement="kWh",
            tags={"domain": "sensor", "entity_id": "strom"},
            fields={"value": float(quarter * 7 % 50)},
            time=(BEGIN + quarter * 900) * SECOND,
        )
        for quarter in quarters
    ]
    server.write("any", written[fresh:])
    server.write("any", written[:fresh])
    values = sorted(every(written), key=lambda value: value.time)
    far = 2 * BEGIN * SECOND
    assert server.values("any", STROM, 0, far) == values
    extent = Extent(len(values), values[0].time, values[-1].time)
    assert server.extent("any", STROM, 0, far) == extent
    assert dict(server.found("any", ["kWh"])) == {STROM: extent}
    middle = values[len(values) // 2].time
    before = [value for value in values if value.time < middle]
    assert server.before("any", STROM, middle) == (before[-1] if before else None)
    falls = {
        after.time - after.time % (HOUR * SECOND)
        for earlier, after in pairwise(values)
        if after.value < earlier.value
    }
    assert set(server.reduced("any", STROM, 0, far, HOUR).falls) == falls
    server.close()
