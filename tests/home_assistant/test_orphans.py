"""What a meter no longer has leaves the registries."""

from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er

from custom_components.nebenkosten.const import DOMAIN
from custom_components.nebenkosten.data import NkConfigEntry

from .conftest import add_meter, settle


def _keys(hass: HomeAssistant, house: NkConfigEntry) -> set[str]:
    registry = er.async_get(hass)
    found = er.async_entries_for_config_entry(registry, house.entry_id)
    return {one.unique_id for one in found if one.unique_id.startswith("strom_")}


async def _change(hass: HomeAssistant, house: NkConfigEntry, **data: object) -> None:
    subentry: ConfigSubentry = next(iter(house.subentries.values()))
    hass.config_entries.async_update_subentry(
        house, subentry, data={**subentry.data, **data}
    )
    await settle(hass)


async def test_the_box_goes_when_a_sensor_comes(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await add_meter(hass, house)
    before = _keys(hass, house)
    assert "strom_new_reading" in before
    hass.states.async_set("sensor.dial", "5", {ATTR_UNIT_OF_MEASUREMENT: "kWh"})
    source = {"kind": "entity", "reference": "sensor.dial"}
    await _change(hass, house, sources=[source])
    assert before - _keys(hass, house) == {"strom_new_reading"}
    # A sensor that is not there yet takes nothing away.
    live = _keys(hass, house) - before
    hass.states.async_remove("sensor.dial")
    assert await hass.config_entries.async_reload(house.entry_id)
    await settle(hass)
    assert live <= _keys(hass, house)
    await _change(hass, house, sources=[])
    assert _keys(hass, house) == before


async def test_what_somebody_disabled_stays(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await add_meter(hass, house)
    registry = er.async_get(hass)
    entity_id = registry.async_get_entity_id("sensor", DOMAIN, "strom_month")
    assert entity_id is not None
    registry.async_update_entity(entity_id, disabled_by=er.RegistryEntryDisabler.USER)
    assert await hass.config_entries.async_reload(house.entry_id)
    await settle(hass)
    assert "strom_month" in _keys(hass, house)


async def test_a_removed_meter_takes_its_device_along(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    subentry_id = await add_meter(hass, house)
    devices = dr.async_get(hass)
    assert devices.async_get_devices(identifiers={(DOMAIN, "strom")})
    left = devices.async_get_or_create(
        config_entry_id=house.entry_id, identifiers={(DOMAIN, "of_an_old_version")}
    )
    hass.config_entries.async_remove_subentry(house, subentry_id)
    await settle(hass)
    assert devices.async_get_devices(identifiers={(DOMAIN, "strom")}) == []
    assert devices.async_get(left.id) is None
    assert devices.async_get_devices(identifiers={(DOMAIN, house.entry_id)})
    assert _keys(hass, house) == set()


async def test_after_its_removal_a_dial_has_no_entities(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await add_meter(hass, house)
    gone = {"strom_counter", "strom_last_reading", "strom_stale", "strom_new_reading"}
    assert gone <= _keys(hass, house)
    await _change(hass, house, removed="2026-02-01")
    assert not gone & _keys(hass, house)
    assert "strom_year" in _keys(hass, house)
