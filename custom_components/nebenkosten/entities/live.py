"""Sensors of what a meter does right now, for meters that a sensor reports."""

from collections.abc import Mapping
import time
from typing import Any, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)

from ..engine.domain import units
from ..engine.domain.meters import AnyMeter
from ..entity import MeterEntity
from ..live.today import used_today
from ..live.window import Window
from ..runtime import Runtime

TODAY = SensorEntityDescription(
    key="today", translation_key="today", suggested_display_precision=2
)
RATE = SensorEntityDescription(
    key="rate",
    translation_key="rate",
    state_class=SensorStateClass.MEASUREMENT,
    suggested_display_precision=3,
)
# What a meter's unit is per hour, and what kind of quantity that is.
_PER_HOUR = {
    "kWh": ("kW", SensorDeviceClass.POWER),
    "Wh": ("W", SensorDeviceClass.POWER),
    "MWh": ("MW", SensorDeviceClass.POWER),
    "m³": ("m³/h", SensorDeviceClass.VOLUME_FLOW_RATE),
    "L": ("L/h", SensorDeviceClass.VOLUME_FLOW_RATE),
}


class _LiveSensor(MeterEntity, SensorEntity):
    """Written once a minute at most, and only where something was reported."""

    def __init__(
        self,
        runtime: Runtime,
        meter: AnyMeter,
        window: Window,
        description: SensorEntityDescription,
    ) -> None:
        """Show a meter by the window of its last hour."""
        super().__init__(runtime, meter, description)
        self._window = window
        self._live = runtime.live

    @override
    async def async_added_to_hass(self) -> None:
        """Listen to the meter's sensor, too."""
        await super().async_added_to_hass()
        self.async_on_remove(
            self._live.listen(self.meter.key, self.async_write_ha_state)
        )


class TodaySensor(_LiveSensor):
    """The use since midnight; unknown until midnight's dial is."""

    def __init__(self, runtime: Runtime, meter: AnyMeter, window: Window) -> None:
        """Count in the meter's unit."""
        super().__init__(runtime, meter, window, TODAY)
        self._attr_native_unit_of_measurement = meter.unit

    @property
    @override
    def native_value(self) -> float | None:
        """Return the use."""
        last = self._window.last
        return used_today(self.snapshot, None if last is None else last[1])


class RateSensor(_LiveSensor):
    """How much is used right now; unknown without a report for a quarter of an hour."""

    # The last hour anew with each state: what they say, the states say too.
    _unrecorded_attributes = frozenset({"low", "high", "mean", "burst"})

    def __init__(self, runtime: Runtime, meter: AnyMeter, window: Window) -> None:
        """Give it the unit of a power or a flow."""
        super().__init__(runtime, meter, window, RATE)
        other = (f"{meter.unit}/h", None)
        unit, kind = _PER_HOUR.get(units.canonical(meter.unit), other)
        self._attr_native_unit_of_measurement = unit
        self._attr_device_class = kind

    @property
    @override
    def native_value(self) -> float | None:
        """Return the pace."""
        return self._window.pace(time.time()).now

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any]:
        """Return what the last hour was like, and whether reports come in a burst."""
        now = time.time()
        pace = self._window.pace(now)
        return {
            "low": pace.low,
            "high": pace.high,
            "mean": pace.mean,
            "burst": self._window.bursts(now),
        }
