"""A house of version 0.1 comes along: one file held what lies in two today."""

from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from custom_components.nebenkosten.runtime import NkConfigEntry

from ..home_assistant.conftest import act, add_meter, settle
from ..home_assistant.reading_back import published
from .tools import state

_SWITCH = ("house_automatic_processing", "switch")
_FILES = ("nebenkosten.last_values", "nebenkosten.ledger")


async def _as_version_0_1_left_it(
    hass: HomeAssistant, house: NkConfigEntry, storage: dict[str, Any]
) -> None:
    """Compute a meter, pause the house, and put its files into the one of before."""
    await add_meter(hass, house)
    for time, value in (("2026-02-01", 1000), ("2026-03-05", 1320)):
        await act(hass, "add_reading", meter_id="strom", time=time, value=value)
    await act(hass, "run_analytics")
    target = {"entity_id": state(hass, *_SWITCH).entity_id}
    await hass.services.async_call("switch", "turn_off", target, blocking=True)
    journal = house.runtime_data.loaded.journal
    # That version kept decisions in its file alone.
    journal.run("DELETE FROM meta WHERE key = ?", [("decisions",)])
    assert await hass.config_entries.async_unload(house.entry_id)
    await settle(hass)
    values, ledger = (storage.pop(name)["data"] for name in _FILES)
    storage["nebenkosten.cache"] = {
        "version": 1,
        "minor_version": 1,
        "key": "nebenkosten.cache",
        "data": {**values, **ledger},
    }


async def test_a_house_of_version_0_1_comes_along(
    hass: HomeAssistant, house: NkConfigEntry, hass_storage: dict[str, Any]
) -> None:
    await _as_version_0_1_left_it(hass, house, hass_storage)
    before = await published(hass, "strom")
    assert await hass.config_entries.async_setup(house.entry_id)
    await settle(hass)
    assert state(hass, *_SWITCH).state == "off"
    # Paused: nothing was computed, and yet there is something to show.
    assert state(hass, "strom_counter").state == "1360.0"
    assert "nebenkosten.cache" not in hass_storage
    run = await act(hass, "run_analytics")
    assert (run["status"], run["written"]["statistics"]) == ("ok", 0)
    assert await published(hass, "strom") == before


@pytest.mark.parametrize("kept", [0, 1])
async def test_a_kill_in_the_middle_loses_nothing(
    hass: HomeAssistant, house: NkConfigEntry, hass_storage: dict[str, Any], kept: int
) -> None:
    """The former file goes last: what is already there counts, the rest follows."""
    await _as_version_0_1_left_it(hass, house, hass_storage)
    former = hass_storage["nebenkosten.cache"]
    assert await hass.config_entries.async_setup(house.entry_id)
    await settle(hass)
    assert await hass.config_entries.async_unload(house.entry_id)
    await settle(hass)
    del hass_storage[_FILES[kept]]
    hass_storage["nebenkosten.cache"] = former
    assert await hass.config_entries.async_setup(house.entry_id)
    await settle(hass)
    assert state(hass, *_SWITCH).state == "off"
    assert state(hass, "strom_counter").state == "1360.0"
    run = await act(hass, "run_analytics")
    assert (run["status"], run["written"]["statistics"]) == ("ok", 0)
