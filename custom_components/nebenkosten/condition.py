"""Conditions for automations: an anomaly goes on, a reading is overdue."""

from abc import abstractmethod
from collections.abc import Iterable
from typing import Any, Final, Unpack, cast, override

from homeassistant.const import CONF_OPTIONS
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv, device_registry as dr
from homeassistant.helpers.condition import (
    Condition,
    ConditionCheckParams,
    ConditionConfig,
)
from homeassistant.helpers.typing import ConfigType
import probatio as vol

from .analysis.alerts import current
from .const import DOMAIN
from .engine.domain.meters import AnyMeter
from .runtime import NkConfigEntry, Runtime
from .upkeep.health import is_stale

_SCHEMA: Final = vol.Schema(
    {
        vol.Required(CONF_OPTIONS, default=dict): {
            vol.Optional("meter_id"): vol.All(cv.ensure_list, [cv.string]),
            vol.Optional("device_id"): vol.All(cv.ensure_list, [cv.string]),
        }
    }
)


class _MeterCondition(Condition):
    """True when it is so of any of the meters chosen, or of any at all."""

    @override
    @classmethod
    async def async_validate_config(
        cls, hass: HomeAssistant, config: ConfigType
    ) -> ConfigType:
        """Return the options."""
        return cast(ConfigType, _SCHEMA(config))

    def __init__(self, hass: HomeAssistant, config: ConditionConfig) -> None:
        """Take the meters of the condition."""
        super().__init__(hass, config)
        self._options: dict[str, Any] = config.options or {}

    @abstractmethod
    def _holds(self, runtime: Runtime, meter: AnyMeter) -> bool:
        """Return whether it is so of a meter."""

    def _chosen(self, runtime: Runtime) -> Iterable[AnyMeter]:
        if not self._options:
            return runtime.loaded.house.all_meters
        keys = {name.lower() for name in self._options.get("meter_id", ())}
        devices = dr.async_get(self._hass)
        for device_id in self._options.get("device_id", ()):
            device = devices.async_get(device_id)
            keys |= {key for _, key in device.identifiers} if device else set()
        return [meter for key, meter in runtime.loaded.meters.items() if key in keys]

    @override
    def _async_check(self, **kwargs: Unpack[ConditionCheckParams]) -> bool:
        entries: list[NkConfigEntry] = self._hass.config_entries.async_loaded_entries(
            DOMAIN
        )
        return any(
            self._holds(entry.runtime_data, meter)
            for entry in entries
            for meter in self._chosen(entry.runtime_data)
        )


class HasAnomaly(_MeterCondition):
    """Something is odd that nobody has acknowledged."""

    @override
    def _holds(self, runtime: Runtime, meter: AnyMeter) -> bool:
        alerts = runtime.coordinator.data.alerts
        return current(alerts, meter.key, muted=meter.muted) is not None


class IsOverdue(_MeterCondition):
    """The next reading should have come."""

    @override
    def _holds(self, runtime: Runtime, meter: AnyMeter) -> bool:
        return bool(is_stale(meter, runtime.coordinator.data.meters.get(meter.key)))


async def async_get_conditions(hass: HomeAssistant) -> dict[str, type[Condition]]:
    """Return the conditions by name."""
    return {"has_anomaly": HasAnomaly, "is_overdue": IsOverdue}
