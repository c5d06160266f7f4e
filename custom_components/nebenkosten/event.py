"""What happens to a meter's odd days, as an entity."""

from typing import Any, override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import EVENT_ANOMALY
from .coordinator.alerts import Phase
from .data import NkConfigEntry
from .entity import MeterEntity

PARALLEL_UPDATES = 0

ANOMALY = EventEntityDescription(
    key="anomaly",
    translation_key="anomaly",
    event_types=[phase.value for phase in Phase],
)
_SHOWN = ("id", "kind", "start", "end", "actual", "expected", "score", "reason")


async def async_setup_entry(
    hass: HomeAssistant,
    entry: NkConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add one for each meter."""
    analytics = entry.runtime_data
    for subentry_id, meter in analytics.meters_by_subentry():
        async_add_entities(
            [AnomalyEvent(analytics, meter, ANOMALY)], config_subentry_id=subentry_id
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
