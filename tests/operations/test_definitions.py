"""Meters that fit together, move, and change: what follows from it."""

from types import MappingProxyType
from typing import Any

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import area_registry as ar, device_registry as dr
from homeassistant.setup import async_setup_component
import pytest

from custom_components.nebenkosten.const import DOMAIN
from custom_components.nebenkosten.engine.domain.validation import Check
from custom_components.nebenkosten.runtime import NkConfigEntry

from ..home_assistant.computed_meters import add_computed
from ..home_assistant.conftest import act, add_meter, settle
from ..home_assistant.reading_back import published, used_per_day
from .tools import issues, read_house


async def test_the_graph_follows_from_the_definitions(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await read_house(hass, house)
    await add_computed(
        hass, house, "virtual_meter", name="Eins", terms=[{"meter_id": "strom"}]
    )
    await add_computed(
        hass, house, "virtual_meter", name="Zwei", terms=[{"meter_id": "eins"}]
    )
    built = house.runtime_data.loaded.house
    assert built.with_dependents({"strom"}) == {"strom", "eins", "zwei"}
    subentry = next(s for s in house.subentries.values() if s.unique_id == "eins")
    flow = await hass.config_entries.subentries.async_init(
        (house.entry_id, "virtual_meter"),
        context={"source": "reconfigure", "subentry_id": subentry.subentry_id},
    )
    form = {
        "name": "Eins",
        "medium": "electricity",
        "unit": "kWh",
        "terms": [{"meter_id": "zwei"}],
    }
    refused = await hass.config_entries.subentries.async_configure(
        flow["flow_id"], form
    )
    assert "check_cycle" in (refused["errors"] or {}).values()
    path = (refused["description_placeholders"] or {})["path"].split(" → ")
    assert (path[0], set(path)) == (path[-1], {"eins", "zwei"})


async def test_a_meter_that_moves_keeps_its_history(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    """Areas and persons of flats wait for parties; the place is Home Assistant's."""
    await read_house(hass, house)
    before = await published(hass, "strom")
    registry = dr.async_get(hass)
    device = registry.async_get_device_by_identifier((DOMAIN, "strom"), house.entry_id)
    assert device is not None
    cellar = ar.async_get(hass).async_create("Keller")
    registry.async_update_device(device.id, area_id=cellar.id)
    await hass.config_entries.async_reload(house.entry_id)
    await settle(hass)
    run = await act(hass, "run_analytics")
    assert run["written"]["statistics"] == 0
    assert await published(hass, "strom") == before
    kept = registry.async_get(device.id)
    assert kept is not None
    assert kept.area_id == cellar.id


_PLAIN = {"medium": "electricity", "unit": "kWh"}
_A = _PLAIN | {"meter_id": "a"}
_SOURCE = {"kind": "entity", "reference": "sensor.one"}
_PERIOD: dict[str, Any] = {"start_date": "2025-01-01", "source_meters": ["a"]}
_ENDED = _PERIOD | {"end_date": "2025-06-30"}


def _master(*periods: dict[str, Any]) -> dict[str, Any]:
    return _PLAIN | {"meter_id": "m", "periods": list(periods)}


def _virtual(*terms: str) -> dict[str, Any]:
    rows = [{"meter_id": term} for term in terms]
    return _PLAIN | {"meter_id": "v", "terms": rows}


# The definitions, by meter id, that do not fit in each way.
BAD: dict[Check, dict[str, dict[str, Any]]] = {
    Check.CYCLE: {"v": _virtual("v")},
    Check.IDS_COLLIDE: {"a": _A, "a_previous": _PLAIN | {"meter_id": "a_previous"}},
    Check.OPERAND_MISSING: {"v": _virtual("x")},
    Check.PART_OF_MISSING: {"a": _A | {"part_of": "x"}},
    Check.PART_OF_ITSELF: {"a": _A | {"part_of": "a"}},
    Check.PERIOD_BACKWARDS: {
        "a": _A,
        "m": _master(_PERIOD | {"end_date": "2024-01-01"}),
    },
    Check.PERIODS_GAP: {
        "a": _A,
        "m": _master(_ENDED, _PERIOD | {"start_date": "2025-08-01"}),
    },
    Check.PERIODS_OVERLAP: {
        "a": _A,
        "m": _master(_ENDED, _PERIOD | {"start_date": "2025-06-01"}),
    },
    Check.SOURCE_COMPUTED: {
        "a": _A,
        "v": _virtual("a"),
        "m": _master(_PERIOD | {"source_meters": ["v"]}),
    },
    Check.SOURCE_GONE: {"a": _A | {"sources": [_SOURCE]}},
    Check.SOURCE_SHARED: {
        "a": _A | {"sources": [_SOURCE]},
        "b": _PLAIN | {"meter_id": "b", "sources": [_SOURCE]},
    },
    Check.TERM_TWICE: {"a": _A, "v": _virtual("a", "a")},
    Check.UNITS: {"a": _A | {"unit": "m³", "medium": "water"}, "v": _virtual("a")},
}


@pytest.mark.parametrize("code", list(Check))
async def test_each_fault_is_found_told_and_gone_with_its_cause(
    hass: HomeAssistant, house: NkConfigEntry, code: Check
) -> None:
    assert (await act(hass, "check_config"))["findings"] == []
    if code is Check.SOURCE_SHARED:
        hass.states.async_set("sensor.one", "1", {"unit_of_measurement": "kWh"})
    added = []
    for key, data in BAD[code].items():
        kind = "master_meter" if "periods" in data else "physical_meter"
        kind = "virtual_meter" if "terms" in data else kind
        subentry = ConfigSubentry(
            data=MappingProxyType(data), subentry_type=kind, title=key, unique_id=key
        )
        added.append(subentry.subentry_id)
        hass.config_entries.async_add_subentry(house, subentry)
    await settle(hass)
    found = (await act(hass, "check_config"))["findings"]
    assert code.value in {one["code"] for one in found}
    for one in found:
        assert one["text"]
        assert one["way_out"]
        assert one["level"] in ("warning", "error")
    assert any(code.value in issue for issue in issues(hass))
    for subentry_id in reversed(added):
        hass.config_entries.async_remove_subentry(house, subentry_id)
    await settle(hass)
    assert (await act(hass, "check_config"))["findings"] == []
    assert not any("definition" in issue for issue in issues(hass))


async def test_the_way_out_leads_into_the_meters_form(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    assert await async_setup_component(hass, "repairs", {})
    hass.states.async_set("sensor.one", "1", {"unit_of_measurement": "kWh"})
    await add_meter(hass, house, sources=[{"entity": "sensor.one"}])
    hass.states.async_remove("sensor.one")
    await hass.config_entries.async_reload(house.entry_id)
    await settle(hass)
    (issue,) = [one for one in issues(hass) if one.startswith("definition")]
    manager = hass.data["repairs"]["flow_manager"]
    flow = await manager.async_init(DOMAIN, data={"issue_id": issue})
    done = await manager.async_configure(flow["flow_id"], {})
    _, opened = done["next_flow"]
    hass.states.async_set("sensor.two", "1", {"unit_of_measurement": "kWh"})
    menu = await hass.config_entries.subentries.async_configure(
        opened, {"next_step_id": "settings"}
    )
    assert menu["step_id"] == "settings"
    await hass.config_entries.subentries.async_configure(
        opened,
        {
            "name": "Strom",
            "medium": "electricity",
            "unit": "kWh",
            "sources": [{"entity": "sensor.two"}],
        },
    )
    await settle(hass)
    assert not any(one.startswith("definition") for one in issues(hass))


async def test_a_factor_changes_what_it_concerns_from_its_day_on(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await read_house(hass, house, medium="gas", unit="m³")
    before = await used_per_day(hass, "strom", "energy")
    known = house.runtime_data.stored.last_values.meters["strom"].stamp
    flow = await hass.config_entries.options.async_init(house.entry_id)
    gas = [
        {"energy_content": 11.504, "z_factor": 0.8885},
        {"energy_content": 12.0, "z_factor": 0.9, "valid_from": "2026-03-01"},
    ]
    await hass.config_entries.options.async_configure(
        flow["flow_id"], {"run_time": "03:30:00", "gas": gas}
    )
    await settle(hass)
    await act(hass, "run_analytics")
    assert house.runtime_data.stored.last_values.meters["strom"].stamp != known
    after = await used_per_day(hass, "strom", "energy")
    volumes = await used_per_day(hass, "strom")
    for day, energy in after.items():
        if day < "2026-03-01":
            assert energy == pytest.approx(before[day])
        else:
            assert energy == pytest.approx(volumes[day] * 10.8)
