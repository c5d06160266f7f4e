"""While the house is loaded anew, a reading is kept, or somebody is told it is not."""

import asyncio
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
import pytest

from custom_components.nebenkosten.const import DOMAIN
from custom_components.nebenkosten.intake import late_box
from custom_components.nebenkosten.runtime import NkConfigEntry, Runtime

from .conftest import act, add_meter, settle


async def _answered(hass: HomeAssistant, value: int) -> str:
    """Enter a reading; returns `kept`, or the key of the error."""
    try:
        await act(
            hass,
            "add_reading",
            meter_id="strom",
            value=value,
            time=f"2026-02-{value:02}",
        )
    except HomeAssistantError as error:
        return str(error.translation_key)
    return "kept"


@pytest.mark.parametrize("pace", [1, 3, 10])
async def test_every_answer_is_true_at_every_moment(
    hass: HomeAssistant, house: NkConfigEntry, pace: int
) -> None:
    await add_meter(hass, house)
    await act(hass, "add_reading", meter_id="strom", value=0, time="2026-01-31")
    calls: list[asyncio.Task[str]] = []
    reload = hass.async_create_task(hass.config_entries.async_reload(house.entry_id))
    for value in range(1, 26):
        calls.append(hass.async_create_task(_answered(hass, value)))
        for _ in range(pace * 10):
            await asyncio.sleep(0)
    await reload
    answers = await asyncio.gather(*calls)
    await settle(hass)
    assert house.state is ConfigEntryState.LOADED
    assert set(answers) <= {"kept", "house_reloading"}
    found = await act(hass, "get_readings", meter_id="strom")
    kept = {one["value"] for one in found["meters"]["strom"]["readings"]}
    assert kept == {0} | {n for n, said in enumerate(answers, 1) if said == "kept"}


async def test_a_call_in_the_middle_says_to_try_again(
    hass: HomeAssistant, house: NkConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    await add_meter(hass, house)
    answers: list[str] = []
    closed = Runtime.async_close

    async def close_and_ask(runtime: Runtime) -> None:
        await closed(runtime)
        answers.append(await _answered(hass, 5))

    monkeypatch.setattr(Runtime, "async_close", close_and_ask)
    journal = house.runtime_data.loaded.journal
    await hass.config_entries.async_reload(house.entry_id)
    assert answers == ["house_reloading"]
    with pytest.raises(Exception, match="house_reloading"):
        journal.rows("SELECT 1")
    assert await _answered(hass, 5) == "kept"
    await settle(hass)


async def _typed(hass: HomeAssistant, value: float) -> str:
    """Type a reading into the box; returns `success`, or the key of the error."""
    box = {"entity_id": "number.strom_new_reading", "value": value}
    try:
        await hass.services.async_call("number", "set_value", box, blocking=True)
    except HomeAssistantError as error:
        return str(error.translation_key)
    return "success"


@pytest.mark.parametrize("pace", [1, 3, 10])
async def test_what_the_box_took_at_any_moment_is_kept_once(
    hass: HomeAssistant,
    house: NkConfigEntry,
    freezer: Any,
    monkeypatch: pytest.MonkeyPatch,
    pace: int,
) -> None:
    # The clock runs ahead by hours while the house is loaded.
    monkeypatch.setattr(late_box, "_PATIENCE", 1e9)
    await add_meter(hass, house)
    assert hass.states.get("number.strom_new_reading") is not None
    await act(hass, "add_reading", meter_id="strom", value=0, time="2026-03-01")
    calls: list[asyncio.Task[str]] = []
    reload = hass.async_create_task(hass.config_entries.async_reload(house.entry_id))
    for value in range(1, 26):
        freezer.tick(3600)
        calls.append(hass.async_create_task(_typed(hass, value)))
        for _ in range(pace * 10):
            await asyncio.sleep(0)
    await reload
    answers = await asyncio.gather(*calls)
    await settle(hass)
    assert set(answers) <= {"success", "house_reloading"}
    found = await act(hass, "get_readings", meter_id="strom")
    kept = [one["value"] for one in found["meters"]["strom"]["readings"]]
    taken = [n for n, said in enumerate(answers, 1) if said == "success"]
    assert sorted(kept) == [0, *taken]
    assert taken


async def test_what_a_late_reading_cannot_be_is_told(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await add_meter(hass, house)
    await act(hass, "add_reading", meter_id="strom", value=100, time="2026-03-01")
    await act(hass, "add_reading", meter_id="strom", value=110, time="2026-03-05")
    await hass.config_entries.async_unload(house.entry_id)
    assert await _typed(hass, 5) == "success"
    assert await hass.config_entries.async_setup(house.entry_id)
    await settle(hass)
    found = await act(hass, "get_readings", meter_id="strom")
    values = [one["value"] for one in found["meters"]["strom"]["readings"]]
    assert values == [100, 110]
    told = [
        issue
        for (domain, key), issue in ir.async_get(hass).issues.items()
        if domain == DOMAIN and key.startswith("late_reading")
    ]
    (one,) = told
    said = one.translation_placeholders or {}
    assert (said["name"], said["value"]) == ("number.strom_new_reading", "5")
    assert one.is_persistent
