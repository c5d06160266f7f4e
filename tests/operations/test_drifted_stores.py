"""Stores that do not belong together any more are noticed at the start."""

from pathlib import Path
from typing import Any

from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
import pytest

from custom_components.nebenkosten.runtime import NkConfigEntry

from ..home_assistant.clock import pass_to
from ..home_assistant.conftest import act, settle
from ..home_assistant.reading_back import published
from ..home_assistant.repairing import mend
from .tools import edit_rows, issues, read_house, state


async def test_an_older_recorder_is_brought_up_to_date_after_the_start(
    hass: HomeAssistant, house: NkConfigEntry, freezer: Any
) -> None:
    await read_house(hass, house)
    await pass_to(hass, freezer, "2026-03-11 03:30:00")
    before = await published(hass, "strom")
    await hass.config_entries.async_unload(house.entry_id)

    def older(session: Any, rows: list[Any]) -> None:
        for row in rows[5:20]:
            row.sum += 100.0
        for row in rows[20:]:
            session.delete(row)

    await edit_rows(hass, "strom_consumption", older)
    assert await published(hass, "strom") != before
    await hass.config_entries.async_setup(house.entry_id)
    await settle(hass)
    await pass_to(hass, freezer, "2026-03-11 03:40:00")
    assert await published(hass, "strom") == before
    run = (await act(hass, "get_runs"))["runs"][0]
    assert (run["trigger"], run["status"]) == ("check", "ok")
    assert run["mended"][0]["meter_id"] == "strom"


@pytest.mark.parametrize("kind", ["last_values", "ledger", "runs"])
@pytest.mark.parametrize("content", [None, []])
async def test_a_file_of_a_newer_version_does_not_keep_the_house_from_starting(
    hass: HomeAssistant,
    house: NkConfigEntry,
    hass_storage: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
    kind: str,
    content: Any,
) -> None:
    await read_house(hass, house)
    await hass.config_entries.async_unload(house.entry_id)
    await settle(hass)
    file = hass_storage[f"nebenkosten.{kind}"]
    if content is None:
        file["version"] = 99
    else:
        file["data"] = content
    assert await hass.config_entries.async_setup(house.entry_id)
    await settle(hass)
    if content is None:
        assert f"nebenkosten.{kind} cannot be read and is made anew" in caplog.text
    run = await act(hass, "run_analytics")
    assert (run["status"], run["written"]["statistics"]) == ("ok", 0)
    assert state(hass, "house_health").state == "ok"


async def _older_journal(hass: HomeAssistant, house: NkConfigEntry) -> Path:
    """Restore a journal of before two readings, beside the log of the newer one."""
    await read_house(hass, house)
    path = Path(hass.config.path("nebenkosten.db"))
    await hass.config_entries.async_unload(house.entry_id)
    copy = path.read_bytes()
    assert await hass.config_entries.async_setup(house.entry_id)
    await settle(hass)
    for time, value in (("2026-03-10 06:00", 1372), ("2026-03-10", 1380)):
        await act(hass, "add_reading", meter_id="strom", time=time, value=value)
    await act(hass, "run_analytics")
    await hass.config_entries.async_unload(house.entry_id)
    path.with_name("newer.db").write_bytes(path.read_bytes())
    path.write_bytes(copy)
    path.with_name(f"{path.name}-wal").write_bytes(b"not its own")
    return path


async def test_an_older_journal_is_told_and_withdraws_nothing_unasked(
    hass: HomeAssistant, house: NkConfigEntry, freezer: Any
) -> None:
    path = await _older_journal(hass, house)
    before = await published(hass, "strom")
    older = path.read_bytes()
    await hass.config_entries.async_setup(house.entry_id)
    await settle(hass)
    await pass_to(hass, freezer, "2026-03-10 14:00:00")
    assert "journal" in issues(hass)
    found = ir.async_get(hass).async_get_issue("nebenkosten", "journal")
    assert found is not None
    assert found.translation_key == "journal_older"
    assert found.translation_placeholders == {"path": "nebenkosten.db", "missing": "2"}
    assert await published(hass, "strom") == before
    with pytest.raises(HomeAssistantError) as caught:
        await act(hass, "add_reading", meter_id="strom", value=1390)
    assert caught.value.translation_key == "journal_older"
    shown = await mend(hass, "journal", {"next_step_id": "restored"})
    assert shown[-1]["reason"] == "still_missing"
    assert path.read_bytes() == older
    path.write_bytes(path.with_name("newer.db").read_bytes())
    path.with_name(f"{path.name}-wal").unlink()
    shown = await mend(hass, "journal", {"next_step_id": "restored"})
    assert shown[-1]["type"] == "create_entry"
    assert issues(hass) == set()
    found_readings = (await act(hass, "get_readings"))["meters"]["strom"]["readings"]
    assert len(found_readings) == 5
    assert await published(hass, "strom") == before


async def test_an_older_journal_that_the_user_wants_goes_on(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    path = await _older_journal(hass, house)
    await hass.config_entries.async_setup(house.entry_id)
    await settle(hass)
    shown = await mend(hass, "journal", {"next_step_id": "go_on"})
    assert shown[-1]["type"] == "create_entry"
    assert issues(hass) == set()
    assert not path.with_name(f"{path.name}-wal").read_bytes().startswith(b"not")
    assert (await act(hass, "run_analytics"))["status"] == "ok"
    found = (await act(hass, "get_readings"))["meters"]["strom"]["readings"]
    assert len(found) == 3


async def test_to_keep_the_revision_reloads_nothing(
    hass: HomeAssistant, house: NkConfigEntry, freezer: Any
) -> None:
    await read_house(hass, house)
    loaded = house.runtime_data
    known = house.data.get("journal_revision")
    await pass_to(hass, freezer, "2026-03-10 14:10:00")
    assert house.data["journal_revision"] > (known or 0)
    assert house.runtime_data is loaded


async def test_how_far_the_journal_has_come_is_kept_when_home_assistant_stops(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await read_house(hass, house)
    known = house.data.get("journal_revision") or 0
    await act(hass, "add_reading", meter_id="strom", time="2026-03-10", value=1380)
    assert (house.data.get("journal_revision") or 0) == known
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    await settle(hass)
    assert house.data["journal_revision"] > known
