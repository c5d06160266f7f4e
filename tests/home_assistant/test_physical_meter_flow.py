"""Adding and changing a meter, and reading it by clicking."""

from typing import Any

from homeassistant.components.recorder.models import StatisticMeanType
from homeassistant.components.recorder.statistics import async_add_external_statistics
from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)

from custom_components.nebenkosten.const import SUBENTRY_PHYSICAL
from custom_components.nebenkosten.runtime import NkConfigEntry

from .conftest import act, add_meter, settle
from .meter_forms import go_on, menu

type Flow = dict[str, Any]


async def _try(hass: HomeAssistant, house: NkConfigEntry, **form: Any) -> Any:
    flow = await hass.config_entries.subentries.async_init(
        (house.entry_id, SUBENTRY_PHYSICAL), context={"source": "user"}
    )
    values = {"name": "Strom", "medium": "electricity", "unit": "kWh"} | form
    return await hass.config_entries.subentries.async_configure(flow["flow_id"], values)


async def _statistic(
    hass: HomeAssistant, statistic_id: str, unit: str, *, has_sum: bool = True
) -> None:
    async_add_external_statistics(
        hass,
        {
            "mean_type": StatisticMeanType.NONE,
            "has_sum": has_sum,
            "name": None,
            "source": statistic_id.split(":", maxsplit=1)[0],
            "statistic_id": statistic_id,
            "unit_class": "volume" if unit == "m³" else "energy",
            "unit_of_measurement": unit,
        },
        [],
    )
    await async_wait_recording_done(hass)


