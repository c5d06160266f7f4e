"""Whatever range is asked for: version 2 is sent no empty one, and no type is lost."""

from itertools import pairwise

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.nebenkosten.influx.connection import InfluxError
from custom_components.nebenkosten.influx.model import Point, RawSeries, Value
from custom_components.nebenkosten.influx.opening import open_server
from custom_components.nebenkosten.influx.shards import WEEK, shards

from .connections import v2
from .stand_in import StandIn

NS = 1_000_000_000
DAY = 86400 * NS
GAS = RawSeries("m³", "input_number", "gas")
INSTANTS = st.one_of(
    st.integers(0, 1_800_000_000 * NS),
    st.sampled_from([0, 1, WEEK, 4 * DAY, 1_767_571_200 * NS]),
)
OF_ONE = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=40,
)


def point(time: int, value: float | str) -> Point:
    return Point(
        measurement=GAS.unit,
        tags={"domain": GAS.domain, "entity_id": GAS.entity_id},
        fields={"value": value},
        time=time,
    )


@given(INSTANTS, INSTANTS, st.sampled_from([3600 * NS, DAY, WEEK]))
def test_shards_cut_a_range_without_rest(start: int, end: int, length: int) -> None:
    end = min(end, start + 200 * length)
    found = list(shards(start, end, length))
    assert bool(found) == (start < end)
    borders = [start, *(last for _, last in found)]
    assert found == list(pairwise(borders))
    assert borders[-1] == max(start, end)
    for first, last in found:
        # The first shards of all began with a Monday.
        assert (first - 4 * DAY) // length == (last - 1 - 4 * DAY) // length


@OF_ONE
@given(INSTANTS, INSTANTS)
def test_no_range_is_refused(stand_in: StandIn, start: int, end: int) -> None:
    server = open_server(v2(stand_in))
    server.extent("raw", GAS, start, end)
    server.before("raw", GAS, start)
    server.values("raw", GAS, start, end)
    server.reduced("raw", GAS, start, min(end, start + 40 * DAY), 3600)
    server.points("raw", "meter_consumption", "gas", start)
    server.close()


@OF_ONE
@given(
    st.lists(
        st.tuples(st.integers(0, 80 * 24), st.sampled_from("ifs")),
        min_size=1,
        max_size=30,
        unique_by=lambda one: one[0],
    )
)
def test_no_value_is_lost_where_types_change(
    stand_in: StandIn, hours: list[tuple[int, str]]
) -> None:
    stand_in.buckets["raw"] = []
    server = open_server(v2(stand_in))
    start = 1_767_571_200 * NS
    kept = []
    refused = []
    for hour, kind in sorted(hours):
        said: dict[str, float | str] = {"i": hour, "f": hour + 0.5, "s": f"{hour}.25"}
        value = said[kind]
        time = start + hour * 3600 * NS
        try:
            server.write("raw", [point(time, value)])
        except InfluxError as error:
            refused.append((error.key, error.detail.split("(")[0]))
        else:
            kept.append(Value(time, float(value)))
    assert set(refused) <= {("column", "m³: value ")}
    end = kept[-1].time + 1
    assert server.values("raw", GAS, 0, end) == kept
    assert server.before("raw", GAS, end) == kept[-1]
    extent = server.extent("raw", GAS, 0, end)
    assert (extent.first, extent.last) == (kept[0].time, kept[-1].time)
    assert list(server.reduced("raw", GAS, start, end, 3600).values) == kept
    server.close()


def test_a_text_that_is_no_number_is_told(stand_in: StandIn) -> None:
    server = open_server(v2(stand_in))
    server.write("raw", [point(1, "unavailable"), point(2, "7.5")])
    odd, number = server.values("raw", GAS, 0, 10 * NS)
    assert odd.value != odd.value  # NaN is not equal to itself
    assert number.value == pytest.approx(7.5)
    server.close()
