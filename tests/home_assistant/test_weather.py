"""Outdoor temperatures that cannot be read stop nothing."""

from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from sqlalchemy.exc import OperationalError

from custom_components.nebenkosten.data import NkConfigEntry
from custom_components.nebenkosten.sources import outdoor

from .conftest import act, add_meter, settle


async def test_a_recorder_that_fails(
    hass: HomeAssistant,
    house: NkConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await add_meter(hass, house, name="Gas", medium="gas", unit="m³")
    for time, value in (("2026-01-01", 1), ("2026-03-01", 60)):
        await act(hass, "add_reading", meter_id="gas", time=time, value=value)
    hass.config_entries.async_update_entry(
        house, options={**house.options, "temperature": "sensor.outdoor"}
    )
    await settle(hass)

    def broken(*_: Any) -> None:
        raise OperationalError("select", {}, OSError("the disk is gone"))

    with monkeypatch.context() as patch:
        patch.setattr(outdoor, "statistics_during_period", broken)
        run = await act(hass, "run_analytics")
    assert run["status"] == "ok"
    assert "Outdoor temperatures cannot be read" in caplog.text
    assert (await act(hass, "run_analytics"))["status"] == "ok"
