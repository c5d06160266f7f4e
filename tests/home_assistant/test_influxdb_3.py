"""A house beside an InfluxDB 3, through the front door."""

from collections.abc import Iterator
from typing import Any, override

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest

from custom_components.nebenkosten.const import DOMAIN
from custom_components.nebenkosten.influx.model import Point, RawSeries
from custom_components.nebenkosten.influx.v3 import SqlServer
from custom_components.nebenkosten.runtime import NkConfigEntry

from ..gate import gate_before
from ..influx.stand_in_3 import TOKEN, StandIn3, standing_in_3, v3
from .conftest import act, add_meter, settle
from .influx_house import NS, Beside, assert_same_as_engine, connect, hourly
from .reading_back import used_per_day

STROM = RawSeries("kWh", "sensor", "strom")
HELPER = RawSeries("kWh", "input_number", "strom")
NOTHING = {"statistics": 0, "influxdb": 0}
FAR = 7_000_000_000 * NS


class Beside3(Beside):
    """An InfluxDB 3 with the two databases of a test."""

    def __init__(self, stand_in: StandIn3) -> None:
        """Make the first one."""
        self.url = stand_in.url
        self.raw, self.processed = "raw", "out"
        self.server = SqlServer(v3(stand_in))
        self.server.create(self.raw)

    @override
    def form(self, url: str | None = None) -> dict[str, Any]:
        return super().form(url) | {"token": TOKEN}

    @override
    def results(self, measurement: str, meter_id: str) -> dict[str, Any]:
        """Return the points that hold."""
        found = super().results(measurement, meter_id)
        return {
            time: fields
            for time, fields in found.items()
            if fields.get("quality") != "withdrawn"
        }

    def withdrawn(self, measurement: str, meter_id: str) -> dict[str, Any]:
        """Return the points that no longer hold."""
        found = super().results(measurement, meter_id)
        return {
            time: fields
            for time, fields in found.items()
            if fields.get("quality") == "withdrawn"
        }


@pytest.fixture
def stand_in(socket_enabled: None) -> Iterator[StandIn3]:
    with standing_in_3() as server:
        yield server


@pytest.fixture
def beside(stand_in: StandIn3) -> Beside3:
    return Beside3(stand_in)


async def _connect(
    hass: HomeAssistant, house: NkConfigEntry, form: dict[str, Any]
) -> dict[str, Any]:
    return await connect(hass, house, form, "influxdb_v3")


async def _nothing_is_left_to_write(hass: HomeAssistant) -> None:
    for full in (False, True):
        run = await act(hass, "run_analytics", full=full)
        assert run["status"] == "ok", run
        assert run["written"] == NOTHING


@pytest.mark.parametrize(
    ("series", "days"),
    [
        # So few that all come, and so many that the server reduces them.
        (STROM, 60),
        (STROM, 425),
        (HELPER, 60),
    ],
)
async def test_from_the_form_to_statistics_and_results(
    hass: HomeAssistant,
    house: NkConfigEntry,
    stand_in: StandIn3,
    beside: Beside3,
    series: RawSeries,
    days: int,
) -> None:
    begin = "2025-01-01T00:00:00" if days > 400 else "2026-01-01T00:00:00"
    beside.say(series, *hourly(begin, 24 * days, 0.5))
    # Other values put these into files: no question may touch all of them.
    beside.say(RawSeries("°C", "sensor", "x"), ("2026-01-01T00:00:00Z", 1))
    flow = await _connect(hass, house, beside.form())
    assert flow["reason"] == "reconfigure_successful", flow
    await add_meter(hass, house, sources=[{"series": series.reference}])
    run = await act(hass, "run_analytics")
    assert run["status"] == "ok", run
    assert any("file limit of 432" in said for said in stand_in.refused)
    assert all("file limit" in said for said in stand_in.refused), stand_in.refused

    written = await assert_same_as_engine(hass, beside, "strom")
    assert len(written) >= days
    used = await used_per_day(hass, "strom")
    assert used["2026-02-10"] == pytest.approx(12)
    assert written["2026-02-09T23:00:00+00:00"]["value"] == pytest.approx(12)
    await _nothing_is_left_to_write(hass)


