"""Files by clicking: readings, also of grid operators, and a whole installation."""

from datetime import date, time
import io
from typing import Any

from homeassistant.config_entries import SOURCE_RECONFIGURE
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import openpyxl
import pytest

from custom_components.nebenkosten.const import DOMAIN
from custom_components.nebenkosten.flows.checks import year_start_of
from custom_components.nebenkosten.runtime import NkConfigEntry

from .conftest import act, add_meter, settle
from .uploads import Upload, upload

__all__ = ["upload"]


def excel(*rows: list[Any]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


async def _house_menu(hass: HomeAssistant, house: NkConfigEntry) -> Any:
    menu = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_RECONFIGURE, "entry_id": house.entry_id}
    )
    return await hass.config_entries.flow.async_configure(
        menu["flow_id"], {"next_step_id": "import_readings"}
    )


async def _meter_menu(hass: HomeAssistant, house: NkConfigEntry) -> Any:
    subentry = list(house.subentries.values())[-1]
    menu = await hass.config_entries.subentries.async_init(
        (house.entry_id, "physical_meter"),
        context={"source": "reconfigure", "subentry_id": subentry.subentry_id},
    )
    return await hass.config_entries.subentries.async_configure(
        menu["flow_id"], {"next_step_id": "import_readings"}
    )


async def test_a_file_of_the_grid_operator(
    hass: HomeAssistant, house: NkConfigEntry, upload: Upload
) -> None:
    await add_meter(hass, house, more={"serial_number": "1EMH00"})
    content = excel(
        [
            "Zählerstände Ihrer Lieferstelle",
        ],
        ["Zählernummer", "Ab-Datum", "Ab-Zeit", "Zählerstand", "Einheit"],
        ["1EMH00", date(2025, 12, 31), time(12, 0), 1000.5, "kWh"],
        ["1EMH00", date(2026, 1, 31), "08:15", 1310, "kWh"],
    )
    form = await _house_menu(hass, house)
    preview: Any = await hass.config_entries.flow.async_configure(
        form["flow_id"], {"file": upload("a.xlsx", content), "bare_dates": "end"}
    )
    assert preview["step_id"] == "preview_readings"
    assert preview["description_placeholders"]["count"] == "2"
    assert "1000.5" in preview["description_placeholders"]["first"]
    readings = (await act(hass, "get_readings"))["meters"]["strom"]["readings"]
    assert readings == []
    done: Any = await hass.config_entries.flow.async_configure(preview["flow_id"], {})
    assert done["reason"] == "readings_imported"
    assert done["description_placeholders"] == {"imported": "2", "duplicates": "0"}
    readings = (await act(hass, "get_readings"))["meters"]["strom"]["readings"]
    assert [one["time"][:16] for one in readings] == [
        "2025-12-31T12:00",
        "2026-01-31T08:15",
    ]


async def test_columns_of_other_names_are_chosen(
    hass: HomeAssistant, house: NkConfigEntry, upload: Upload
) -> None:
    await add_meter(hass, house)
    content = "Tag;kWh;was\n31.12.2025;1.000,5;x\n31.01.2026;1.310,0;y\n".encode(
        "cp1252"
    )
    form = await _meter_menu(hass, house)
    columns: Any = await hass.config_entries.subentries.async_configure(
        form["flow_id"], {"file": upload("a.csv", content), "bare_dates": "start"}
    )
    assert columns["step_id"] == "import_columns"
    preview: Any = await hass.config_entries.subentries.async_configure(
        columns["flow_id"], {"time": "Tag", "value": "kWh", "note": "was"}
    )
    assert preview["step_id"] == "preview_readings"
    done: Any = await hass.config_entries.subentries.async_configure(
        preview["flow_id"], {}
    )
    assert done["reason"] == "readings_imported"
    readings = (await act(hass, "get_readings"))["meters"]["strom"]["readings"]
    assert readings[0]["time"] == "2025-12-31T00:00:00+01:00"
    assert [one["note"] for one in readings] == ["x", "y"]


