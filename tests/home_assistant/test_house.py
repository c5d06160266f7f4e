"""A house: set-up, options, take-over, removal, missing and foreign journals."""

from pathlib import Path
import shutil
import sqlite3
from typing import Any

from homeassistant.config_entries import SOURCE_USER, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.nebenkosten.backup import async_post_backup, async_pre_backup
from custom_components.nebenkosten.const import DOMAIN
from custom_components.nebenkosten.journal.store import create_journal, open_journal
from custom_components.nebenkosten.runtime import NkConfigEntry
from custom_components.nebenkosten.upkeep.journal_opening import _CHECKED

from .conftest import act, add_house, add_meter, settle
from .house_files import journal_path
from .reading_back import published


async def _filled(hass: HomeAssistant, house: NkConfigEntry) -> None:
    await add_meter(hass, house)
    for time, value in (("2026-02-01", 100), ("2026-02-11", 120)):
        await act(hass, "add_reading", meter_id="strom", time=time, value=value)
    await act(hass, "run_analytics")


async def fix(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, issue: str, choice: str
) -> dict[str, Any]:
    """Click through a repair's menu."""
    assert await async_setup_component(hass, "repairs", {})
    client = await hass_client()
    answer = await client.post(
        "/api/repairs/issues/fix", json={"handler": DOMAIN, "issue_id": issue}
    )
    flow = await answer.json()
    assert flow["type"] == "menu", flow
    answer = await client.post(
        f"/api/repairs/issues/fix/{flow['flow_id']}", json={"next_step_id": choice}
    )
    await settle(hass)
    result: dict[str, Any] = await answer.json()
    if result["type"] == "form":
        answer = await client.post(
            f"/api/repairs/issues/fix/{flow['flow_id']}", json={}
        )
        await settle(hass)
        result = await answer.json()
    return result


async def test_only_one_house(hass: HomeAssistant, house: NkConfigEntry) -> None:
    again = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )
    assert again["type"] is FlowResultType.ABORT
    assert again["reason"] == "single_instance_allowed"


async def test_options(hass: HomeAssistant, house: NkConfigEntry) -> None:
    form = await hass.config_entries.options.async_init(house.entry_id)
    done = await hass.config_entries.options.async_configure(
        form["flow_id"], {"run_time": "05:15:00", "temperature": "sensor.outside"}
    )
    await settle(hass)
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert house.options == {"run_time": "05:15:00", "temperature": "sensor.outside"}
    assert house.state is ConfigEntryState.LOADED


async def test_a_house_without_a_journals_id_adopts_the_one_it_finds(
    hass: HomeAssistant,
) -> None:
    entry = MockConfigEntry(domain=DOMAIN)
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass)
    journal = open_journal(journal_path(hass))
    assert entry.data["journal_id"] == journal.journal_id
    journal.close()


async def test_removal_clears_statistics_and_keeps_the_journal(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await _filled(hass, house)
    assert await published(hass, "strom")
    await hass.config_entries.async_remove(house.entry_id)
    await settle(hass)
    assert await published(hass, "strom") == []
    assert journal_path(hass).exists()
    assert not [i for d, i in ir.async_get(hass).issues if d == DOMAIN]

    flow = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )
    menu = await hass.config_entries.flow.async_configure(
        flow["flow_id"], {"run_time": "03:30:00"}
    )
    assert menu["type"] is FlowResultType.MENU
    assert menu["description_placeholders"] == {"count": "1", "notes": ""}
    done = await hass.config_entries.flow.async_configure(
        flow["flow_id"], {"next_step_id": "take_over"}
    )
    await settle(hass)
    entry = done["result"]
    assert [s.title for s in entry.subentries.values()] == ["Strom"]
    run = await act(hass, "run_analytics")
    assert run["meters"]["strom"]["readings"] == 2
    assert await published(hass, "strom")


