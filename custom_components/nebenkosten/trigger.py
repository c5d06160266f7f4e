"""What automations may begin with: odd days, and a day that is summed up."""

from collections.abc import Callable
from typing import Any, Final, cast, override

from homeassistant.const import CONF_OPTIONS
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.trigger import (
    Trigger,
    TriggerActionRunner,
    TriggerConfig,
    TriggerNotTriggeredReporter,
)
from homeassistant.helpers.typing import ConfigType
import probatio as vol

from .analysis.alerts import Phase
from .const import EVENT_ANOMALY, EVENT_DAILY_SUMMARY

_ANOMALY: Final = vol.Schema(
    {
        vol.Required(CONF_OPTIONS, default=dict): {
            vol.Required("phase", default=[Phase.OPENED.value]): vol.All(
                cv.ensure_list, [vol.In([phase.value for phase in Phase])]
            ),
            vol.Optional("meter_id"): vol.All(cv.ensure_list, [cv.string]),
            vol.Optional("device_id"): vol.All(cv.ensure_list, [cv.string]),
        }
    }
)
_SUMMARY: Final = vol.Schema({vol.Required(CONF_OPTIONS, default=dict): {}})


class _EventTrigger(Trigger):
    """Begins with an event of ours; what it tells is in `trigger`."""

    _event: str
    _described: str
    _schema: vol.Schema

    @override
    @classmethod
    async def async_validate_config(
        cls, hass: HomeAssistant, config: ConfigType
    ) -> ConfigType:
        """Return the options with what was left out."""
        return cast(ConfigType, cls._schema(config))

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Take the trigger's options."""
        super().__init__(hass, config)
        self._options: dict[str, Any] = config.options or {}

    def _wanted(self, data: dict[str, Any]) -> bool:
        """Return whether an event is one of those asked for."""
        return True

    @override
    async def async_attach_runner(
        self,
        run_action: TriggerActionRunner,
        did_not_trigger: TriggerNotTriggeredReporter | None = None,
    ) -> CALLBACK_TYPE:
        """Listen."""

        @callback
        def told(event: Event) -> None:
            if self._wanted(dict(event.data)):
                run_action(dict(event.data), self._described, event.context)

        detach: Callable[[], None] = self._hass.bus.async_listen(self._event, told)
        return detach


class AnomalyTrigger(_EventTrigger):
    """An event of a meter begins, turns out to be something else, or ends."""

    _event = EVENT_ANOMALY
    _described = "nebenkosten.anomaly"
    _schema = _ANOMALY

    @override
    def _wanted(self, data: dict[str, Any]) -> bool:
        options = self._options
        meters, devices = options.get("meter_id"), options.get("device_id")
        keys = {meter_id.lower() for meter_id in meters or ()}
        chosen = (meters is None and devices is None) or (
            data["meter_id"].lower() in keys or data["device_id"] in (devices or ())
        )
        return chosen and data["phase"] in options["phase"]


class DailySummaryTrigger(_EventTrigger):
    """The day that is over has been summed up."""

    _event = EVENT_DAILY_SUMMARY
    _described = "nebenkosten.daily_summary"
    _schema = _SUMMARY


async def async_get_triggers(hass: HomeAssistant) -> dict[str, type[Trigger]]:
    """Return the triggers by name."""
    return {"anomaly": AnomalyTrigger, "daily_summary": DailySummaryTrigger}
