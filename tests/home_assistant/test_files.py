"""Importing and exporting, all or nothing."""

from pathlib import Path
from typing import Any

from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import (
    HomeAssistantError,
    ServiceValidationError,
    Unauthorized,
)
from homeassistant.helpers import device_registry as dr
import pytest
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.nebenkosten.const import DOMAIN
from custom_components.nebenkosten.runtime import NkConfigEntry

from .conftest import act, add_meter

CONTENT = "meter_id;time;value\nstrom;31.01.2026;1.000,5\nstrom;28.02.2026;1.084,5\n"


@pytest.fixture(autouse=True)
async def _meter(hass: HomeAssistant, house: NkConfigEntry) -> None:
    await add_meter(hass, house)


def inbox(hass: HomeAssistant) -> Path:
    folder = Path(hass.config.path("nebenkosten"))
    folder.mkdir(exist_ok=True)
    return folder


async def count(hass: HomeAssistant) -> int:
    found = await act(hass, "get_readings")
    return len(found["meters"]["strom"]["readings"])


async def test_a_text_and_the_same_again(hass: HomeAssistant) -> None:
    tried = await act(hass, "import_readings", content=CONTENT, dry_run=True)
    assert (tried["accepted"], tried["imported"], await count(hass)) == (2, 0, 0)
    done = await act(hass, "import_readings", content=CONTENT)
    assert (done["accepted"], done["imported"], done["duplicates"]) == (2, 2, 0)
    again = await act(hass, "import_readings", content=CONTENT)
    assert (again["imported"], again["duplicates"]) == (0, 2)
    run = await act(hass, "run_analytics")
    assert run["meters"]["strom"]["readings"] == 2


async def test_a_file_of_one_meter(hass: HomeAssistant) -> None:
    (inbox(hass) / "strom.csv").write_bytes(
        "\ufefftime;value\r\n31.01.2026;1,5\r\n".encode()
    )
    done = await act(hass, "import_readings", path="strom.csv", meter_id="strom")
    assert done["imported"] == 1
    early = await act(
        hass, "import_readings", path="strom.csv", meter_id="strom", bare_dates="start"
    )
    assert early["imported"] == 1


async def test_a_bad_row_stops_everything_and_is_named(hass: HomeAssistant) -> None:
    content = CONTENT + "strom;1.3.2026;zwölf\ngas;1.3.2026;1\n"
    tried = await act(hass, "import_readings", content=content, dry_run=True)
    assert tried["accepted"] == 2
    assert [(r["line"], r["column"], r["code"]) for r in tried["rejected"]] == [
        (4, "value", "not_a_number"),
        (5, "meter_id", "unknown_meter"),
    ]
    assert "not a number" in tried["rejected"][0]["text"]
    with pytest.raises(ServiceValidationError) as caught:
        await act(hass, "import_readings", content=content)
    assert caught.value.translation_key == "rows_rejected"
    told = caught.value.translation_placeholders or {}
    assert (told["line"], told["column"], told["count"]) == ("4", "value", "2")
    assert await count(hass) == 0


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"content": ""}, "file_empty"),
        ({}, "file_empty"),
        ({"content": "nonsense"}, "not_a_csv"),
        ({"content": "meter_id;time\nstrom;1.1.2026"}, "column_missing"),
        ({"path": "nowhere.csv"}, "file_unreadable"),
        ({"path": "../nebenkosten.db"}, "path_not_allowed"),
        ({"path": "/etc/passwd"}, "path_not_allowed"),
        ({"path": "link.csv"}, "path_not_allowed"),
        ({"path": "binary.csv"}, "not_a_csv"),
        ({"content": CONTENT, "meter_id": ["strom", "strom2"]}, "unknown_meter_named"),
    ],
)
async def test_what_is_no_file_of_ours(
    hass: HomeAssistant, given: dict[str, Any], key: str
) -> None:
    (inbox(hass) / "link.csv").symlink_to("/etc/passwd")
    (inbox(hass) / "binary.csv").write_bytes(b"PK\0\0")
    with pytest.raises(ServiceValidationError) as caught:
        await act(hass, "import_readings", **given)
    assert caught.value.translation_key == key


