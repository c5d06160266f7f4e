"""Entities and devices that a meter no longer has leave the registries."""

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er

from .const import DOMAIN
from .data import NkConfigEntry
from .engine.meter import AnyMeter, Meter
from .live_entities import LIVE_KEYS


@callback
def async_remove_orphans(hass: HomeAssistant, entry: NkConfigEntry) -> None:
    """Remove what set-up has not added again; to be called at its end.

    What somebody disabled is not added either, and stays; so does what only waits for
    a sensor that is not there yet.
    """
    meters = dict(entry.runtime_data.meters_by_subentry())
    entities = er.async_get(hass)
    for one in er.async_entries_for_config_entry(entities, entry.entry_id):
        meter = meters.get(one.config_subentry_id or "")
        if meter is not None and _is_orphan(hass, one, meter):
            entities.async_remove(one.entity_id)
    devices = dr.async_get(hass)
    for device in dr.async_entries_for_config_entry(devices, entry.entry_id):
        of_house = (DOMAIN, entry.entry_id) in device.identifiers
        if not of_house and not er.async_entries_for_device(
            entities, device.id, include_disabled_entities=True
        ):
            devices.async_update_device(
                device.id, remove_config_entry_id=entry.entry_id
            )


def _is_orphan(hass: HomeAssistant, one: er.RegistryEntry, meter: AnyMeter) -> bool:
    if one.disabled_by is not None:
        return False
    key = one.unique_id.removeprefix(f"{meter.key}_")
    if key in LIVE_KEYS and isinstance(meter, Meter) and meter.sources:
        return False
    state = hass.states.get(one.entity_id)
    return state is None or bool(state.attributes.get("restored"))