async def test_starting_anew_keeps_the_old_journal_aside(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await _filled(hass, house)
    await hass.config_entries.async_remove(house.entry_id)
    flow = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )
    await hass.config_entries.flow.async_configure(
        flow["flow_id"], {"run_time": "03:30:00"}
    )
    done = await hass.config_entries.flow.async_configure(
        flow["flow_id"], {"next_step_id": "start_anew"}
    )
    await settle(hass)
    assert not done["result"].subentries
    assert len(list(journal_path(hass).parent.glob("nebenkosten.db.2*"))) >= 1


async def test_an_unreadable_journal_is_put_aside_by_a_new_house(
    hass: HomeAssistant,
) -> None:
    journal_path(hass).write_bytes(b"no journal")
    entry = await add_house(hass)
    assert entry.state is ConfigEntryState.LOADED
    assert list(journal_path(hass).parent.glob("nebenkosten.db.2*"))


async def test_a_newer_journal_is_not_put_aside_by_a_new_house(
    hass: HomeAssistant,
) -> None:
    create_journal(journal_path(hass)).close()
    connection = sqlite3.connect(journal_path(hass))
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    await add_house(hass)
    assert not list(journal_path(hass).parent.glob("nebenkosten.db.2*"))
    issue = ir.async_get(hass).async_get_issue(DOMAIN, "journal")
    assert issue is not None
    assert issue.translation_key == "journal_newer"


@pytest.mark.parametrize("harm", ["missing", "other", "unreadable"])
async def test_without_its_journal_a_house_publishes_and_deletes_nothing(
    hass: HomeAssistant,
    house: NkConfigEntry,
    hass_client: ClientSessionGenerator,
    harm: str,
) -> None:
    await _filled(hass, house)
    before = await published(hass, "strom")
    await hass.config_entries.async_unload(house.entry_id)
    path, safe = journal_path(hass), journal_path(hass).with_name("safe")
    path.rename(safe)
    if harm == "other":
        create_journal(path).close()
    elif harm == "unreadable":
        path.write_bytes(b"rubbish" * 1000)
    await hass.config_entries.async_setup(house.entry_id)
    await settle(hass)

    issue = ir.async_get(hass).async_get_issue(DOMAIN, "journal")
    assert issue is not None
    assert issue.translation_key == f"journal_{harm}"
    for action, data in (
        ("run_analytics", {}),
        ("add_reading", {"meter_id": "strom", "value": 1}),
        ("get_consumption", {}),
    ):
        with pytest.raises(HomeAssistantError) as caught:
            await act(hass, action, **data)
        assert caught.value.translation_key == f"journal_{harm}"
    await async_pre_backup(hass)
    assert await published(hass, "strom") == before
    counter = hass.states.get("sensor.strom_counter")
    assert counter is not None
    assert float(counter.state) > 100

    failed = await fix(hass, hass_client, "journal", "restored")
    assert failed["reason"] == "still_missing"
    shutil.copy(safe, path)
    done = await fix(hass, hass_client, "journal", "restored")
    assert done["type"] == "create_entry"
    assert ir.async_get(hass).async_get_issue(DOMAIN, "journal") is None
    run = await act(hass, "run_analytics")
    assert run["meters"]["strom"]["readings"] == 2
    assert run["written"]["statistics"] == 0


async def test_starting_anew_by_repair(
    hass: HomeAssistant, house: NkConfigEntry, hass_client: ClientSessionGenerator
) -> None:
    await _filled(hass, house)
    await hass.config_entries.async_unload(house.entry_id)
    journal_path(hass).unlink()
    await hass.config_entries.async_setup(house.entry_id)
    done = await fix(hass, hass_client, "journal", "start_anew")
    assert done["type"] == "create_entry"
    assert (await act(hass, "run_analytics"))["meters"]["strom"]["readings"] == 0
    assert house.data["journal_id"]


