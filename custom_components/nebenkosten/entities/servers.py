"""Sensors of what servers outside tell: prices and water temperatures."""

from collections.abc import Mapping
from datetime import UTC, datetime
import time
from typing import Any, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorStateClass,
)
from homeassistant.const import UnitOfTemperature
from homeassistant.core import callback
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from ..connections.tibber import TibberHomes
from ..connections.water_stations import Station
from ..const import DOMAIN
from ..entity import house_device, house_device_id
from ..runtime import NkConfigEntry
from ..sources.tibber_api import Home


@callback
def async_add_server_sensors(
    entry: NkConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add a sensor for each station, and for each home as it becomes known."""
    servers = entry.runtime_data.servers
    for subentry_id, station in servers.stations.items():
        async_add_entities([WaterSensor(station)], config_subentry_id=subentry_id)
    homes = servers.homes
    if homes is None:
        return
    shown: set[str] = set()

    @callback
    def add_new() -> None:
        new = homes.data.keys() - shown
        shown.update(new)
        async_add_entities(PriceSensor(homes, home_id) for home_id in sorted(new))

    entry.async_on_unload(homes.async_add_listener(add_new))
    add_new()


class WaterSensor(CoordinatorEntity[Station], SensorEntity):
    """How warm a river or lake was when its station last said so."""

    _attr_has_entity_name = True
    _attr_name = None
    _attr_device_class = SensorDeviceClass.TEMPERATURE
    _attr_state_class = SensorStateClass.MEASUREMENT
    _attr_native_unit_of_measurement = UnitOfTemperature.CELSIUS

    def __init__(self, station: Station) -> None:
        """Name entity and device after the station."""
        super().__init__(station)
        definition = station.definition
        self._attr_unique_id = definition.unique_id
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, definition.unique_id)},
            name=definition.name,
            entry_type=DeviceEntryType.SERVICE,
            configuration_url=definition.url,
            via_device_id=house_device_id(station.hass, station.config_entry),
        )

    @property
    @override
    def available(self) -> bool:
        """Return whether the last temperature may still be shown as today's."""
        return super().available and self.coordinator.is_fresh

    @property
    @override
    def native_value(self) -> float | None:
        """Return the last temperature."""
        row = self.coordinator.data
        return None if row is None else row.value

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any]:
        """Return when it was measured."""
        row = self.coordinator.data
        if row is None:
            return {}
        return {"measured_at": datetime.fromtimestamp(row.instant, UTC).isoformat()}


class PriceSensor(CoordinatorEntity[TibberHomes], SensorEntity):
    """What a kWh costs in a home right now."""

    _attr_has_entity_name = True
    _attr_translation_key = "price"
    _attr_state_class = SensorStateClass.MEASUREMENT
    _attr_suggested_display_precision = 4
    # Two days of prices with each state would fill the database.
    _unrecorded_attributes = frozenset({"prices"})

    def __init__(self, homes: TibberHomes, home_id: str) -> None:
        """Belong to the house's device."""
        super().__init__(homes)
        self._home_id = home_id
        self._attr_unique_id = f"tibber_{home_id}_price"
        self._attr_translation_placeholders = {"home": homes.data[home_id].name}
        self._attr_device_info = house_device(homes.config_entry)

    @property
    def _home(self) -> Home | None:
        return self.coordinator.data.get(self._home_id)

    @property
    @override
    def native_unit_of_measurement(self) -> str | None:
        """Return the home's currency per kWh, None while it is unknown."""
        currency = self._home.currency if self._home else None
        return f"{currency}/kWh" if currency else None

    @property
    @override
    def native_value(self) -> float | None:
        """Return the price of this hour, None where it is unknown."""
        price = self._home.price_at(time.time()) if self._home else None
        return None if price is None else price.total

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any]:
        """Return all prices that are known, with the instants they begin."""
        home, received = self._home, self.coordinator.received
        return {
            "as_of": received and datetime.fromtimestamp(received, UTC).isoformat(),
            "prices": [
                {
                    "start": datetime.fromtimestamp(price.start, UTC).isoformat(),
                    "price": price.total,
                }
                for price in (home.prices if home else ())
            ],
        }
