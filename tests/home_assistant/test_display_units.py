"""The unit that a person chooses to see changes no number that is published."""

from datetime import UTC, datetime, timedelta
from typing import Any

from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)

from custom_components.nebenkosten.runtime import NkConfigEntry

from .conftest import act, add_meter
from .dials import DIAL, add_dial, past_of_dial, show_in
from .reading_back import published, used_per_day

UTC_MIDNIGHT = datetime(2026, 3, 8, 23, 0, tzinfo=UTC)  # 9 March in Berlin


@pytest.mark.parametrize("unit", ["MWh", "Wh", "MJ"])
async def test_a_statistic_s_past_stays_when_its_sensor_is_shown_in_another_unit(
    hass: HomeAssistant, house: NkConfigEntry, unit: str
) -> None:
    dial = await add_dial(hass)
    await dial.async_show(172)
    start = UTC_MIDNIGHT - timedelta(days=2, hours=1)
    await past_of_dial(hass, start, [100.0 + n for n in range(73)])
    await add_meter(hass, house, sources=[{"entity": DIAL}])
    await act(hass, "run_analytics")
    before = await published(hass, "strom")
    assert await used_per_day(hass, "strom") == pytest.approx(
        {f"2026-03-0{n}": 24 for n in (7, 8, 9)}
    )
    await show_in(hass, unit)
    again = await act(hass, "run_analytics", full=True, start="2026-03-01")
    assert again["meters"]["strom"]["changed_days"] == 0
    assert await published(hass, "strom") == before


@pytest.mark.parametrize("unit", ["MWh", "Wh", "MJ"])
async def test_each_state_has_the_unit_it_was_recorded_with(
    hass: HomeAssistant, house: NkConfigEntry, freezer: Any, unit: str
) -> None:
    dial = await add_dial(hass)
    await add_meter(hass, house, sources=[{"entity": DIAL}])
    await act(hass, "run_analytics")
    for hour, value in ((20, 1480), (22, 1482), (23, 1483)):
        freezer.move_to(datetime(2026, 3, 10, hour, tzinfo=UTC))
        await dial.async_show(value)
    freezer.move_to(datetime(2026, 3, 11, 0, 30, tzinfo=UTC))
    # Nothing has run since: the hours before the change are read after it.
    await show_in(hass, unit)
    freezer.move_to(datetime(2026, 3, 11, 2, 0, tzinfo=UTC))
    await dial.async_show(1486)
    run = await act(hass, "run_analytics")
    assert run["status"] == "ok"
    rows = await published(hass, "strom")
    assert [at.hour for at, _, _ in rows] == [23, 0, 1]
    assert [total for _, total, _ in rows] == pytest.approx([1, 2, 3])


async def test_a_dial_that_is_only_shown_otherwise_has_not_moved(
    hass: HomeAssistant, house: NkConfigEntry, freezer: Any
) -> None:
    dial = await add_dial(hass, "m³", SensorDeviceClass.WATER)
    await add_meter(
        hass,
        house,
        name="Wasser",
        medium="water",
        unit="m³",
        sources=[{"entity": DIAL}],
    )
    await dial.async_show(123.456)
    # Rounded to its digits, a gallon's dial shows a little more: no use, and no fall.
    for minute, unit in enumerate(("gal", "m³", "L", "ft³", "m³"), start=1):
        freezer.move_to(datetime(2026, 3, 10, 12, minute, tzinfo=UTC))
        await show_in(hass, unit)
    run = await act(hass, "run_analytics")
    codes = [one["code"] for one in run["meters"]["wasser"]["findings"]]
    assert codes == ["second_reading_missing"]
    found = await act(hass, "get_readings", meter_id="wasser")
    readings = found["meters"]["wasser"]["readings"]
    assert [(r["value"], r["unit"]) for r in readings] == [(123.456, "m³")]


async def test_nobody_knows_the_unit_of_a_state_whose_attributes_were_too_large(
    hass: HomeAssistant,
    house: NkConfigEntry,
    freezer: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    huge = {"unit_of_measurement": "kWh", "forecast": "x" * 20_000}
    hass.states.async_set("sensor.huge", "1480", huge)
    await add_meter(hass, house, name="Wallbox", sources=[{"entity": "sensor.huge"}])
    await async_wait_recording_done(hass)
    await act(hass, "run_analytics")
    # As long as it has one unit, all of its states have that one.
    assert await _values(hass) == [(1480, "kWh")]
    freezer.move_to(datetime(2026, 3, 10, 14, tzinfo=UTC))
    hass.states.async_set("sensor.huge", "1481", huge)
    freezer.move_to(datetime(2026, 3, 10, 15, tzinfo=UTC))
    hass.states.async_set("sensor.huge", "1.482", {"unit_of_measurement": "MWh"})
    freezer.move_to(datetime(2026, 3, 10, 16, tzinfo=UTC))
    hass.states.async_set("sensor.huge", "1.483", huge | {"unit_of_measurement": "Wh"})
    await async_wait_recording_done(hass)
    await act(hass, "run_analytics")
    assert await _values(hass) == [(1480, "kWh"), (1.482, "MWh")]
    assert "sensor.huge changed its unit: 3 states" in caplog.text


async def _values(hass: HomeAssistant) -> list[tuple[float, str]]:
    found = await act(hass, "get_readings", meter_id="wallbox")
    return [(r["value"], r["unit"]) for r in found["meters"]["wallbox"]["readings"]]
