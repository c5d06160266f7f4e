"""A new kind of source is one file and a line in the registry."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.selector import ObjectSelector
import pytest

from custom_components.nebenkosten.const import SUBENTRY_PHYSICAL
from custom_components.nebenkosten.runtime import NkConfigEntry
from custom_components.nebenkosten.sources.registry import SOURCES

from .conftest import act, add_meter, settle
from .example_source import COUNTER, COUNTERS

WATER = {"name": "Wasser", "medium": "water", "unit": "m³"}


@pytest.fixture(autouse=True)
def _registered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Add the registry's line."""
    monkeypatch.setitem(SOURCES, COUNTER.kind, COUNTER)


async def _form(hass: HomeAssistant, house: NkConfigEntry) -> Any:
    """Begin to add a meter."""
    return await hass.config_entries.subentries.async_init(
        (house.entry_id, SUBENTRY_PHYSICAL), context={"source": "user"}
    )


async def test_the_form_offers_it(hass: HomeAssistant, house: NkConfigEntry) -> None:
    form = await _form(hass, house)
    sources = form["data_schema"].schema["sources"]
    assert isinstance(sources, ObjectSelector)
    fields: Any = sources.config["fields"]
    assert list(fields) == ["entity", "statistic", "counter", "from", "to"]
    (option,) = fields["counter"]["selector"]["select"]["options"]
    assert option == {"value": "cellar", "label": "cellar"}


@pytest.mark.parametrize(
    ("row", "values", "key"),
    [
        ({"counter": "attic"}, {}, "source_unknown"),
        (
            {"counter": "cellar"},
            {"medium": "electricity", "unit": "kWh"},
            "source_unit",
        ),
        ({"counter": "cellar", "entity": "sensor.a"}, {}, "source_one_of"),
    ],
)
async def test_the_form_refuses_what_it_cannot_read(
    hass: HomeAssistant,
    house: NkConfigEntry,
    row: dict[str, str],
    values: dict[str, str],
    key: str,
) -> None:
    form = await _form(hass, house)
    done = await hass.config_entries.subentries.async_configure(
        form["flow_id"], WATER | values | {"sources": [row]}
    )
    assert done["type"] is FlowResultType.FORM
    assert done["errors"] == {"sources": key}


async def test_a_run_brings_its_readings_into_the_journal(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await add_meter(hass, house, **WATER, sources=[{"counter": "cellar"}])
    (subentry,) = house.subentries.values()
    kept = {"kind": "counter", "reference": "cellar"}
    assert subentry.data["sources"] == [kept]
    await act(hass, "run_analytics")
    await settle(hass)
    found = await act(hass, "get_readings", meter_id="wasser")
    readings = found["meters"]["wasser"]["readings"]
    assert [one["value"] for one in readings] == [
        one.value for one in COUNTERS["cellar"]
    ]
    assert {one["source"] for one in readings} == {"counter:cellar"}
    snapshot = house.runtime_data.coordinator.data.meters["wasser"]
    assert snapshot.reading == pytest.approx(131.25)


async def test_the_settings_show_it_as_it_was_chosen(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await add_meter(hass, house, **WATER, sources=[{"counter": "cellar"}])
    (subentry,) = house.subentries.values()
    menu = await hass.config_entries.subentries.async_init(
        (house.entry_id, SUBENTRY_PHYSICAL),
        context={"source": "reconfigure", "subentry_id": subentry.subentry_id},
    )
    form: Any = await hass.config_entries.subentries.async_configure(
        menu["flow_id"], {"next_step_id": "settings"}
    )
    suggested = {
        str(key): key.description["suggested_value"]
        for key in form["data_schema"].schema
        if key.description and "suggested_value" in key.description
    }
    assert suggested["sources"] == [{"counter": "cellar"}]
