"""A house of every version there was comes along; one of a newer version is left."""

import json
from pathlib import Path
import sqlite3
from types import MappingProxyType
from typing import Any
from uuid import uuid4

from homeassistant.config_entries import ConfigEntryState, ConfigSubentryData
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.nebenkosten.const import DOMAIN
from custom_components.nebenkosten.journal import schema, seal
from custom_components.nebenkosten.journal.store import open_journal

from .conftest import act, settle
from .reading_back import used_per_day

ID = uuid4().hex
_DAY = 86_400_000_000
_MIDNIGHT = 1_769_900_400_000_000  # 2026-02-01 in Berlin


def _journal(path: Path, layout: int) -> None:
    """Write a journal as the version of a layout wrote it."""
    connection = sqlite3.connect(path)
    seal.teach(connection)
    for number, statements in enumerate(schema.MIGRATIONS[:layout], 1):
        connection.executescript(f"{statements};PRAGMA user_version = {number};")
    connection.execute("INSERT INTO meta VALUES ('journal_id', ?)", (ID,))
    connection.execute(
        "INSERT INTO revisions (revision, at, what) VALUES (1, 0, 'append')"
    )
    for number, value in enumerate((100.0, 110.0, 130.0)):
        instant = _MIDNIGHT + number * _DAY
        connection.execute(
            "INSERT INTO readings (meter, instant, zone, value_text, value, kind,"
            " source, received, revision, origin) VALUES ('strom', ?, 'Europe/Berlin',"
            " ?, ?, 'actual', 'hand', 0, 1, ?)",
            (instant, f"{value}", value, f"{instant} actual {value!r}"),
        )
    connection.execute(
        'INSERT INTO amounts (meter, start, "end", value, source, received, revision)'
        " VALUES ('strom', ?, ?, 5, 'tibber', 0, 1)",
        (_MIDNIGHT, _MIDNIGHT + 3_600_000_000),
    )
    if layout > 1:
        connection.execute("UPDATE readings SET confirmed = 1 WHERE value = 130.0")
    if layout > 2:
        connection.execute(" ".join(("UPDATE readings SET seal =", seal.OF_READING)))
        connection.execute(" ".join(("UPDATE amounts SET seal =", seal.OF_AMOUNT)))
    connection.commit()
    connection.close()


def _entry(hass: HomeAssistant, version: int = 1) -> MockConfigEntry:
    """Return the entry of the first version: no option that came later."""
    definition = {"meter_id": "strom", "medium": "electricity", "unit": "kWh"}
    entry = MockConfigEntry(
        domain=DOMAIN,
        version=version,
        data={"journal_id": ID},
        options={"run_time": "03:30:00"},
        subentries_data=[
            ConfigSubentryData(
                data=MappingProxyType(definition),
                subentry_type="physical_meter",
                title="Strom",
                unique_id="strom",
            )
        ],
    )
    entry.add_to_hass(hass)
    return entry


@pytest.mark.parametrize("layout", range(1, schema.VERSION + 1))
async def test_a_house_of_every_version_comes_along(
    hass: HomeAssistant, layout: int
) -> None:
    path = Path(hass.config.path("nebenkosten.db"))
    _journal(path, layout)
    entry = _entry(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass)
    assert entry.state is ConfigEntryState.LOADED
    run = await act(hass, "run_analytics")
    assert run["status"] == "ok"
    days = await used_per_day(hass, "strom")
    assert days["2026-02-01"] == pytest.approx(10)
    assert days["2026-02-02"] == pytest.approx(20)
    found = (await act(hass, "get_readings"))["meters"]["strom"]["readings"]
    assert [one["value"] for one in found] == [100, 110, 130]
    journal = entry.runtime_data.loaded.journal
    assert journal.rows("PRAGMA user_version")[0][0] == schema.VERSION
    assert journal.rows("SELECT count(*) FROM amounts")[0][0] == 1
    journal.check()


@pytest.mark.parametrize("layout", range(1, schema.VERSION))
def test_a_migration_cut_at_any_statement_leaves_the_older_layout(
    tmp_path: Path, layout: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "nebenkosten.db"
    _journal(path, layout)
    whole = schema.MIGRATIONS[layout]
    broken = f"{whole};SELECT no_such_function();"
    patched = (*schema.MIGRATIONS[:layout], broken, *schema.MIGRATIONS[layout + 1 :])
    with monkeypatch.context() as patch:
        patch.setattr(schema, "MIGRATIONS", patched)
        with pytest.raises(Exception, match="no_such_function"):
            open_journal(path)
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (layout,)
        assert connection.execute("SELECT count(*) FROM readings").fetchone() == (3,)
    connection.close()
    journal = open_journal(path)
    journal.check()
    journal.close()


async def test_a_newer_journal_is_refused_and_untouched(hass: HomeAssistant) -> None:
    path = Path(hass.config.path("nebenkosten.db"))
    _journal(path, schema.VERSION)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = path.read_bytes()
    entry = _entry(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass)
    issue = ir.async_get(hass).async_get_issue(DOMAIN, "journal")
    assert issue is not None
    assert issue.translation_key == "journal_newer"
    await hass.config_entries.async_unload(entry.entry_id)
    await settle(hass)
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (99,)
        assert connection.execute("SELECT count(*) FROM readings").fetchone() == (3,)
    connection.close()
    assert len(path.read_bytes()) == len(before)


async def test_a_newer_house_is_refused_and_untouched(hass: HomeAssistant) -> None:
    path = Path(hass.config.path("nebenkosten.db"))
    _journal(path, schema.VERSION)
    before = path.read_bytes()
    entry = _entry(hass, version=2)
    told: dict[str, Any] = dict(entry.data)
    assert not await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass)
    assert entry.state is ConfigEntryState.MIGRATION_ERROR
    issue = ir.async_get(hass).async_get_issue(DOMAIN, "house_newer")
    assert issue is not None
    assert issue.severity is ir.IssueSeverity.CRITICAL
    assert dict(entry.data) == told
    assert path.read_bytes() == before
    json.dumps(told)
