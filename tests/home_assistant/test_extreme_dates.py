"""Days at both ends of the calendar get an answer or a sentence, in every zone."""

import itertools
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)

from custom_components.nebenkosten.runtime import NkConfigEntry
from custom_components.nebenkosten.services import PERIODS

from .conftest import act, add_meter, settle

_DAYS = ("0001-01-01", "0001-12-31", "1899-12-31", "2026-02-10", "9999-12-31")
_ZONES = ("Europe/Berlin", "America/Los_Angeles", "Pacific/Kiritimati")


async def _answer(hass: HomeAssistant, action: str, **data: Any) -> Any:
    """Return a response, or the key of the sentence that refuses."""
    try:
        return await act(hass, action, **data)
    except HomeAssistantError as error:
        return error.translation_key


@pytest.mark.parametrize("zone", _ZONES)
async def test_every_action_that_takes_days_answers(
    hass: HomeAssistant, house: NkConfigEntry, zone: str
) -> None:
    await add_meter(hass, house)
    hass.states.async_set("sensor.dial", "12", {"unit_of_measurement": "kWh"})
    sources = [{"entity": "sensor.dial", "from": "0001-01-01", "to": "9999-12-31"}]
    await add_meter(hass, house, name="Gas", sources=sources)
    for time, value in (("2026-01-31", 100), ("2026-02-28", 140)):
        await act(hass, "add_reading", meter_id="strom", time=time, value=value)
    await hass.config.async_set_time_zone(zone)
    await settle(hass)
    await async_wait_recording_done(hass)
    assert (await act(hass, "run_analytics"))["status"] == "ok"
    spans: tuple[tuple[str, dict[str, Any]], ...] = (
        ("get_readings", {}),
        ("get_intervals", {}),
        ("get_anomalies", {}),
        ("export_readings", {"meter_id": "strom"}),
        *(("get_consumption", {"period": period}) for period in PERIODS),
    )
    for action, data in spans:
        everything = await act(hass, action, **data)
        widest = {"start": "0001-01-01", "end": "9999-12-31"}
        assert await act(hass, action, **data, **widest) == everything, action
        for start, end in itertools.product((None, *_DAYS), repeat=2):
            days = {"start": start, "end": end}
            given = {name: day for name, day in days.items() if day is not None}
            answer = await _answer(hass, action, **data, **given)
            assert isinstance(answer, dict), (action, given)
    for day in _DAYS:
        for action, data in (
            ("get_daily_summary", {"date": day}),
            ("explain", {"meter_id": "strom", "date": day}),
            ("explain", {"meter_id": "gas", "date": day}),
            ("get_counter", {"meter_id": "strom", "at": day}),
            ("run_analytics", {"start": day}),
            ("run_analytics", {"end": day, "dry_run": True}),
            ("add_reading", {"meter_id": "strom", "time": day, "value": 120}),
        ):
            answer = await _answer(hass, action, **data)
            assert answer, (action, data)
            assert day != "2026-02-10" or isinstance(answer, dict), (action, data)
