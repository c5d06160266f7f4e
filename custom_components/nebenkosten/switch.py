"""The switch that lets the house work by itself."""

from typing import Any, override

from homeassistant.components.switch import SwitchEntity, SwitchEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import HouseEntity
from .runtime import NkConfigEntry

PARALLEL_UPDATES = 0

AUTOMATIC = SwitchEntityDescription(
    key="automatic_processing",
    translation_key="automatic_processing",
    entity_category=EntityCategory.CONFIG,
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: NkConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the house's switch."""
    async_add_entities([AutomaticSwitch(entry.runtime_data, AUTOMATIC)])


class AutomaticSwitch(HouseEntity, SwitchEntity):
    """Off: readings are kept, and nothing is computed until somebody asks."""

    @property
    @override
    def is_on(self) -> bool:
        """Return whether runs begin by themselves."""
        return self.coordinator.data.automatic

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Catch up and go on."""
        await self._runtime.decisions.async_set_automatic(wanted=True)
        await self._runtime.watching.async_catch_up()

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Wait to be asked."""
        await self._runtime.decisions.async_set_automatic(wanted=False)
