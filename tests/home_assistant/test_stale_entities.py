"""What a meter no longer has goes from Home Assistant's registries."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er

from custom_components.nebenkosten.const import DOMAIN
from custom_components.nebenkosten.runtime import NkConfigEntry

from .conftest import add_meter, settle


def _keys(hass: HomeAssistant, entry: NkConfigEntry, subentry_id: str) -> set[str]:
    registry = er.async_get(hass)
    return {
        one.unique_id
        for one in er.async_entries_for_config_entry(registry, entry.entry_id)
        if one.config_subentry_id == subentry_id
    }


async def test_what_a_meter_no_longer_has_is_removed(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    """A box for readings goes once a sensor reads the meter, also a disabled one."""
    other = await add_meter(hass, house, name="Wasser", medium="water", unit="m³")
    subentry_id = await add_meter(hass, house, name="Strom")
    registry = er.async_get(hass)
    before = _keys(hass, house, subentry_id)
    assert "strom_new_reading" in before
    box = registry.async_get_entity_id("number", DOMAIN, "strom_new_reading")
    assert box is not None
    registry.async_update_entity(box, disabled_by=er.RegistryEntryDisabler.USER)
    hass.states.async_set(
        "sensor.dial",
        "100",
        {"unit_of_measurement": "kWh", "state_class": "total_increasing"},
    )
    subentry = house.subentries[subentry_id]
    hass.config_entries.async_update_subentry(
        house,
        subentry,
        data={
            **subentry.data,
            "sources": [{"kind": "entity", "reference": "sensor.dial"}],
        },
    )
    await settle(hass)
    read = _keys(hass, house, subentry_id)
    assert "strom_new_reading" not in read
    assert before - read == {"strom_new_reading"}
    assert read - before == {"strom_today", "strom_rate"}
    hass.config_entries.async_update_subentry(
        house, house.subentries[subentry_id], data={**subentry.data, "sources": []}
    )
    await settle(hass)
    assert _keys(hass, house, subentry_id) == before
    assert "wasser_new_reading" in _keys(hass, house, other)


async def test_a_removed_meter_leaves_no_device_and_no_entity(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    """The house's own device and entities stay."""
    subentry_id = await add_meter(hass, house, name="Strom")
    assert _devices(hass, house) == {house.entry_id, "strom"}
    hass.config_entries.async_remove_subentry(house, subentry_id)
    await settle(hass)
    assert _devices(hass, house) == {house.entry_id}
    assert not _keys(hass, house, subentry_id)


def _devices(hass: HomeAssistant, entry: NkConfigEntry) -> set[str]:
    found = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    return {key for device in found for _, key in device.identifiers}
