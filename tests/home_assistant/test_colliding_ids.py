"""Two meters whose ids would name the same entities: refused, or told where there."""

from types import MappingProxyType
from typing import Any

from homeassistant.config_entries import SOURCE_USER, ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from hypothesis import given, strategies as st
import pytest

from custom_components.nebenkosten.const import (
    DOMAIN,
    SUBENTRY_MASTER,
    SUBENTRY_PHYSICAL,
)
from custom_components.nebenkosten.runtime import NkConfigEntry
from custom_components.nebenkosten.upkeep.identities import (
    ENTITY_KEYS,
    claims,
    free_id,
    rival,
)

from .computed_meters import add_computed
from .conftest import act, add_meter, settle
from .uploads import Upload, upload

__all__ = ["upload"]

_WORDS = ["a", "gas", "house", "previous", "forecast", "new"]
_WORDS += sorted({key for keys in ENTITY_KEYS.values() for key in keys})
KEYS = st.lists(st.sampled_from(_WORDS), min_size=1, max_size=3).map("_".join)


async def _offered(hass: HomeAssistant, house: NkConfigEntry, meter_id: str) -> Any:
    flow = await hass.config_entries.subentries.async_init(
        (house.entry_id, SUBENTRY_PHYSICAL), context={"source": SOURCE_USER}
    )
    form = {"name": "X", "meter_id": meter_id, "medium": "gas", "unit": "m³"}
    return await hass.config_entries.subentries.async_configure(flow["flow_id"], form)


@pytest.mark.parametrize(
    ("there", "wanted"), [("gas", "GAS_previous"), ("gas_previous", "Gas")]
)
async def test_an_id_that_would_name_anothers_entities_is_refused(
    hass: HomeAssistant, house: NkConfigEntry, there: str, wanted: str
) -> None:
    await add_meter(hass, house, meter_id=there)
    form = await _offered(hass, house, wanted)
    assert form["errors"] == {"meter_id": "meter_id_collides"}
    said = form["description_placeholders"]
    assert said == {"other": there, "suggestion": f"{wanted}_2"}
    done = await _offered(hass, house, said["suggestion"])
    assert done["type"] is FlowResultType.CREATE_ENTRY


async def test_a_name_that_makes_such_an_id_is_refused_too(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await add_meter(hass, house, name="Gas")
    await add_meter(hass, house, name="Gas alt")
    done = await add_computed(
        hass,
        house,
        SUBENTRY_MASTER,
        name="Gas previous",
        periods=[{"start_date": "2026-01-01", "source_meters": ["gas"]}],
    )
    assert done["errors"] == {"meter_id": "meter_id_collides"}


async def test_files_that_describe_such_meters_are_refused(
    hass: HomeAssistant, upload: Upload
) -> None:
    flow: Any = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )
    form: Any = await hass.config_entries.flow.async_configure(
        flow["flow_id"], {"run_time": "03:30:00", "import": True}
    )
    meters = b"meters:\n- {meter_id: gas_previous}\n- {meter_id: gas}\n"
    form = await hass.config_entries.flow.async_configure(
        form["flow_id"], {"meters": upload("meters", meters)}
    )
    assert form["errors"] == {"base": "files_wrong"}
    said = form["description_placeholders"]["problems"]
    assert "gas_previous" in said
    assert "gas_2" in said


async def test_meters_that_collide_already_are_told(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await add_meter(hass, house, name="Gas")
    subentry = ConfigSubentry(
        data=MappingProxyType(
            {"meter_id": "gas_previous", "medium": "gas", "unit": "m³"}
        ),
        subentry_type=SUBENTRY_PHYSICAL,
        title="Altes Gas",
        unique_id="gas_previous",
    )
    hass.config_entries.async_add_subentry(house, subentry)
    await settle(hass)
    issue = ir.async_get(hass).async_get_issue(
        DOMAIN, "definition_gas_previous_ids_collide"
    )
    assert issue is not None
    said = issue.translation_placeholders
    assert said is not None
    assert said["name"] == "Altes Gas"
    assert "that of gas claim" in said["text"]
    assert "another id" in said["way_out"]
    (found,) = (await act(hass, "check_config"))["findings"]
    assert found["code"] == "ids_collide"
    hass.config_entries.async_remove_subentry(house, subentry.subentry_id)
    await settle(hass)
    assert not (await act(hass, "check_config"))["findings"]


async def test_each_kind_of_entity_that_a_meter_has_is_claimed(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await add_meter(hass, house, name="Hand")
    hass.states.async_set("sensor.strom", "1", {"unit_of_measurement": "kWh"})
    await add_meter(hass, house, name="Dicht", sources=[{"entity": "sensor.strom"}])
    made: dict[str, set[str]] = {}
    for entity in er.async_entries_for_config_entry(er.async_get(hass), house.entry_id):
        meter, _, key = entity.unique_id.partition("_")
        if meter in ("hand", "dicht"):
            made.setdefault(entity.domain, set()).add(key)
            assert f"{entity.domain}.{entity.unique_id}" in claims(meter)
    assert made == ENTITY_KEYS


@given(st.lists(KEYS, unique=True, max_size=5))
def test_no_two_meters_that_are_let_in_claim_the_same(keys: list[str]) -> None:
    taken: list[str] = []
    for key in keys:
        if rival(key, taken) is None:
            assert not any(claims(key) & claims(other) for other in taken)
            taken.append(key)
            continue
        assert any(claims(key) & claims(other) for other in taken)
        other = free_id(key, taken)
        assert other not in taken
        assert rival(other, taken) is None
