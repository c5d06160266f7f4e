"""A meter that was deleted with its readings is filled again, by file and by sensor."""

from datetime import timedelta
from pathlib import Path
import sqlite3
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)

from custom_components.nebenkosten.const import DOMAIN, JOURNAL_FILE
from custom_components.nebenkosten.runtime import NkConfigEntry

from .conftest import act, add_meter, settle
from .external_statistics import UTC_MIDNIGHT, external, hourly
from .reading_back import used_per_day
from .repairing import mend

_ISSUE = "meter_removed_strom"
# What layouts after that one have.
_LATER = (
    ("revisions", "user"),
    ("acknowledgements", "kind"),
    ("acknowledgements", "excess"),
)
_FILE = """meter_id;time;value;note
strom;31.01.2026;1000;Keller
strom;10.02.2026;1100;
strom;28.02.2026;1280;
"""


async def _delete(hass: HomeAssistant, house: NkConfigEntry) -> None:
    (subentry,) = house.subentries.values()
    hass.config_entries.async_remove_subentry(house, subentry.subentry_id)
    await settle(hass)
    await mend(hass, _ISSUE, {"next_step_id": "delete"})
    assert await used_per_day(hass, "strom") == {}


async def _told(hass: HomeAssistant) -> dict[str, Any]:
    """Return all that the house says of the meter, and what is published."""
    run = await act(hass, "run_analytics")
    assert run["status"] == "ok"
    consumption = await act(hass, "get_consumption", meter_id="strom", period="month")
    found = await act(hass, "get_readings", meter_id="strom")
    return {
        "consumption": consumption["meters"]["strom"],
        "readings": [
            (one["time"], one["value"], one["note"])
            for one in found["meters"]["strom"]["readings"]
            if one["status"] == "used"
        ],
        "days": await used_per_day(hass, "strom"),
    }


async def test_the_same_file_fills_a_meter_that_was_deleted(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await add_meter(hass, house)
    await act(hass, "import_readings", content=_FILE)
    before = await _told(hass)
    assert len(before["readings"]) == 3
    for _ in range(2):
        await _delete(hass, house)
        await add_meter(hass, house)
        report = await act(hass, "import_readings", content=_FILE)
        assert (report["imported"], report["duplicates"]) == (3, 0)
        again = await act(hass, "import_readings", content=_FILE)
        assert (again["imported"], again["duplicates"]) == (0, 3)
        assert await _told(hass) == before


async def test_the_same_statistic_fills_a_meter_that_was_deleted(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    start = UTC_MIDNIGHT - timedelta(days=2, hours=1)
    await external(hass, hourly(start, [float(i) for i in range(73)]))
    sources = [{"statistic": "utility:electricity"}]
    await add_meter(hass, house, sources=sources)
    before = await _told(hass)
    assert before["days"] == pytest.approx({f"2026-03-0{n}": 24 for n in (7, 8, 9)})
    await _delete(hass, house)
    await add_meter(hass, house, sources=sources)
    assert await _told(hass) == before


async def test_a_sensors_states_fill_a_meter_that_was_deleted(
    hass: HomeAssistant,
    house: NkConfigEntry,
    freezer: Any,
) -> None:
    unit = {"unit_of_measurement": "kWh"}
    for value in (10, 12, 15):
        hass.states.async_set("sensor.dial", str(value), unit)
        freezer.tick(1800)
    await async_wait_recording_done(hass)
    sources = [{"entity": "sensor.dial"}]
    await add_meter(hass, house, sources=sources)
    before = await _told(hass)
    assert [value for _, value, _ in before["readings"]] == [10, 12, 15]
    await _delete(hass, house)
    await add_meter(hass, house, sources=sources)
    assert (await _told(hass))["readings"] == before["readings"]


async def test_a_meter_deleted_by_an_older_version_can_be_filled(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await add_meter(hass, house)
    await act(hass, "import_readings", content=_FILE)
    single = await act(hass, "add_reading", meter_id="strom", value=1300)
    await act(hass, "delete_reading", reading_id=single["reading_id"])
    before = await _told(hass)
    await hass.config_entries.async_unload(house.entry_id)
    _as_an_older_version_deleted(Path(hass.config.path(JOURNAL_FILE)))
    await hass.config_entries.async_setup(house.entry_id)
    await settle(hass)
    assert (await _told(hass))["readings"] == []
    report = await act(hass, "import_readings", content=_FILE)
    assert report["imported"] == 3
    assert await _told(hass) == before
    await hass.async_add_executor_job(house.runtime_data.loaded.journal.check)


def _as_an_older_version_deleted(path: Path) -> None:
    """Mark all as deleted, by one revision and with origins held, in the old layout."""
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("INSERT INTO revisions (at, what) VALUES (0, 'delete')")
        connection.execute(
            "UPDATE readings SET deleted = 1,"
            " revision = (SELECT max(revision) FROM revisions)"
        )
        for table, column in _LATER:
            connection.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
        connection.execute("PRAGMA user_version = 3")
    connection.close()


async def test_a_question_of_yesterday_deletes_no_meter_that_is_back(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await add_meter(hass, house)
    await act(hass, "import_readings", content=_FILE)
    (subentry,) = house.subentries.values()
    hass.config_entries.async_remove_subentry(house, subentry.subentry_id)
    await settle(hass)
    assert await async_setup_component(hass, "repairs", {})
    manager = hass.data["repairs"]["flow_manager"]
    flow = await manager.async_init(DOMAIN, data={"issue_id": _ISSUE})
    await add_meter(hass, house)
    assert ir.async_get(hass).async_get_issue(DOMAIN, _ISSUE) is None
    done = await manager.async_configure(flow["flow_id"], {"next_step_id": "delete"})
    assert done["reason"] == "meter_is_back"
    assert len((await _told(hass))["readings"]) == 3
