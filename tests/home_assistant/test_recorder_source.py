"""Sensors and statistics as sources, from a real recorder."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from homeassistant.components.recorder.core import Recorder
from homeassistant.components.recorder.models import StatisticMeanType
from homeassistant.components.recorder.statistics import async_import_statistics
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from hypothesis import given, strategies as st
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)

from custom_components.nebenkosten.runtime import NkConfigEntry
from custom_components.nebenkosten.sources.collected import Sample, reduced

from .conftest import act, add_meter, settle
from .external_statistics import UTC_MIDNIGHT, external, hourly
from .reading_back import published, used_per_day


async def fire_hour(hass: HomeAssistant, freezer: Any, moment: str) -> None:
    freezer.move_to(moment)
    async_fire_time_changed(hass)
    await settle(hass)
    freezer.tick(5)
    async_fire_time_changed(hass)
    await settle(hass)


async def test_a_statistic_is_collected_and_corrected(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    start = UTC_MIDNIGHT - timedelta(days=2, hours=1)
    await external(hass, hourly(start, [float(i) for i in range(73)]))
    await add_meter(hass, house, sources=[{"statistic": "utility:electricity"}])
    run = await act(hass, "run_analytics")
    assert run["status"] == "ok"
    days = await used_per_day(hass, "strom")
    assert days == pytest.approx({f"2026-03-0{n}": 24 for n in (7, 8, 9)})
    response = await act(hass, "get_consumption", meter_id="strom")
    assert [r["measured"] for r in response["meters"]["strom"]["rows"]] == [1, 1, 1]

    # The utility corrects one hour: that day and the sums after it change, no more.
    await external(hass, hourly(start, [i + (i >= 10) for i in range(73)]))
    run = await act(hass, "run_analytics")
    assert run["meters"]["strom"]["changed_days"] == 1
    assert (await used_per_day(hass, "strom"))["2026-03-07"] == pytest.approx(25)
    journal = house.runtime_data.loaded.journal
    (row,) = journal.rows("SELECT count(*) FROM audit WHERE record = 'amount'")
    assert row[0] == 1
    again = await act(hass, "run_analytics")
    assert again["written"]["statistics"] == 0


async def test_days_after_the_last_hour_known_are_carried_forward_and_say_so(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    start = UTC_MIDNIGHT - timedelta(days=2, hours=1)
    await external(hass, hourly(start, [float(i) for i in range(49)]))
    await add_meter(hass, house, sources=[{"statistic": "utility:electricity"}])
    response = await act(hass, "run_analytics")
    response = await act(hass, "get_consumption", meter_id="strom")
    rows = response["meters"]["strom"]["rows"]
    assert [(r["start"][:10], r["measured"], r["extrapolated"]) for r in rows] == [
        ("2026-03-07", 1, 0),
        ("2026-03-08", 1, 0),
        ("2026-03-09", 0, 1),
    ]


async def test_a_sensor_fills_today_by_the_hour(
    hass: HomeAssistant, recorder_mock: Recorder, house: NkConfigEntry, freezer: Any
) -> None:
    unit = {"unit_of_measurement": "Wh"}
    hass.states.async_set("sensor.meter", "unavailable", unit)
    hass.states.async_set("sensor.meter", "1000000", unit)
    await add_meter(hass, house, sources=[{"entity": "sensor.meter"}])
    await act(hass, "run_analytics")  # what the new meter asked for is done with it
    for minute in range(0, 121, 10):
        freezer.move_to(
            datetime(2026, 3, 10, 12, tzinfo=UTC) + timedelta(minutes=minute)
        )
        hass.states.async_set("sensor.meter", str(1000000 + minute * 100), unit)
    await async_wait_recording_done(hass)
    await fire_hour(hass, freezer, "2026-03-10T14:10:00+00:00")
    rows = await published(hass, "strom")
    assert rows == []  # today's hours before the first reading are unknown
    freezer.move_to("2026-03-11T02:30:00+00:00")
    hass.states.async_set("sensor.meter", "1026500", unit)
    await async_wait_recording_done(hass)
    await fire_hour(hass, freezer, "2026-03-11T03:10:00+00:00")
    rows = await published(hass, "strom")
    # 11 March, Berlin: three full hours are known, one row each.
    assert [row[0].hour for row in rows] == [23, 0, 1]
    per_hour = (1026500 - 1012000) / 12.5 / 1000
    assert rows[-1][1] == pytest.approx(3 * per_hour)
    journal = house.runtime_data.loaded.journal
    (kept,) = journal.rows("SELECT count(*) FROM readings")
    assert kept[0] == 6  # first and last of each hour, and the last one


async def test_a_sensors_own_statistic_gives_its_past(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    hass.states.async_set("sensor.meter", "148", {"unit_of_measurement": "kWh"})
    await async_wait_recording_done(hass)
    start = UTC_MIDNIGHT - timedelta(days=2, hours=1)
    async_import_statistics(
        hass,
        {
            "mean_type": StatisticMeanType.NONE,
            "has_sum": True,
            "name": None,
            "source": "recorder",
            "statistic_id": "sensor.meter",
            "unit_class": "energy",
            "unit_of_measurement": "kWh",
        },
        hourly(start, [float(i) for i in range(49)], 100),
    )
    await async_wait_recording_done(hass)
    await add_meter(hass, house, sources=[{"entity": "sensor.meter"}])
    await act(hass, "run_analytics")
    days = await used_per_day(hass, "strom")
    assert days["2026-03-07"] == pytest.approx(24)
    assert days["2026-03-08"] == pytest.approx(24)


async def test_a_source_counts_only_in_its_time(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    start = UTC_MIDNIGHT - timedelta(days=3, hours=1)
    await external(hass, hourly(start, [float(i) for i in range(73)]))
    await add_meter(
        hass,
        house,
        sources=[
            {
                "statistic": "utility:electricity",
                "from": "2026-03-07",
                "to": "2026-03-07",
            }
        ],
    )
    for _ in range(2):
        await act(hass, "run_analytics", start="2026-03-01")
    found = await act(hass, "get_consumption", meter_id="strom")
    rows = {r["start"][:10]: r["value"] for r in found["meters"]["strom"]["rows"]}
    assert rows["2026-03-07"] == pytest.approx(24)
    assert next(iter(rows)) == "2026-03-07"


async def test_repeats_and_gaps_are_no_readings(
    hass: HomeAssistant, house: NkConfigEntry, freezer: Any
) -> None:
    unit = {"unit_of_measurement": "kWh"}
    for minute, state in enumerate(
        ("5", "unknown", "5", "unavailable", "nonsense", "nan", "5", "6")
    ):
        freezer.move_to(datetime(2026, 3, 10, 11, minute, tzinfo=UTC))
        hass.states.async_set("input_number.meter", state, unit)
    await async_wait_recording_done(hass)
    await add_meter(hass, house, sources=[{"entity": "input_number.meter"}])
    await act(hass, "run_analytics")
    found = await act(hass, "get_readings", meter_id="strom")
    assert [r["value"] for r in found["meters"]["strom"]["readings"]] == [5, 6]
    # Nobody types into an hour: such a meter stays a daily one, and has no box.
    assert (
        er.async_get(hass).async_get_entity_id(
            "number", "nebenkosten", "strom_new_reading"
        )
        is None
    )


async def test_a_source_that_is_gone_leaves_the_rest_alone(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    hass.states.async_set("sensor.meter", "5", {"unit_of_measurement": "kWh"})
    await add_meter(hass, house, sources=[{"entity": "sensor.meter"}])
    await add_meter(hass, house, name="Gas", medium="gas", unit="m³")
    hass.states.async_remove("sensor.meter")
    run = await act(hass, "run_analytics")
    assert run["status"] == "ok"
    assert run["meters"]["gas"]["status"] == "ok"


@given(
    st.lists(
        st.tuples(st.integers(1, 8000), st.integers(-50, 500)), min_size=1, max_size=300
    ),
    st.sampled_from([0, 1800, 2700]),
)
def test_reduction_keeps_what_matters(steps: list[tuple[int, int]], shift: int) -> None:
    samples, instant, value = [], 0.0, 1000.0
    for gap, rise in steps:
        instant, value = instant + gap, value + rise
        samples.append(Sample(instant, value))
    kept = reduced(samples, shift)
    assert kept[0] == samples[0]
    assert kept[-1] == samples[-1]
    by_hour: dict[float, list[Sample]] = {}
    for sample in samples:
        by_hour.setdefault((sample.instant + shift) // 3600, []).append(sample)
    for inside in by_hour.values():
        assert {inside[0], inside[-1]} <= set(kept)
    for before, after in pairwise(samples):
        if after.value < before.value or after.instant - before.instant > 7200:
            assert {before, after} <= set(kept)
    falls = sum(a.value < b.value for b, a in pairwise(samples))
    gaps = sum(a.instant - b.instant > 7200 for b, a in pairwise(samples))
    assert len(kept) <= 2 * len(by_hour) + 2 * falls + 2 * gaps