async def test_only_one_meter_for_a_file_without_the_column(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await add_meter(hass, house, name="Zwei")
    for action, data in (
        ("import_readings", {"content": CONTENT}),
        ("add_reading", {"value": 1}),
    ):
        with pytest.raises(ServiceValidationError) as caught:
            await act(hass, action, meter_id=["strom", "zwei"], **data)
        assert caught.value.translation_key == "one_meter_only"
    with pytest.raises(ServiceValidationError) as caught:
        await act(hass, "add_reading", value=1)
    assert caught.value.translation_key == "meter_missing"


async def test_a_meter_can_be_named_by_its_device(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), house.entry_id)
    (device,) = [d for d in devices if (DOMAIN, "strom") in d.identifiers]
    await act(hass, "add_reading", device_id=device.id, value=5)
    assert await count(hass) == 1
    with pytest.raises(ServiceValidationError):
        await act(hass, "add_reading", device_id="nowhere", value=5)


async def test_what_is_exported_comes_back_unchanged(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    for time, value, kind in (
        ("2026-01-01 07:30", "12345,678", "install"),
        ("2026-01-31", "12.400,25", "actual"),
        ("2026-02-28 12:00:01", 12445, "estimate"),
    ):
        await act(
            hass,
            "add_reading",
            meter_id="strom",
            time=time,
            value=value,
            kind=kind,
            note='mit "Komma", ja',
        )
    await act(hass, "add_reading", meter_id="strom", value=12.5, unit="MWh")
    exported = await act(hass, "export_readings", meter_id="strom")
    written = await act(hass, "export_readings", path="out.csv")
    assert Path(written["path"]).read_text() == exported["content"]
    with pytest.raises(ServiceValidationError) as caught:
        await act(hass, "export_readings", path="out.csv")
    assert caught.value.translation_key == "file_exists"

    found = await act(hass, "get_readings", meter_id="strom")
    before = [
        (r["time"], r["value"], r["unit"], r["kind"], r["note"])
        for r in found["meters"]["strom"]["readings"]
    ]
    for reading in found["meters"]["strom"]["readings"]:
        await act(hass, "delete_reading", reading_id=reading["id"])
    await act(hass, "import_readings", path="out.csv")
    found = await act(hass, "get_readings", meter_id="strom")
    after = [
        (r["time"], r["value"], r["unit"], r["kind"], r["note"])
        for r in found["meters"]["strom"]["readings"]
        if r["status"] != "deleted"
    ]
    assert after == before


async def test_pages_of_readings(hass: HomeAssistant, house: NkConfigEntry) -> None:
    await add_meter(hass, house, name="Zwei")
    await act(hass, "import_readings", content=CONTENT)
    await act(hass, "import_readings", content=CONTENT.replace("strom", "zwei"))
    first = await act(hass, "get_readings", limit=3)
    assert [len(m["readings"]) for m in first["meters"].values()] == [2, 1]
    rest = await act(hass, "get_readings", limit=3, next=first["next"])
    assert [len(m["readings"]) for m in rest["meters"].values()] == [0, 1]
    assert "next" not in rest
    some = await act(hass, "get_readings", start="2026-02-02", end="2026-02-28")
    assert [len(m["readings"]) for m in some["meters"].values()] == [0, 0]


async def test_a_full_disk_is_said(hass: HomeAssistant, house: NkConfigEntry) -> None:
    await act(hass, "import_readings", content=CONTENT)
    journal = house.runtime_data.loaded.journal
    pages = journal.rows("PRAGMA page_count")[0][0]
    journal.rows(f"PRAGMA max_page_count = {pages}")
    rows = "".join(
        f"strom;2025-01-01 00:{i // 60:02}:{i % 60:02};{i}\n" for i in range(3600)
    )
    with pytest.raises(HomeAssistantError) as caught:
        await act(hass, "import_readings", content="meter_id;time;value\n" + rows)
    assert caught.value.translation_key == "disk_full"
    assert await count(hass) == 2


async def test_a_folder_that_cannot_be_written(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    (Path(hass.config.path("nebenkosten"))).write_text("a file, no folder")
    with pytest.raises(ServiceValidationError) as caught:
        await act(hass, "export_readings", path="sub/out.csv")
    assert caught.value.translation_key == "file_unwritable"


async def test_only_administrators_change_the_past(
    hass: HomeAssistant, hass_read_only_user: MockUser
) -> None:
    context = Context(user_id=hass_read_only_user.id)
    for action, data in (
        ("import_readings", {"content": CONTENT}),
        ("export_readings", {}),
        ("edit_reading", {"reading_id": 1}),
        ("delete_reading", {"reading_id": 1}),
    ):
        with pytest.raises(Unauthorized):
            await hass.services.async_call(
                DOMAIN, action, data, blocking=True, context=context
            )
