"""What the user decided outlives the cache, whatever becomes of its file."""

from pathlib import Path
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest

from custom_components.nebenkosten.runtime import NkConfigEntry

from ..home_assistant.clock import pass_to
from ..home_assistant.conftest import act, add_meter, settle
from .tools import lose_cache, state

_SWITCH = ("house_automatic_processing", "switch")


async def _switch(hass: HomeAssistant, to: str) -> None:
    target = {"entity_id": state(hass, *_SWITCH).entity_id}
    await hass.services.async_call("switch", f"turn_{to}", target, blocking=True)
    await settle(hass)


async def test_switched_off_stays_off_without_the_cache(
    hass: HomeAssistant, house: NkConfigEntry, freezer: Any
) -> None:
    await add_meter(hass, house)
    await _switch(hass, "off")
    await lose_cache(hass, house)
    assert state(hass, *_SWITCH).state == "off"
    await act(hass, "add_reading", meter_id="strom", time="2026-03-09", value=1)
    await pass_to(hass, freezer, "2026-03-11 03:30:00")
    assert (await act(hass, "get_runs"))["runs"] == []
    await _switch(hass, "on")
    await lose_cache(hass, house)
    assert state(hass, *_SWITCH).state == "on"


@pytest.mark.parametrize("change", [{"layout": 1}, {"automatic": True}, {"meters": 0}])
async def test_an_older_or_torn_cache_decides_nothing(
    hass: HomeAssistant,
    house: NkConfigEntry,
    hass_storage: dict[str, Any],
    change: dict[str, Any],
) -> None:
    await _switch(hass, "off")
    assert await hass.config_entries.async_unload(house.entry_id)
    await settle(hass)
    hass_storage["nebenkosten.last_values"]["data"] |= change
    assert await hass.config_entries.async_setup(house.entry_id)
    await settle(hass)
    assert state(hass, *_SWITCH).state == "off"


@pytest.mark.parametrize("layout", [2, 3])
async def test_what_an_older_version_kept_in_the_cache_is_taken_over(
    hass: HomeAssistant,
    house: NkConfigEntry,
    hass_storage: dict[str, Any],
    layout: int,
) -> None:
    await _switch(hass, "off")
    house.runtime_data.loaded.journal.run(
        "DELETE FROM meta WHERE key = ?", [("decisions",)]
    )
    assert await hass.config_entries.async_unload(house.entry_id)
    await settle(hass)
    hass_storage["nebenkosten.last_values"]["data"]["layout"] = layout
    assert await hass.config_entries.async_setup(house.entry_id)
    await settle(hass)
    assert state(hass, *_SWITCH).state == "off"
    await lose_cache(hass, house)
    assert state(hass, *_SWITCH).state == "off"


async def test_without_a_journal_the_switch_shows_what_was_last_known(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await add_meter(hass, house)
    await _switch(hass, "off")
    assert await hass.config_entries.async_unload(house.entry_id)
    await settle(hass)
    file = Path(hass.config.path("nebenkosten.db"))
    whole = file.read_bytes()
    file.write_bytes(b"x" * 5000)
    assert await hass.config_entries.async_setup(house.entry_id)
    await settle(hass)
    assert state(hass, *_SWITCH).state == "off"
    with pytest.raises(HomeAssistantError) as caught:
        await _switch(hass, "on")
    assert caught.value.translation_key == "journal_unreadable"
    assert state(hass, *_SWITCH).state == "off"
    assert await hass.config_entries.async_unload(house.entry_id)
    file.write_bytes(whole)
    assert await hass.config_entries.async_setup(house.entry_id)
    await settle(hass)
    assert house.state is ConfigEntryState.LOADED
    assert state(hass, *_SWITCH).state == "off"
