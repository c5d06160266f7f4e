"""What happens to a meter's odd days, and how runs end, as entities."""

from typing import Any, override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .analysis.alerts import Phase
from .const import EVENT_ANOMALY, EVENT_RUN_FINISHED
from .entity import HouseEntity, MeterEntity, async_add_of_meters
from .runs.notices import is_worth_a_line
from .runs.run import RunStatus
from .runtime import NkConfigEntry

PARALLEL_UPDATES = 0

ANOMALY = EventEntityDescription(
    key="anomaly",
    translation_key="anomaly",
    event_types=[phase.value for phase in Phase],
)
_SHOWN = ("id", "kind", "start", "end", "actual", "expected", "score", "reason")


RUN = EventEntityDescription(
    key="run",
    translation_key="run",
    entity_category=EntityCategory.DIAGNOSTIC,
    event_types=[status.value for status in RunStatus],
)
_OF_RUN = ("run_id", "trigger", "started", "duration_s", "errors", "mended")


async def async_setup_entry(
    hass: HomeAssistant,
    entry: NkConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add one for each meter, and one for the house's runs."""
    runtime = entry.runtime_data
    async_add_entities([RunEvent(runtime, RUN)])
    await async_add_of_meters(
        runtime,
        Platform.EVENT,
        async_add_entities,
        lambda meter: [AnomalyEvent(runtime, meter, ANOMALY)],
    )


class AnomalyEvent(MeterEntity, EventEntity):
    """Tells when odd days begin, turn out to be something else, and end."""

    @override
    async def async_added_to_hass(self) -> None:
        """Listen to what automations hear, too."""
        await super().async_added_to_hass()

        @callback
        def is_mine(data: Any) -> bool:
            return bool(data["meter_id"] == self.meter.meter_id)

        self.async_on_remove(
            self.hass.bus.async_listen(EVENT_ANOMALY, self._told, event_filter=is_mine)
        )

    @callback
    def _told(self, event: Event) -> None:
        data = event.data
        self._trigger_event(data["phase"], {name: data[name] for name in _SHOWN})
        self.async_write_ha_state()


class RunEvent(HouseEntity, EventEntity):
    """Tells how a run ended, unless it is one of each hour's that ended well."""

    @override
    async def async_added_to_hass(self) -> None:
        """Listen to what automations hear, too."""
        await super().async_added_to_hass()
        self.async_on_remove(self.hass.bus.async_listen(EVENT_RUN_FINISHED, self._told))

    @callback
    def _told(self, event: Event) -> None:
        data = event.data
        if not is_worth_a_line(data):
            return
        self._trigger_event(data["status"], {name: data[name] for name in _OF_RUN})
        self.async_write_ha_state()