async def test_everything_entered_is_kept(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    hass.states.async_set("sensor.gas", "5", {ATTR_UNIT_OF_MEASUREMENT: "m³"})
    hass.states.async_set("input_number.gas", "5")
    await _statistic(hass, "opower:gas", "m³")
    await add_meter(
        hass,
        house,
        name="Gas Haus",
        meter_id="Gas_1",
        medium="gas",
        unit="m3",
        installed="2024-01-01",
        removed="2026-12-31",
        sources=[
            {"entity": "sensor.gas", "from": "2025-01-01"},
            {"statistic": "opower:gas", "to": "2024-12-31"},
            {"statistic": "sensor.gas"},
            {"entity": "input_number.gas"},
        ],
        more={"role": "main", "serial_number": "4711", "digits": 6.0, "decimals": 2.0},
    )
    (subentry,) = house.subentries.values()
    assert (subentry.title, subentry.unique_id) == ("Gas Haus", "gas_1")
    assert dict(subentry.data) == {
        "meter_id": "Gas_1",
        "medium": "gas",
        "unit": "m³",
        "installed": "2024-01-01",
        "removed": "2026-12-31",
        "sources": [
            {"kind": "entity", "reference": "sensor.gas", "from": "2025-01-01"},
            {"kind": "statistic", "reference": "opower:gas", "to": "2024-12-31"},
            {"kind": "entity", "reference": "sensor.gas"},
            {"kind": "entity", "reference": "input_number.gas"},
        ],
        "role": "main",
        "serial_number": "4711",
        "digits": 6,
        "decimals": 2,
    }
    form = await menu(hass, house, "settings")
    suggested = {
        str(key): key.description["suggested_value"]
        for key in form["data_schema"].schema
        if key.description and "suggested_value" in key.description
    }
    assert suggested["name"] == "Gas Haus"
    assert suggested["sources"][1] == {"statistic": "opower:gas", "to": "2024-12-31"}


@pytest.mark.parametrize(
    ("form", "field", "key"),
    [
        ({"meter_id": "a b"}, "meter_id", "meter_id_invalid"),
        ({"meter_id": "a__b"}, "meter_id", "meter_id_invalid"),
        ({"name": "!"}, "meter_id", "meter_id_invalid"),
        ({"meter_id": "VORHANDEN"}, "meter_id", "meter_id_taken"),
        ({"medium": "water"}, "unit", "unit_does_not_fit"),
        ({"unit": "°C"}, "unit", "unit_does_not_fit"),
        (
            {"installed": "2025-01-01", "removed": "2024-01-01"},
            "removed",
            "removed_before_installed",
        ),
        ({"installed": "0202-11-01"}, "installed", "year_mistyped"),
        ({"removed": "9999-12-31"}, "removed", "year_mistyped"),
        ({"sources": [{}]}, "sources", "source_one_of"),
        (
            {"sources": [{"entity": "sensor.a", "statistic": "b:c"}]},
            "sources",
            "source_one_of",
        ),
        ({"sources": [{"entity": "sensor.nowhere"}]}, "sources", "source_unknown"),
        ({"sources": [{"entity": "light.lamp"}]}, "sources", "source_wrong_kind"),
        ({"sources": [{"entity": "sensor.power"}]}, "sources", "source_unit"),
        ({"sources": [{"entity": "sensor.secret"}]}, "sources", "source_not_recorded"),
        (
            {"sources": [{"entity": "sensor.vorhanden_counter"}]},
            "sources",
            "source_is_ours",
        ),
        ({"sources": [{"statistic": "opower:none"}]}, "sources", "source_unknown"),
        ({"sources": [{"statistic": "opower:mean"}]}, "sources", "source_no_sum"),
        ({"sources": [{"statistic": "opower:water"}]}, "sources", "source_unit"),
        (
            {"sources": [{"statistic": "nebenkosten:vorhanden_consumption"}]},
            "sources",
            "source_is_ours",
        ),
    ],
)
async def test_what_cannot_be_is_said_at_its_field(
    hass: HomeAssistant,
    house: NkConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
    form: Flow,
    field: str,
    key: str,
) -> None:
    await add_meter(hass, house, name="Vorhanden")
    hass.states.async_set("sensor.power", "5", {ATTR_UNIT_OF_MEASUREMENT: "W"})
    hass.states.async_set("sensor.secret", "5", {ATTR_UNIT_OF_MEASUREMENT: "kWh"})
    await _statistic(hass, "opower:water", "m³")
    await _statistic(hass, "opower:mean", "kWh", has_sum=False)
    hass.data["recorder_instance"].entity_filter = lambda e: e != "sensor.secret"
    answer = await _try(hass, house, **form)
    assert answer["type"] is FlowResultType.FORM
    assert answer["errors"] == {field: key}
    # The same form, mended, goes through.
    mended = await hass.config_entries.subentries.async_configure(
        answer["flow_id"], {"name": "Neu", "medium": "electricity", "unit": "kWh"}
    )
    assert mended["type"] is FlowResultType.CREATE_ENTRY
    await settle(hass)


async def test_settings_change_all_but_the_id(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await add_meter(hass, house)
    form = await menu(hass, house, "settings")
    wrong = await go_on(hass, form, name="S", medium="water", unit="kWh")
    assert wrong["errors"] == {"unit": "unit_does_not_fit"}
    done = await go_on(hass, wrong, name="Neu", medium="electricity", unit="MWh")
    assert (done["type"], done["reason"]) == (
        FlowResultType.ABORT,
        "reconfigure_successful",
    )
    await settle(hass)
    (subentry,) = house.subentries.values()
    assert (subentry.title, subentry.data["unit"]) == ("Neu", "MWh")
    assert subentry.data["meter_id"] == "strom"


async def test_a_reading_is_entered_with_a_preview(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await add_meter(hass, house)
    await act(hass, "add_reading", meter_id="strom", time="2026-03-01", value=100)
    await act(hass, "add_reading", meter_id="strom", time="2026-02-01", value=72)
    form = await menu(hass, house, "enter_reading")
    assert form["description_placeholders"] == {"unit": "kWh"}
    wrong = await go_on(hass, form, value="x", kind="actual")
    assert wrong["errors"] == {"base": "not_a_number"}
    fallen = {"value": "90,5", "kind": "actual", "time": "2026-03-09 00:00:00"}
    asked = await go_on(hass, wrong, **fallen)
    assert asked["errors"] == {"base": "reading_doubted"}
    preview = await go_on(hass, asked, **fallen, confirmed=True)
    assert preview["step_id"] == "confirm_reading"
    told = preview["description_placeholders"]
    assert (told["value"], told["use"], told["days"]) == ("90.5", "-9.5", "7")
    assert told["time"] == "09.03.2026 00:00"
    assert "fell from 100" in told["findings"]
    done = await go_on(hass, preview)
    assert done["reason"] == "reading_saved"
    found = await act(hass, "get_readings", meter_id="strom")
    assert len(found["meters"]["strom"]["readings"]) == 3


async def test_the_first_reading_has_nothing_to_compare_with(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    hass.config.language = "de"
    await add_meter(hass, house)
    form = await menu(hass, house, "enter_reading")
    preview = await go_on(hass, form, value="90,5", kind="actual")
    told = preview["description_placeholders"]
    assert (told["value"], told["use"], told["per_day"]) == ("90,5", "–", "–")
    assert "zweiten" in told["findings"]
    house.runtime_data.loaded.journal.connection.execute("PRAGMA query_only = 1")
    failed = await go_on(hass, preview)
    assert failed["reason"] == "disk_read_only"


async def test_a_reading_is_corrected_or_deleted(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await add_meter(hass, house)
    none = await menu(hass, house, "correct_reading")
    assert none["reason"] == "no_readings"
    for time, value in (("2026-03-01", 1000), ("2026-03-05", 1040)):
        await act(hass, "add_reading", meter_id="strom", time=time, value=value)
    choose = await menu(hass, house, "correct_reading")
    options = choose["data_schema"].schema["reading"].config["options"]
    assert [o["label"] for o in options] == [
        "06.03.2026 00:00 · 1040 kWh",
        "02.03.2026 00:00 · 1000 kWh",
    ]
    edit = await go_on(hass, choose, reading=options[0]["value"])
    wrong = await go_on(hass, edit, value="viel", kind="actual", delete=False)
    assert wrong["errors"] == {"base": "not_a_number"}
    done = await go_on(
        hass,
        wrong,
        value="1045",
        time="2026-03-06 12:00:00",
        kind="estimate",
        note="neu",
        delete=False,
    )
    assert done["reason"] == "reading_saved"
    choose = await menu(hass, house, "correct_reading")
    edit = await go_on(hass, choose, reading=options[1]["value"])
    done = await go_on(hass, edit, value="1000", kind="actual", delete=True)
    assert done["reason"] == "reading_deleted"
    found = await act(hass, "get_readings", meter_id="strom")
    assert [
        (r["value"], r["kind"], r["status"])
        for r in found["meters"]["strom"]["readings"]
    ] == [
        (1000, "actual", "deleted"),
        (1040, "actual", "superseded"),
        (1045, "estimate", "used"),
    ]


async def test_typing_into_the_number_is_a_reading(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await add_meter(hass, house)
    entity_id = er.async_get(hass).async_get_entity_id(
        "number", "nebenkosten", "strom_new_reading"
    )
    assert entity_id is not None
    await hass.services.async_call(
        "number", "set_value", {"entity_id": entity_id, "value": 123.4}, blocking=True
    )
    found = await act(hass, "get_readings", meter_id="strom")
    (reading,) = found["meters"]["strom"]["readings"]
    assert (reading["value"], reading["source"]) == (123.4, "hand")
    await act(hass, "run_analytics")
    await settle(hass)
    state = hass.states.get(entity_id)
    assert state is not None
    assert float(state.state) == 123.4
