"""A journal that is found: taken over with all that made its numbers, or left alone."""

from typing import Any

from homeassistant.config_entries import SOURCE_USER
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component

from custom_components.nebenkosten.const import DOMAIN
from custom_components.nebenkosten.journal.definitions import (
    Definition,
    remember_meters,
)
from custom_components.nebenkosten.journal.store import open_journal
from custom_components.nebenkosten.runtime import NkConfigEntry

from .conftest import act, add_meter, settle
from .house_files import journal_path
from .reading_back import used_per_day
from .repairing import mend

OPTIONS = {
    "run_time": "05:15:00",
    "billing_year_start": "10-01",
    "federal_state": "by",
    "gas": [
        {"energy_content": 9.8, "z_factor": 0.95},
        {"energy_content": 11.2, "z_factor": 0.95, "valid_from": "2026-02-11"},
    ],
}


async def _begin(hass: HomeAssistant, **given: Any) -> Any:
    flow: Any = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )
    return await hass.config_entries.flow.async_configure(
        flow["flow_id"], {"run_time": "03:30:00"} | given
    )


async def _choose(hass: HomeAssistant, menu: Any, step: str) -> Any:
    assert menu["type"] is FlowResultType.MENU
    done: Any = await hass.config_entries.flow.async_configure(
        menu["flow_id"], {"next_step_id": step}
    )
    await settle(hass)
    return done


async def _gas(hass: HomeAssistant, house: NkConfigEntry) -> None:
    hass.config_entries.async_update_entry(house, options=OPTIONS)
    await settle(hass)
    await add_meter(hass, house, name="Gas", medium="gas", unit="m³")
    for time, value in (("2026-02-01", 0), ("2026-02-21", 40)):
        await act(hass, "add_reading", meter_id="gas", time=time, value=value)
    await act(hass, "run_analytics")


async def test_a_house_taken_over_has_the_same_history_in_kwh(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await _gas(hass, house)
    before = await used_per_day(hass, "gas", kind="energy")
    assert before
    await hass.config_entries.async_remove(house.entry_id)
    await settle(hass)
    assert not await used_per_day(hass, "gas", kind="energy")
    done = await _choose(hass, await _begin(hass), "take_over")
    await act(hass, "run_analytics")
    assert await used_per_day(hass, "gas", kind="energy") == before
    assert done["result"].options == OPTIONS | {"run_time": "03:30:00"}


async def test_the_meters_promised_are_those_that_come(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    for name in ("Strom", "Wasser", "Altes"):
        await add_meter(hass, house, name=name)
    old = next(s for s in house.subentries.values() if s.unique_id == "altes")
    hass.config_entries.async_remove_subentry(house, old.subentry_id)
    await settle(hass)
    await mend(hass, "meter_removed_altes", {"next_step_id": "keep"})
    await hass.config_entries.async_remove(house.entry_id)
    journal = open_journal(journal_path(hass))
    wrong: Definition = {"name": "Kaputt", "medium": "tee", "type": "x"}
    remember_meters(journal, {"kaputt": wrong})
    journal.close()
    await hass.config.async_set_time_zone("UTC")

    menu = await _begin(hass)
    said = menu["description_placeholders"]
    assert said["count"] == "2"
    assert "Altes was removed" in said["notes"]
    assert "Kaputt cannot be set up" in said["notes"]
    assert "Europe/Berlin" in said["notes"]
    done = await _choose(hass, menu, "take_over")
    assert {s.title for s in done["result"].subentries.values()} == {"Strom", "Wasser"}


async def test_a_flow_that_is_left_changes_no_journal(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await _gas(hass, house)
    await hass.config_entries.async_remove(house.entry_id)
    path = journal_path(hass)
    content = path.read_bytes()
    menu = await _begin(hass, **{"import": True})
    form = await _choose(hass, menu, "start_anew")
    assert form["step_id"] == "import_files"
    hass.config_entries.flow.async_abort(form["flow_id"])
    assert path.read_bytes() == content

    path.write_bytes(b"no journal")
    form = await _begin(hass, **{"import": True})
    assert form["step_id"] == "import_files"
    hass.config_entries.flow.async_abort(form["flow_id"])
    assert path.read_bytes() == b"no journal"


async def test_a_repair_that_is_left_changes_no_journal(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await hass.config_entries.async_unload(house.entry_id)
    path = journal_path(hass)
    path.write_bytes(b"rubbish" * 1000)
    await hass.config_entries.async_setup(house.entry_id)
    assert ir.async_get(hass).async_get_issue(DOMAIN, "journal") or house.runtime_data
    # A house without meters takes what is there; with a damaged one it asks.
    assert await async_setup_component(hass, "repairs", {})
    shown = await mend(hass, "journal", {"next_step_id": "start_anew"})
    assert shown[1]["type"] is FlowResultType.FORM
    hass.data["repairs"]["flow_manager"].async_abort(shown[1]["flow_id"])
    assert path.read_bytes() == b"rubbish" * 1000
    shown = await mend(hass, "journal", {"next_step_id": "start_anew"}, {})
    assert shown[2]["type"] is FlowResultType.CREATE_ENTRY
    assert list(path.parent.glob("nebenkosten.db.2*"))
