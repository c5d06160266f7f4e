"""Devices of meters that are gone leave the registry."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr

from custom_components.nebenkosten.const import DOMAIN
from custom_components.nebenkosten.runtime import NkConfigEntry

from .conftest import add_meter, settle


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
