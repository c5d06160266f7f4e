"""Home Assistant's rules for integrations, held against a house that is set up."""

import json
from pathlib import Path

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import STATE_UNAVAILABLE, EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
import pytest

import custom_components.nebenkosten as integration
from custom_components.nebenkosten.const import DOMAIN
from custom_components.nebenkosten.runtime import NkConfigEntry, Runtime

from .alerts import state
from .conftest import act, add_meter, settle
from .leaking_house import leaking

TEXTS = Path(integration.__file__).parent / "translations" / "en.json"
MONTH = "sensor.wasser_this_month"


async def test_actions_are_there_before_any_house(hass: HomeAssistant) -> None:
    assert await async_setup_component(hass, DOMAIN, {})
    described = json.loads(TEXTS.read_text("utf-8"))["services"]
    assert hass.services.async_services_for_domain(DOMAIN).keys() == described.keys()
    with pytest.raises(ServiceValidationError):
        await act(hass, "get_consumption")


async def test_without_any_result_entities_are_unavailable(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    switch = {"entity_id": "switch.test_home_automatic_processing"}
    await hass.services.async_call("switch", "turn_off", switch, blocking=True)
    await add_meter(hass, house, name="Wasser", medium="water", unit="m³")
    entities = [MONTH, "binary_sensor.wasser_anomaly", "event.wasser_anomaly"]
    assert {state(hass, one).state for one in entities} == {STATE_UNAVAILABLE}
    # The first reading of all can be typed nevertheless.
    assert state(hass, "number.wasser_new_reading").state != STATE_UNAVAILABLE
    await act(hass, "run_analytics")
    assert STATE_UNAVAILABLE not in {state(hass, one).state for one in entities}


async def test_a_house_can_be_unloaded_and_set_up_again(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await leaking(hass, house, {})
    before = state(hass, MONTH).state
    analytics = house.runtime_data
    assert isinstance(analytics, Runtime)
    assert await hass.config_entries.async_unload(house.entry_id)
    assert house.state is ConfigEntryState.NOT_LOADED
    assert state(hass, MONTH).state == STATE_UNAVAILABLE
    with pytest.raises(ServiceValidationError):
        await act(hass, "get_consumption")
    assert await hass.config_entries.async_setup(house.entry_id)
    await settle(hass)
    assert house.runtime_data is not analytics
    assert state(hass, MONTH).state == before


async def test_entities_are_unique_named_and_sorted(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await leaking(hass, house, {})
    entries = er.async_entries_for_config_entry(er.async_get(hass), house.entry_id)
    assert len({(one.domain, one.unique_id) for one in entries}) == len(entries)
    for one in entries:
        assert one.unique_id.startswith(("wasser_", "house_")), one.unique_id
        assert one.has_entity_name
        assert one.translation_key == one.unique_id.partition("_")[2]
        assert one.device_id
    by_id = {(one.domain, one.unique_id): one for one in entries}
    diagnostic = {
        key
        for (_, key), one in by_id.items()
        if one.entity_category is EntityCategory.DIAGNOSTIC
    }
    assert {"wasser_quality", "wasser_last_reading", "wasser_stale"} <= diagnostic
    assert not diagnostic & {"wasser_month", "wasser_counter", "wasser_anomaly"}
    for key, kind in (("month", "water"), ("last_reading", "timestamp")):
        assert by_id["sensor", f"wasser_{key}"].original_device_class == kind
    # They would be counted twice beside the published statistics.
    assert "state_class" not in state(hass, MONTH).attributes


async def test_a_removed_meter_takes_its_device_along(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    subentry_id = await add_meter(hass, house, name="Wasser", medium="water", unit="m³")
    devices = dr.async_get(hass)

    def device(key: str) -> dr.DeviceEntry | None:
        return devices.async_get_device_by_identifier((DOMAIN, key), house.entry_id)

    meter, of_house = device("wasser"), device(house.entry_id)
    assert meter is not None
    assert of_house is not None
    assert (meter.name, meter.via_device_id) == ("Wasser", of_house.id)
    hass.config_entries.async_remove_subentry(house, subentry_id)
    await settle(hass)
    assert device("wasser") is None
    assert device(house.entry_id) is not None
    left = er.async_entries_for_config_entry(er.async_get(hass), house.entry_id)
    assert not [one.entity_id for one in left if one.unique_id.startswith("wasser_")]
