"""InfluxDB as a source and as a sink: a real InfluxDB 1 through the front door."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import unquote_plus

from homeassistant.config_entries import SOURCE_USER
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest

from custom_components.nebenkosten.const import DOMAIN, SUBENTRY_PHYSICAL
from custom_components.nebenkosten.influx.model import Point, RawSeries
from custom_components.nebenkosten.runtime import NkConfigEntry
from scripts.servers import Influxd

from ..gate import gate_before
from .conftest import act, add_meter, settle
from .influx_house import (
    NS,
    Beside,
    assert_same_as_engine,
    assert_what_it_wrote_counts,
    connect,
    hourly,
    let_home_assistant_write,
)

GAS = RawSeries("m³", "input_number", "gas_zaehler")
STROM = RawSeries("kWh", "sensor", "strom")


@pytest.fixture
def beside(influxd: Influxd) -> Beside:
    return Beside(influxd.url)


async def test_a_meter_read_into_home_assistant_and_kept_in_influxdb(
    hass: HomeAssistant, house: NkConfigEntry, beside: Beside
) -> None:
    beside.say(
        GAS,
        ("2025-11-01T00:00:00+01:00", 1000),
        ("2025-12-01T00:00:00+01:00", 1120),
        # Home Assistant wrote it again when it was restarted: nobody read the dial.
        ("2025-12-20T08:00:00+01:00", 1120),
        ("2026-01-01T00:00:00+01:00", 1300),
    )
    flow = await connect(hass, house, beside.form())
    assert flow["reason"] == "reconfigure_successful"
    reference = "m³:input_number.gas_zaehler"
    await add_meter(
        hass,
        house,
        name="Gas",
        medium="gas",
        unit="m³",
        sources=[{"series": reference}],
    )
    run = await act(hass, "run_analytics")
    assert run["status"] == "ok", run
    assert run["meters"]["gas"]["readings"] == 3
    months = await act(hass, "get_consumption", meter_id="gas", period="month")
    rows = months["meters"]["gas"]["rows"]
    assert [row["value"] for row in rows[:2]] == pytest.approx([120, 180])

    await assert_same_as_engine(hass, beside, "gas")
    shares = beside.results("nebenkosten_consumption_quality", "gas")
    assert {one["measured"] for one in shares.values()} == {0.0}
    assert {one["extrapolated"] for one in shares.values()} == {0.0, 1.0}
    dials = beside.results("meter_interpolated_daily", "gas")
    assert dials["2025-11-30T23:00:00+00:00"]["value"] == pytest.approx(1120)
    assert dials["2025-12-31T23:00:00+00:00"]["value"] == pytest.approx(1300)
    firsts = beside.results("meter_interpolated_monthly", "gas")
    assert list(firsts)[:3] == [
        "2025-10-31T23:00:00+00:00",
        "2025-11-30T23:00:00+00:00",
        "2025-12-31T23:00:00+00:00",
    ]
    assert firsts["2025-12-31T23:00:00+00:00"]["value"] == pytest.approx(1300)

    run = await act(hass, "run_analytics")
    assert run["written"] == {"statistics": 0, "influxdb": 0}
    run = await act(hass, "run_analytics", full=True)
    assert run["written"] == {"statistics": 0, "influxdb": 0}


async def test_dense_series_of_two_writers_and_two_units(
    hass: HomeAssistant, house: NkConfigEntry, beside: Beside
) -> None:
    beside.say(STROM, *hourly("2026-01-01T00:00:00", 24 * 20, 0.5))
    mega = RawSeries("MWh", "sensor", "strom_neu")
    beside.say(
        mega, ("2026-01-31T00:00:00+00:00", 0.4), ("2026-02-01T00:00:00+00:00", 0.41)
    )
    await connect(hass, house, beside.form())
    await add_meter(
        hass,
        house,
        sources=[
            {"series": "kWh:sensor.strom", "to": "2026-01-20"},
            {"series": "MWh:sensor.strom_neu", "from": "2026-01-25"},
        ],
    )
    run = await act(hass, "run_analytics")
    assert run["status"] == "ok"
    days = await act(hass, "get_consumption", meter_id="strom", end="2026-01-19")
    rows = days["meters"]["strom"]["rows"]
    assert {row["measured"] for row in rows[1:]} == {1.0}
    assert [row["value"] for row in rows[1:]] == pytest.approx([12.0] * (len(rows) - 1))
    later = await act(hass, "get_counter", meter_id="strom", at="2026-02-01 01:00")
    assert later["value"] == pytest.approx(410)


async def test_only_what_can_be_a_meter_is_offered(
    hass: HomeAssistant, house: NkConfigEntry, beside: Beside
) -> None:
    beside.say(GAS, ("2025-11-01T00:00:00+01:00", 1000))
    for unit in ("°C", "min", "W"):
        beside.say(
            RawSeries(unit, "input_number", "other"), ("2026-01-01T00:00:00Z", 1)
        )
    await connect(hass, house, beside.form())
    flow = await hass.config_entries.subentries.async_init(
        (house.entry_id, SUBENTRY_PHYSICAL), context={"source": SOURCE_USER}
    )
    assert flow["data_schema"] is not None
    fields = flow["data_schema"].schema["sources"].config["fields"]
    assert fields["series"]["selector"]["select"]["options"] == [
        {
            "value": "m³:input_number.gas_zaehler",
            "label": "input_number.gas_zaehler [m³] · 2025-10-31 – 2025-10-31 · 1",
        }
    ]
    for series, error in (
        ("kWh:sensor.x", "source_unit"),
        ("nonsense", "source_unknown"),
        ("", "source_one_of"),
    ):
        done = await hass.config_entries.subentries.async_configure(
            flow["flow_id"],
            {
                "name": "Gas",
                "medium": "water",
                "unit": "m³",
                "sources": [{"series": series}],
            },
        )
        assert done["errors"] == {"sources": error}


async def test_late_values_are_found_and_the_past_is_not_read_again(
    hass: HomeAssistant, house: NkConfigEntry, beside: Beside
) -> None:
    beside.say(STROM, *hourly("2026-01-01T00:00:00", 24 * 60, 0.5))
    await connect(hass, house, beside.form())
    await add_meter(hass, house, sources=[{"series": "kWh:sensor.strom"}])
    await act(hass, "run_analytics")
    late = (("2026-02-28T10:30:00+00:00", 100 + (58 * 24 + 10.5) * 0.5),)
    older = (("2026-01-05T10:30:00+00:00", 100 + (4 * 24 + 10.5) * 0.5),)
    beside.say(STROM, *late, *older)
    before = (await act(hass, "run_analytics"))["meters"]["strom"]["readings"]
    found = await act(
        hass, "get_readings", meter_id="strom", start="2026-02-28", end="2026-02-28"
    )
    times = [one["time"] for one in found["meters"]["strom"]["readings"]]
    assert "2026-02-28T11:30:00+01:00" in times
    run = await act(hass, "run_analytics", start="2026-01-01")
    assert run["meters"]["strom"]["readings"] == before + 1


async def test_a_helper_that_is_only_written_again_is_no_reading(
    hass: HomeAssistant, house: NkConfigEntry, influxd: Influxd, freezer: Any
) -> None:
    with gate_before(influxd.url) as gate:
        beside = Beside(influxd.url)
        beside.say(GAS, ("2026-01-01T00:00:00Z", 100), ("2026-03-01T00:00:00Z", 160))
        await connect(hass, house, beside.form(gate.url))
        reference = "m³:input_number.gas_zaehler"
        await add_meter(
            hass,
            house,
            name="Gas",
            medium="gas",
            unit="m³",
            sources=[{"series": reference}],
        )
        await act(hass, "run_analytics")
        beside.say(GAS, *((f"2026-03-0{day}T08:00:00Z", 160) for day in range(2, 10)))
        for days in range(1, 4):
            freezer.move_to(datetime(2026, 3, 10 + days, 12, tzinfo=UTC))
            run = await act(hass, "run_analytics")
            assert run["meters"]["gas"]["readings"] == 2
        # Each time it was asked from where the last reading lies, and no earlier.
        asked = [unquote_plus(one) for one in gate.asked if "FIRST" in one]
        assert "time >= 1772064000000000000 " in asked[-1]


async def test_a_counter_that_falls_all_the_time_loses_no_fall(
    hass: HomeAssistant, house: NkConfigEntry, beside: Beside
) -> None:
    """More values than are read at once, and more falls than are asked for singly."""
    first = datetime(2026, 1, 1, tzinfo=UTC)
    values = [
        ((first + timedelta(minutes=5 * n)).isoformat(), float(n % 100))
        for n in range(11_000)
    ]
    beside.say(STROM, *values)
    await connect(hass, house, beside.form())
    await add_meter(hass, house, sources=[{"series": "kWh:sensor.strom"}])
    assert (await act(hass, "run_analytics"))["status"] == "ok"
    days = {"start": "2026-01-10", "end": "2026-01-12"}
    found = await act(hass, "get_readings", meter_id="strom", **days)
    kept = [one["value"] for one in found["meters"]["strom"]["readings"]]
    falls = [pair for pair in pairwise(kept) if pair[1] < pair[0]]
    assert len(falls) >= 8
    assert set(falls) == {(99.0, 0.0)}


async def test_no_stale_point_stays(
    hass: HomeAssistant, house: NkConfigEntry, beside: Beside
) -> None:
    series = hourly("2025-12-01T23:00:00", 24 * 98, 0.5)
    leak = [
        (time, value + 60 if time >= "2026-03-08T12" else value)
        for time, value in series
    ]
    beside.say(STROM, *leak)
    await connect(hass, house, beside.form())
    await add_meter(hass, house, sources=[{"series": "kWh:sensor.strom"}])
    await act(hass, "run_analytics")
    flagged = beside.results("meter_anomaly", "strom")
    assert list(flagged) == ["2026-03-07T23:00:00+00:00"]
    (point,) = flagged.values()
    assert point["value"] == pytest.approx(72)
    # Ours, and the fences; days that are all alike have no deviation.
    assert point["anomaly_count"] == 2
    assert "z_score" not in point
    assert point["iqr_lower"] <= 12 <= point["iqr_upper"]
    explained = beside.results("nebenkosten_anomaly", "strom")
    assert explained.keys() == flagged.keys()
    (reason,) = explained.values()
    assert reason["kind"] == "spike"
    assert "72" in reason["reason"]

    # The dial was set that day: it was no use.
    await act(
        hass,
        "add_reading",
        meter_id="strom",
        kind="correction",
        time="2026-03-08 12:30:00",
        value=dict(leak)["2026-03-08T12:00:00+00:00"] - 0.25,
    )
    run = await act(hass, "run_analytics")
    assert run["written"]["influxdb"] > 0
    assert beside.results("meter_anomaly", "strom") == {}
    assert beside.results("nebenkosten_anomaly", "strom") == {}
    await assert_same_as_engine(hass, beside, "strom")
    assert (await act(hass, "run_analytics"))["written"]["influxdb"] == 0


async def test_a_backdated_reading_and_another_unit_leave_nothing_behind(
    hass: HomeAssistant, house: NkConfigEntry, beside: Beside
) -> None:
    await connect(hass, house, beside.form())
    subentry_id = await add_meter(hass, house, name="Gas", medium="gas", unit="m³")
    for time, value in (("2025-11-01", 100), ("2026-01-01", 300), ("2026-03-01", 480)):
        await act(hass, "add_reading", meter_id="gas", time=time, value=value)
    await act(hass, "run_analytics")
    before = beside.results("meter_consumption", "gas")
    added = await act(hass, "add_reading", meter_id="gas", time="2025-12-01", value=250)
    await act(hass, "run_analytics")
    changed = await assert_same_as_engine(hass, beside, "gas")
    assert changed.keys() == before.keys()
    assert changed != before
    await act(hass, "delete_reading", reading_id=added["reading_id"])
    run = await act(hass, "run_analytics")
    assert run["written"]["influxdb"] > 0
    assert await assert_same_as_engine(hass, beside, "gas") == before

    # Days before the new first day are no longer true.
    await act(
        hass, "add_reading", meter_id="gas", time="2025-11-20", value=7, kind="install"
    )
    await act(hass, "run_analytics")
    fewer = await assert_same_as_engine(hass, beside, "gas")
    assert fewer.keys() != before.keys()

    subentry = house.subentries[subentry_id]
    hass.config_entries.async_update_subentry(
        house, subentry, data={**subentry.data, "unit": "L"}
    )
    await settle(hass)
    await act(hass, "run_analytics")
    liters = await assert_same_as_engine(hass, beside, "gas")
    assert liters.keys() == fewer.keys()
    stored = beside.server.points(beside.processed, "meter_consumption", "gas", 0)
    assert {point.tags["unit"] for point in stored} == {"L"}


async def test_points_of_the_original_are_not_mixed_with_ours(
    hass: HomeAssistant, house: NkConfigEntry, beside: Beside
) -> None:
    beside.say(
        GAS, ("2025-11-01T00:00:00+01:00", 1000), ("2026-01-01T00:00:00+01:00", 1300)
    )
    beside.server.create(beside.processed)
    theirs = Point(
        measurement="meter_consumption",
        tags={"meter_id": "gas"},
        fields={"value": 1.0},
        time=1_700_006_400 * NS,
    )
    beside.server.write(beside.processed, [theirs])
    await connect(hass, house, beside.form())
    await add_meter(
        hass,
        house,
        name="Gas",
        medium="gas",
        unit="m³",
        sources=[{"series": "m³:input_number.gas_zaehler"}],
    )
    run = await act(hass, "run_analytics")
    assert run["written"]["influxdb"] == 0
    assert len(beside.results("meter_consumption", "gas")) == 1
    issue = ir.async_get(hass).async_get_issue(DOMAIN, "influxdb_original")
    assert issue is not None
    assert issue.translation_placeholders == {"place": beside.processed}
    await settle(hass)


async def test_home_assistants_own_writer(
    hass: HomeAssistant, house: NkConfigEntry, beside: Beside, freezer: Any
) -> None:
    own = {"url": beside.url, "verify_ssl": False, "database": beside.raw}
    await let_home_assistant_write(hass, freezer, "configure_v1", own)
    await connect(hass, house, beside.form())
    await assert_what_it_wrote_counts(hass, house)