async def test_a_name_that_no_database_can_have(
    hass: HomeAssistant, house: NkConfigEntry, beside: Beside3
) -> None:
    for odd in ("Zähler", "two words", "_hidden", "a.b"):
        flow = await _connect(hass, house, beside.form() | {"processed": odd})
        assert flow["errors"] == {"base": "influxdb_name"}
        assert flow["description_placeholders"] == {"detail": odd}
    assert beside.server.place("a.b") is None
    flow = await _connect(hass, house, beside.form() | {"processed": "Out-1_b"})
    assert flow["reason"] == "reconfigure_successful"
    assert beside.server.place("Out-1_b") is not None


async def test_what_is_refused_at_the_door(
    hass: HomeAssistant, house: NkConfigEntry, beside: Beside3
) -> None:
    for given, error in (
        ({"token": "other"}, "influxdb_credentials"),
        ({"raw": "nowhere"}, "influxdb_place"),
        ({"raw": "out"}, "influxdb_same_place"),
    ):
        flow = await _connect(hass, house, beside.form() | given)
        assert flow["errors"] == {"base": error}


async def test_a_corrected_reading_leaves_no_stale_point(
    hass: HomeAssistant, house: NkConfigEntry, beside: Beside3
) -> None:
    await _connect(hass, house, beside.form())
    await add_meter(hass, house)
    for time, value in (("2026-01-01", 1), ("2026-02-01", 32), ("2026-03-01", 60)):
        await act(hass, "add_reading", meter_id="strom", time=time, value=value)
    await act(hass, "run_analytics")
    before = await assert_same_as_engine(hass, beside, "strom")
    # A value that is another one now is written over.
    added = await act(
        hass, "add_reading", meter_id="strom", time="2026-01-15", value=10
    )
    await act(hass, "run_analytics")
    assert await assert_same_as_engine(hass, beside, "strom") != before
    assert not beside.withdrawn("meter_consumption", "strom")
    await act(hass, "delete_reading", reading_id=added["reading_id"])
    await act(hass, "run_analytics")
    assert await assert_same_as_engine(hass, beside, "strom") == before

    # The meter began later than was thought: there were no days before.
    begin = {"time": "2026-01-20", "value": 2, "kind": "install"}
    added = await act(hass, "add_reading", meter_id="strom", **begin)
    await act(hass, "run_analytics")
    fewer = await assert_same_as_engine(hass, beside, "strom")
    gone = beside.withdrawn("meter_consumption", "strom")
    assert gone
    assert gone.keys() == before.keys() - fewer.keys()
    assert {one["value"] for one in gone.values()} == {0.0}
    await _nothing_is_left_to_write(hass)

    # It was no mistake: they are back.
    await act(hass, "delete_reading", reading_id=added["reading_id"])
    await act(hass, "run_analytics")
    assert await assert_same_as_engine(hass, beside, "strom") == before
    assert not beside.withdrawn("meter_consumption", "strom")
    await _nothing_is_left_to_write(hass)


@pytest.mark.parametrize("only", ["/query_sql", "/write_lp", "/configure"])
@pytest.mark.parametrize("mood", [500, 503, "cut"])
async def test_an_outage_heals(
    hass: HomeAssistant,
    house: NkConfigEntry,
    beside: Beside3,
    mood: int | str,
    only: str,
) -> None:
    beside.say(STROM, *hourly("2026-02-01T00:00:00", 24 * 20, 0.5))
    with gate_before(beside.url) as gate:
        await _connect(hass, house, beside.form(gate.url))
        await add_meter(hass, house, sources=[{"series": "kWh:sensor.strom"}])
        await act(hass, "run_analytics")
        beside.say(STROM, *hourly("2026-02-21T00:00:00", 24 * 15, 0.5, 340))
        gate.mood, gate.only = mood, only
        run = await act(hass, "run_analytics")
        assert run["status"] == "partial"
        gate.mood = None
        run = await act(hass, "run_analytics")
        assert run["status"] == "ok", run
        assert len(await assert_same_as_engine(hass, beside, "strom")) >= 34
        await _nothing_is_left_to_write(hass)


