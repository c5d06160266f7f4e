"""The last result of a house, and whoever listens to it."""

import asyncio
from collections.abc import Callable
import logging
from typing import Final, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator

from .const import DOMAIN
from .runs.background import BackgroundWork
from .runs.result import Result

_LOGGER = logging.getLogger(__name__)
# Entities that are told at one go, before others have their turn.
_AT_ONCE: Final = 100
_FEW: Final = 500


class ResultsCoordinator(DataUpdateCoordinator[Result]):
    """Holds the result that entities show; it computes nothing."""

    config_entry: ConfigEntry

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        work: BackgroundWork,
        result: Callable[[], Result],
    ) -> None:
        """Show what `result` returns whenever it is asked for."""
        super().__init__(hass, _LOGGER, config_entry=entry, name=DOMAIN)
        self._work = work
        self._result = result
        self.data = result()

    @override
    async def _async_update_data(self) -> Result:
        """Return what is known: a refresh of entities computes nothing."""
        return self.data

    @callback
    def show(self) -> None:
        """Show what is known now."""
        self.async_set_updated_data(self._result())

    async def async_show(self) -> None:
        """Show what a run has found; of many meters some at a time."""
        self.data = self._result()
        self.last_update_success = True
        await self._async_tell()

    @override
    @callback
    def async_update_listeners(self) -> None:
        """Let the entities look again; those of many meters some at a time."""
        if len(self._listeners) <= _FEW:
            super().async_update_listeners()
        else:
            self._work.begin(self._async_tell())

    async def _async_tell(self) -> None:
        for number, key in enumerate(list(self._listeners)):
            if number % _AT_ONCE == 0:
                await asyncio.sleep(0)
            if key in self._listeners:
                heard, _ = self._listeners[key]
                heard()