async def test_a_newer_journal_is_left_alone(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await _filled(hass, house)
    await hass.config_entries.async_unload(house.entry_id)
    connection = sqlite3.connect(journal_path(hass))
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    await hass.config_entries.async_setup(house.entry_id)
    issue = ir.async_get(hass).async_get_issue(DOMAIN, "journal")
    assert issue is not None
    assert (issue.translation_key, issue.is_fixable) == ("journal_newer", False)


@pytest.mark.parametrize("choice", ["keep", "delete"])
async def test_a_removed_meters_readings_are_kept_until_the_user_says_otherwise(
    hass: HomeAssistant,
    house: NkConfigEntry,
    hass_client: ClientSessionGenerator,
    choice: str,
) -> None:
    await _filled(hass, house)
    (subentry,) = house.subentries.values()
    hass.config_entries.async_remove_subentry(house, subentry.subentry_id)
    await settle(hass)
    assert await published(hass, "strom")
    issue = ir.async_get(hass).async_get_issue(DOMAIN, "meter_removed_strom")
    assert issue is not None
    assert issue.translation_placeholders == {"name": "Strom"}
    await fix(hass, hass_client, "meter_removed_strom", choice)
    assert bool(await published(hass, "strom")) is (choice == "keep")

    await hass.config_entries.async_reload(house.entry_id)
    await settle(hass)
    assert ir.async_get(hass).async_get_issue(DOMAIN, "meter_removed_strom") is None
    await add_meter(hass, house)
    run = await act(hass, "run_analytics")
    assert run["meters"]["strom"]["readings"] == (2 if choice == "keep" else 0)


async def test_a_meter_added_again_takes_its_question_back(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await _filled(hass, house)
    (subentry,) = house.subentries.values()
    hass.config_entries.async_remove_subentry(house, subentry.subentry_id)
    await settle(hass)
    await add_meter(hass, house)
    assert ir.async_get(hass).async_get_issue(DOMAIN, "meter_removed_strom") is None
    run = await act(hass, "run_analytics")
    assert run["meters"]["strom"]["readings"] == 2


async def test_many_changed_meters_make_one_reload(
    hass: HomeAssistant, house: NkConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("A", "B", "C"):
        await add_meter(hass, house, name=name)
    loaded = house.runtime_data
    for subentry in list(house.subentries.values()):
        hass.config_entries.async_update_subentry(
            house, subentry, title=subentry.title + "2"
        )
    await settle(hass)
    assert house.runtime_data is not loaded
    devices = dr.async_get(hass)
    names = {d.name for d in dr.async_entries_for_config_entry(devices, house.entry_id)}
    assert {"A2", "B2", "C2"} < names


async def test_backups_find_a_complete_file(
    hass: HomeAssistant, house: NkConfigEntry, tmp_path: Path
) -> None:
    await _filled(hass, house)
    await async_pre_backup(hass)
    copy = tmp_path / "copy.db"
    shutil.copy(journal_path(hass), copy)
    await act(hass, "add_reading", meter_id="strom", time="2026-03-01", value=150)
    await async_post_backup(hass)
    restored = open_journal(copy)
    assert restored.rows("SELECT count(*) FROM readings")[0][0] == 2
    restored.close()
    assert (await act(hass, "run_analytics"))["meters"]["strom"]["readings"] == 3


async def test_damage_deep_inside_is_found_after_the_start(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await _filled(hass, house)
    rows = "".join(
        f"strom;2025-01-01T00:{i // 60:02}:{i % 60:02}Z;{i}\n" for i in range(3600)
    )
    await act(hass, "import_readings", content="meter_id;time;value\n" + rows)
    await act(hass, "run_analytics")
    before = await published(hass, "strom")
    await hass.config_entries.async_unload(house.entry_id)
    content = bytearray(journal_path(hass).read_bytes())
    middle = len(content) // 2
    content[middle : middle + 8192] = b"\xff" * 8192
    journal_path(hass).write_bytes(content)
    hass.data.pop(_CHECKED)  # as after a restart of Home Assistant
    await hass.config_entries.async_setup(house.entry_id)
    await settle(hass)
    issue = ir.async_get(hass).async_get_issue(DOMAIN, "journal")
    assert issue is not None
    assert issue.translation_key == "journal_unreadable"
    with pytest.raises(HomeAssistantError):
        await act(hass, "run_analytics")
    assert await published(hass, "strom") == before
