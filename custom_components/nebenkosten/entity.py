"""What all entities of a meter and of the house share."""

import asyncio
from collections.abc import Callable, Iterable
from typing import override

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.update_coordinator import CoordinatorEntity
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .coordinator import ResultsCoordinator
from .engine.domain.meters import AnyMeter, Meter, Virtual
from .engine.domain.report import Snapshot
from .runtime import NkConfigEntry, Runtime
from .upkeep.identities import entity_unique_id


def house_device(entry: NkConfigEntry) -> DeviceInfo:
    """Return the house's device."""
    return DeviceInfo(
        identifiers={(DOMAIN, entry.entry_id)},
        name=entry.title,
        entry_type=DeviceEntryType.SERVICE,
    )


def house_device_id(hass: HomeAssistant, entry: NkConfigEntry) -> str:
    """Return the id of the house's device, below which all others lie."""
    device = dr.async_get(hass).async_get_or_create(
        config_entry_id=entry.entry_id, identifiers={(DOMAIN, entry.entry_id)}
    )
    return device.id


@callback
def add_meter_devices(runtime: Runtime) -> None:
    """Add each meter's device below the house's.

    Once each, not with each entity: hundreds of meters have thousands of entities.
    """
    hass, entry = runtime.loaded.hass, runtime.loaded.entry
    house = house_device_id(hass, entry)
    for subentry_id, meter in runtime.loaded.by_subentry():
        dr.async_get(hass).async_get_or_create(
            config_entry_id=entry.entry_id,
            config_subentry_id=subentry_id,
            identifiers={(DOMAIN, meter.key)},
            name=meter.name,
            model=meter.model if isinstance(meter, Meter) else None,
            serial_number=meter.serial_number if isinstance(meter, Meter) else None,
            via_device_id=house,
        )


def has_dial(meter: AnyMeter) -> bool:
    """Return whether somebody or something reads it today."""
    if isinstance(meter, Virtual):
        return False
    return meter.last_day is None or meter.last_day >= dt_util.now().date()


async def async_add_of_meters(
    runtime: Runtime,
    platform: Platform,
    async_add_entities: AddConfigEntryEntitiesCallback,
    of_meter: Callable[[AnyMeter], Iterable[MeterEntity]],
) -> None:
    """Add each meter's entities of a platform; those it no longer has are removed.

    Others have their turn after each meter: hundreds have thousands of entities.
    """
    registered = _registered(runtime, platform)
    for subentry_id, meter in runtime.loaded.by_subentry():
        entities = list(of_meter(meter))
        has = {entity.unique_id for entity in entities}
        for one in registered.get(subentry_id, ()):
            if one.unique_id not in has:
                er.async_get(runtime.loaded.hass).async_remove(one.entity_id)
        async_add_entities(entities, config_subentry_id=subentry_id)
        await asyncio.sleep(0)


@callback
def _registered(
    runtime: Runtime, platform: Platform
) -> dict[str | None, list[er.RegistryEntry]]:
    """Return the house's entities of a platform by the subentry that they belong to."""
    registry = er.async_get(runtime.loaded.hass)
    found: dict[str | None, list[er.RegistryEntry]] = {}
    entry_id = runtime.loaded.entry.entry_id
    for one in er.async_entries_for_config_entry(registry, entry_id):
        if one.domain == platform:
            found.setdefault(one.config_subentry_id, []).append(one)
    return found


@callback
def remove_empty_devices(hass: HomeAssistant, entry: NkConfigEntry) -> None:
    """Remove the devices that nothing belongs to any more, but never the house's."""
    devices, entities = dr.async_get(hass), er.async_get(hass)
    for device in dr.async_entries_for_config_entry(devices, entry.entry_id):
        of_house = (DOMAIN, entry.entry_id) in device.identifiers
        if not of_house and not er.async_entries_for_device(
            entities, device.id, include_disabled_entities=True
        ):
            devices.async_update_device(
                device.id, remove_config_entry_id=entry.entry_id
            )


class MeterEntity(CoordinatorEntity[ResultsCoordinator]):
    """An entity of one meter; its device lies below the house's."""

    _attr_has_entity_name = True

    def __init__(
        self, runtime: Runtime, meter: AnyMeter, description: EntityDescription
    ) -> None:
        """Name entity and device after the meter."""
        super().__init__(runtime.coordinator)
        self.entity_description = description
        self.meter = meter
        self._attr_unique_id = entity_unique_id(meter.key, description.key)
        self.device_entry = dr.async_get(
            runtime.loaded.hass
        ).async_get_device_by_identifier(
            (DOMAIN, meter.key), config_entry_id=runtime.loaded.entry.entry_id
        )

    @property
    def snapshot(self) -> Snapshot | None:
        """Return the meter's values as they hold today, None before the first run."""
        found = self.coordinator.data.meters.get(self.meter.key)
        return None if found is None else found.on(dt_util.now().date())

    @property
    @override
    def available(self) -> bool:
        """Return whether there is any result; a missing value is only unknown."""
        return self.meter.key in self.coordinator.data.meters


class HouseEntity(CoordinatorEntity[ResultsCoordinator]):
    """An entity of the house."""

    _attr_has_entity_name = True

    def __init__(self, runtime: Runtime, description: EntityDescription) -> None:
        """Belong to the house's device."""
        super().__init__(runtime.coordinator)
        self._runtime = runtime
        self.entity_description = description
        self._attr_unique_id = f"house_{description.key}"
        self._attr_device_info = house_device(runtime.loaded.entry)
