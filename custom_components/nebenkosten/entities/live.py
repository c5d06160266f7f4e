"""Sensors of what a meter does right now, for meters that a sensor reports."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
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
from ..engine.domain.report import Snapshot
from ..entity import MeterEntity
from ..live.today import used_today
from ..live.window import Window
from ..runtime import Runtime


@dataclass(frozen=True, kw_only=True)
class LiveSensorDescription(SensorEntityDescription):
    """A sensor that shows the window of a meter's last hour.

    `unit_fn` gives its unit, and what kind of quantity that is.
    """

    value_fn: Callable[[Window, Snapshot | None], float | None]
    unit_fn: Callable[[AnyMeter], tuple[str, SensorDeviceClass | None]]
    attributes_fn: Callable[[Window], Mapping[str, Any]] = lambda _: {}


# What a meter's unit is per hour, and what kind of quantity that is.
_PER_HOUR = {
    "kWh": ("kW", SensorDeviceClass.POWER),
    "Wh": ("W", SensorDeviceClass.POWER),
    "MWh": ("MW", SensorDeviceClass.POWER),
    "m³": ("m³/h", SensorDeviceClass.VOLUME_FLOW_RATE),
    "L": ("L/h", SensorDeviceClass.VOLUME_FLOW_RATE),
}


def _per_hour(meter: AnyMeter) -> tuple[str, SensorDeviceClass | None]:
    """Return the unit of a power or a flow."""
    other = (f"{meter.unit}/h", None)
    return _PER_HOUR.get(units.canonical(meter.unit), other)


def _today(window: Window, snapshot: Snapshot | None) -> float | None:
    """Return the use since midnight; unknown until midnight's dial is."""
    return used_today(snapshot, None if window.last is None else window.last[1])


def _last_hour(window: Window) -> Mapping[str, Any]:
    """Return what the last hour was like, and whether reports come in a burst."""
    now = time.time()
    pace = window.pace(now)
    return {
        "low": pace.low,
        "high": pace.high,
        "mean": pace.mean,
        "burst": window.bursts(now),
    }


LIVE_SENSORS: tuple[LiveSensorDescription, ...] = (
    LiveSensorDescription(
        key="today",
        translation_key="today",
        suggested_display_precision=2,
        value_fn=_today,
        unit_fn=lambda meter: (meter.unit, None),
    ),
    # Unknown without a report for a quarter of an hour.
    LiveSensorDescription(
        key="rate",
        translation_key="rate",
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=3,
        value_fn=lambda window, _: window.pace(time.time()).now,
        unit_fn=_per_hour,
        attributes_fn=_last_hour,
    ),
)


class LiveSensor(MeterEntity, SensorEntity):
    """Written once a minute at most, and only where something was reported."""

    entity_description: LiveSensorDescription
    # The last hour anew with each state: what they say, the states say too.
    _unrecorded_attributes = frozenset({"low", "high", "mean", "burst"})

    def __init__(
        self,
        runtime: Runtime,
        meter: AnyMeter,
        window: Window,
        description: LiveSensorDescription,
    ) -> None:
        """Show a meter by the window of its last hour."""
        super().__init__(runtime, meter, description)
        self._window = window
        unit, kind = description.unit_fn(meter)
        self._attr_native_unit_of_measurement = unit
        self._attr_device_class = kind
        self._live = runtime.live

    @override
    async def async_added_to_hass(self) -> None:
        """Listen to the meter's sensor, too."""
        await super().async_added_to_hass()
        self.async_on_remove(
            self._live.listen(self.meter.key, self.async_write_ha_state)
        )

    @property
    @override
    def native_value(self) -> float | None:
        """Return the value, None where it is unknown."""
        return self.entity_description.value_fn(self._window, self.snapshot)

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any]:
        """Return what stands behind the value."""
        return self.entity_description.attributes_fn(self._window)
