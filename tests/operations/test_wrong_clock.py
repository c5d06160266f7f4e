"""A clock that lies behind what has happened withdraws nothing and dates nothing."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest

from custom_components.nebenkosten.runtime import NkConfigEntry

from ..home_assistant.clock import pass_to
from ..home_assistant.conftest import act, settle
from ..home_assistant.reading_back import published, used_per_day
from ..home_assistant.repairing import mend
from .tools import issues, read_house, state


async def _restart(hass: HomeAssistant, house: NkConfigEntry) -> None:
    """Start the house anew, as after a power cut: what it remembers is on the disk."""
    await hass.config_entries.async_unload(house.entry_id)
    await settle(hass)
    await hass.config_entries.async_setup(house.entry_id)
    await settle(hass)


@pytest.mark.parametrize("lost", [None, "last_values", "ledger"])
async def test_a_clock_a_year_behind_at_boot_changes_nothing_until_it_is_right(
    hass: HomeAssistant,
    house: NkConfigEntry,
    freezer: Any,
    hass_storage: dict[str, Any],
    lost: str | None,
) -> None:
    await read_house(hass, house)
    before = await published(hass, "strom")
    await hass.config_entries.async_unload(house.entry_id)
    await settle(hass)
    if lost:
        del hass_storage[f"nebenkosten.{lost}"]
    freezer.move_to("2025-03-10T12:00:00+00:00")
    await hass.config_entries.async_setup(house.entry_id)
    await settle(hass)
    await pass_to(hass, freezer, "2025-03-10 13:01:00")
    assert await published(hass, "strom") == before
    assert issues(hass) == {"clock"}
    assert "clock" in state(hass, "house_health").attributes["reasons"]
    assert state(hass, "house_health").state == "error"
    for action, given in (
        ("run_analytics", {"full": True}),
        ("add_reading", {"meter_id": "strom", "value": 1390}),
        ("add_reading", {"meter_id": "strom", "value": 1390, "time": "2026-03-10"}),
        ("replace_meter", {"meter_id": "strom", "final_value": 1390}),
    ):
        with pytest.raises(HomeAssistantError) as caught:
            await act(hass, action, **given)
        assert caught.value.translation_key == "clock_behind"
    # What says itself when it was needs no clock.
    await act(hass, "add_reading", meter_id="strom", time="2024-12-31", value=600)
    assert await published(hass, "strom") == before
    await pass_to(hass, freezer, "2026-03-10 14:00:00")
    await pass_to(hass, freezer, "2026-03-10 14:02:00")
    assert issues(hass) == set()
    assert state(hass, "house_health").state == "ok"
    days = await used_per_day(hass, "strom")
    assert sum(u for d, u in days.items() if d >= "2026-02-01") == pytest.approx(370)
    assert (await published(hass, "strom"))[0][0] < before[0][0]
    assert (await act(hass, "run_analytics"))["status"] == "ok"


async def test_a_clock_that_was_ahead_is_mended_by_saying_so(
    hass: HomeAssistant, house: NkConfigEntry, freezer: Any
) -> None:
    await read_house(hass, house)
    await pass_to(hass, freezer, "2027-06-01 12:00:00")
    await act(hass, "add_reading", meter_id="strom", time="2026-03-10", value=1380)
    await act(hass, "run_analytics")
    assert (await published(hass, "strom"))[-1][0].year == 2026
    ahead = len(await published(hass, "strom"))
    freezer.move_to("2026-03-11T12:00:00+00:00")
    await _restart(hass, house)
    assert "clock" in issues(hass)
    shown = await mend(hass, "clock", {"next_step_id": "look_again"})
    assert (shown[-1]["type"], shown[-1]["reason"]) == ("abort", "still_behind")
    assert len(await published(hass, "strom")) == ahead
    shown = await mend(hass, "clock", {"next_step_id": "clock_is_right"})
    assert shown[-1]["type"] == "create_entry"
    await pass_to(hass, freezer, "2026-03-11 13:01:00")
    assert issues(hass) == set()
    assert len(await published(hass, "strom")) == 38
    # The decision holds, and a clock that is wrong again is noticed again.
    await _restart(hass, house)
    assert issues(hass) == set()
    await act(hass, "add_reading", meter_id="strom", value=1390)
    freezer.move_to("2025-03-11T12:00:00+00:00")
    await _restart(hass, house)
    assert "clock" in issues(hass)
