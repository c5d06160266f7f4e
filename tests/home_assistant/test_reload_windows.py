"""While the house is loaded anew, a reading is kept, or somebody is told it is not."""

import asyncio
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest

from custom_components.nebenkosten.data import NkConfigEntry

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
    closed = house.runtime_data.async_close

    async def close_and_ask(*given: Any) -> None:
        await closed()
        answers.append(await _answered(hass, 5))

    monkeypatch.setattr(house.runtime_data, "async_close", close_and_ask)
    journal = house.runtime_data.journal
    await hass.config_entries.async_reload(house.entry_id)
    assert answers == ["house_reloading"]
    with pytest.raises(Exception, match="house_reloading"):
        journal.rows("SELECT 1")
    assert await _answered(hass, 5) == "kept"
    await settle(hass)
