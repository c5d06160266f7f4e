"""The button that runs the analysis."""

from typing import override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .entity import HouseEntity
from .runs.run import Request, Trigger
from .runtime import NkConfigEntry

PARALLEL_UPDATES = 0

RUN = ButtonEntityDescription(key="run_analytics", translation_key="run_analytics")


async def async_setup_entry(
    hass: HomeAssistant,
    entry: NkConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the house's button."""
    async_add_entities([RunButton(entry.runtime_data, RUN)])


class RunButton(HouseEntity, ButtonEntity):
    """Starts a run of all meters."""

    @override
    async def async_press(self) -> None:
        """Run; an error is shown where a run goes on already."""
        await self._runtime.runner.async_run(Request(trigger=Trigger.MANUAL))