async def test_a_house_needs_to_know_whose_readings_they_are(
    hass: HomeAssistant, house: NkConfigEntry, upload: Upload
) -> None:
    await add_meter(hass, house)
    form = await _house_menu(hass, house)
    columns: Any = await hass.config_entries.flow.async_configure(
        form["flow_id"],
        {
            "file": upload("a.csv", b"time;value;wo\n2026-01-01;5;Strom\n"),
            "bare_dates": "end",
        },
    )
    assert columns["step_id"] == "import_columns"
    chosen = {"time": "time", "value": "value"}
    again: Any = await hass.config_entries.flow.async_configure(
        columns["flow_id"], chosen
    )
    assert again["errors"] == {"meter_id": "column_missing"}
    preview: Any = await hass.config_entries.flow.async_configure(
        columns["flow_id"], chosen | {"meter_id": "wo"}
    )
    assert preview["step_id"] == "preview_readings"


@pytest.mark.parametrize(
    ("content", "field", "key"),
    [
        (b"", "file", "file_empty"),
        (b"\0\0", "file", "not_a_csv"),
        (b"PK\x03\x04 broken", "file", "not_an_excel"),
        (b"one\ntwo\n", "file", "not_a_csv"),
        (
            b"title\nmeter_id;time;value\n\nstrom;gestern;5\n;2026-01-01;6\n",
            "base",
            "rows_rejected",
        ),
    ],
)
async def test_a_file_that_cannot_be_taken_is_said_and_mended(
    hass: HomeAssistant,
    house: NkConfigEntry,
    upload: Upload,
    content: bytes,
    field: str,
    key: str,
) -> None:
    await add_meter(hass, house)
    form = await _house_menu(hass, house)
    wrong: Any = await hass.config_entries.flow.async_configure(
        form["flow_id"], {"file": upload("a", content), "bare_dates": "end"}
    )
    assert wrong["errors"] == {field: key}
    if key == "rows_rejected":
        first, second = wrong["description_placeholders"]["rows"].splitlines()
        assert first.startswith("- 4, time „gestern“")
        assert second.startswith("- 5, meter_id")
    good = upload("b", b"meter_id;time;value\nstrom;2026-01-01;5\n")
    preview: Any = await hass.config_entries.flow.async_configure(
        form["flow_id"], {"file": good, "bare_dates": "end"}
    )
    assert preview["step_id"] == "preview_readings"


async def test_gas_and_billing_year_are_options(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    form = await hass.config_entries.options.async_init(house.entry_id)
    base: dict[str, Any] = {"run_time": "03:30:00"}
    rows: list[dict[str, Any]] = [
        {"energy_content": 11.1, "z_factor": 0.95},
        {"valid_from": "2026-01-01", "energy_content": 11.3, "z_factor": 0.95},
    ]
    wrong: list[tuple[dict[str, Any], dict[str, str]]] = [
        ({"billing_year_start": "31.2."}, {"base": "year_start_invalid"}),
        ({"gas": [rows[0], rows[0]]}, {"gas": "gas_twice"}),
        ({"gas": [rows[0] | {"z_factor": 0}]}, {"gas": "gas_incomplete"}),
    ]
    for text in ("10-01", "1.10.", "1. 10."):
        assert year_start_of(text) == "10-01"
    assert year_start_of("  ") is None
    for given, errors in wrong:
        again: Any = await hass.config_entries.options.async_configure(
            form["flow_id"], base | given
        )
        assert again["errors"] == errors
    done: Any = await hass.config_entries.options.async_configure(
        form["flow_id"], base | {"billing_year_start": "1.7.", "gas": rows}
    )
    assert done["type"] is FlowResultType.CREATE_ENTRY
    await settle(hass)
    found = house.runtime_data.loaded.house
    assert found.billing_year_start == (7, 1)
    assert [factor.brennwert for factor in found.gas] == [11.1, 11.3]


async def test_a_house_that_is_gone_meanwhile_takes_no_file(
    hass: HomeAssistant, house: NkConfigEntry, upload: Upload
) -> None:
    await add_meter(hass, house)
    good = b"meter_id;time;value\nstrom;2026-01-01;5\n"
    form = await _house_menu(hass, house)
    preview: Any = await hass.config_entries.flow.async_configure(
        form["flow_id"], {"file": upload("a", good), "bare_dates": "end"}
    )
    await hass.config_entries.async_unload(house.entry_id)
    done: Any = await hass.config_entries.flow.async_configure(preview["flow_id"], {})
    assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "unknown")
    form = await _house_menu(hass, house)
    wrong: Any = await hass.config_entries.flow.async_configure(
        form["flow_id"], {"file": upload("b", good), "bare_dates": "end"}
    )
    assert wrong["errors"] == {"file": "unknown"}
    hass.config_entries.flow.async_abort(form["flow_id"])