async def test_a_window_that_is_refused_for_a_while(
    hass: HomeAssistant, house: NkConfigEntry, stand_in: StandIn3, beside: Beside3
) -> None:
    """Even an hour has too many files: all comes once that is over."""
    beside.say(STROM, *hourly("2026-02-01T00:00:00", 24 * 20, 0.5))
    await _connect(hass, house, beside.form())
    await add_meter(hass, house, sources=[{"series": "kWh:sensor.strom"}])
    await act(hass, "run_analytics")
    before = await used_per_day(hass, "strom")
    beside.say(STROM, *hourly("2026-02-21T00:00:00", 24 * 15, 0.5, 340))
    stand_in.databases["raw"].limit = 0
    run = await act(hass, "run_analytics")
    assert run["status"] == "partial"
    issue = ir.async_get(hass).async_get_issue(DOMAIN, "influxdb")
    assert issue is not None
    assert issue.translation_key == "influxdb_refused"
    assert "file limit" in (issue.translation_placeholders or {})["detail"]
    assert await used_per_day(hass, "strom") == before
    stand_in.databases["raw"].limit = 432
    run = await act(hass, "run_analytics")
    assert run["status"] == "ok", run
    assert ir.async_get(hass).async_get_issue(DOMAIN, "influxdb") is None
    await assert_same_as_engine(hass, beside, "strom")
    assert (await used_per_day(hass, "strom"))["2026-03-01"] == pytest.approx(12)
    await _nothing_is_left_to_write(hass)


async def test_columns_of_another_type(
    hass: HomeAssistant, house: NkConfigEntry, beside: Beside3
) -> None:
    """A sentence that names measurement and column; other meters go on."""
    beside.say(STROM, *hourly("2026-02-01T00:00:00", 24 * 20, 0.5))
    text = Point(
        measurement="MWh",
        tags={"domain": "sensor", "entity_id": "text"},
        fields={"value": "on"},
        time=1_770_000_000 * NS,
    )
    beside.server.write("raw", [text])
    await _connect(hass, house, beside.form())
    await add_meter(hass, house, sources=[{"series": "kWh:sensor.strom"}])
    await add_meter(hass, house, name="Text", sources=[{"series": "MWh:sensor.text"}])
    run = await act(hass, "run_analytics")
    assert run["status"] == "partial"
    issue = ir.async_get(hass).async_get_issue(DOMAIN, "influxdb")
    assert issue is not None
    assert issue.translation_key == "influxdb_column"
    assert issue.translation_placeholders == {"detail": "MWh: value (Utf8)"}
    await assert_same_as_engine(hass, beside, "strom")


async def test_results_beside_whole_numbers_of_another(
    hass: HomeAssistant, house: NkConfigEntry, beside: Beside3
) -> None:
    beside.server.create(beside.processed)
    other = Point(
        measurement="meter_consumption",
        tags={"meter_id": "another", "unit": "kWh"},
        fields={"value": 5},
        time=NS,
    )
    beside.server.write(beside.processed, [other])
    await _connect(hass, house, beside.form())
    await add_meter(hass, house)
    for time, value in (("2026-01-01", 1), ("2026-03-01", 60)):
        await act(hass, "add_reading", meter_id="strom", time=time, value=value)
    run = await act(hass, "run_analytics")
    assert run["status"] == "partial"
    assert [
        issue.translation_placeholders
        for issue in ir.async_get(hass).issues.values()
        if issue.translation_key == "influxdb_column"
    ] == [{"detail": "meter_consumption: value (integer)"}]
    # What fits is there; what does not leaves the others alone.
    assert beside.results("meter_interpolated_daily", "strom")
    assert not beside.results("meter_consumption", "strom")
    assert (await used_per_day(hass, "strom"))["2026-02-10"] == pytest.approx(1)
    beside.server.drop(beside.processed, "meter_consumption")
    assert await hass.config_entries.async_reload(house.entry_id)
    await settle(hass)
    assert (await act(hass, "run_analytics"))["status"] == "ok"
    await assert_same_as_engine(hass, beside, "strom")
    await _nothing_is_left_to_write(hass)
