"""Sensors of meters, of the house and of servers; `entities/` describes them."""

from collections.abc import Iterable, Mapping
from typing import Any, override

from homeassistant.components.sensor import SensorEntity
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .engine.domain.meters import AnyMeter
from .entities.consumption import METER_SENSORS, MeterSensorDescription, SensorValue
from .entities.house import HOUSE_SENSORS, HouseSensorDescription
from .entities.live import LIVE_SENSORS, LiveSensor
from .entities.quantities import device_class, precision
from .entities.servers import async_add_server_sensors
from .entity import HouseEntity, MeterEntity, async_add_of_meters, has_dial
from .runtime import NkConfigEntry, Runtime

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,
    entry: NkConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the sensors of each meter and of the house."""
    runtime = entry.runtime_data
    async_add_entities(HouseSensor(runtime, d) for d in HOUSE_SENSORS)
    async_add_server_sensors(entry, async_add_entities)

    def sensors(meter: AnyMeter) -> Iterable[MeterEntity]:
        for description in METER_SENSORS:
            if not description.has_dial or has_dial(meter):
                yield MeterSensor(runtime, meter, description)
        window = runtime.live.windows.get(meter.key)
        if window is not None:
            for live in LIVE_SENSORS:
                yield LiveSensor(runtime, meter, window, live)

    await async_add_of_meters(runtime, Platform.SENSOR, async_add_entities, sensors)


class MeterSensor(MeterEntity, SensorEntity):
    """A value of a meter; never a statistic of its own, which would count twice."""

    entity_description: MeterSensorDescription

    def __init__(
        self, runtime: Runtime, meter: AnyMeter, description: MeterSensorDescription
    ) -> None:
        """Give quantities the unit of their metric, class and precision."""
        super().__init__(runtime, meter, description)
        unit = description.unit_of(meter)
        if unit is not None:
            self._attr_native_unit_of_measurement = unit
            self._attr_device_class = device_class(meter)
            self._attr_suggested_display_precision = precision(meter)
        self._attr_entity_registry_enabled_default = description.enabled_fn(meter)

    @property
    @override
    def native_value(self) -> SensorValue:
        """Return the value, None where it is unknown."""
        snapshot = self.snapshot
        return None if snapshot is None else self.entity_description.value_fn(snapshot)

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any]:
        """Return the period's bounds and how its days are known."""
        snapshot, description = self.snapshot, self.entity_description
        return {
            **({} if snapshot is None else description.attributes_fn(snapshot)),
            **description.identity_fn(self.meter),
        }


class HouseSensor(HouseEntity, SensorEntity):
    """A value of the house."""

    entity_description: HouseSensorDescription

    @property
    @override
    def native_value(self) -> SensorValue:
        """Return the value, None where it is unknown."""
        return self.entity_description.value_fn(self._runtime)

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any]:
        """Return what stands behind the value."""
        return self.entity_description.attributes_fn(self._runtime)
