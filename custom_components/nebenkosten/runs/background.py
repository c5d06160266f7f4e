"""Work that goes on by itself until the house is unloaded."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

from ..const import DOMAIN

# What is cut has so long [s] to end.
_PATIENCE: Final = 60.0


class BackgroundWork:
    """The tasks that a house has begun."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Belong to a house's entry."""
        self._hass = hass
        self._entry = entry
        self._running: set[asyncio.Task[Any]] = set()

    def begin[T](self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Let work go on by itself."""
        task = self._entry.async_create_background_task(
            self._hass, work, f"{DOMAIN} run"
        )
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def async_cut(self) -> None:
        """Cancel what still goes on; who cannot be ended is not waited for."""
        for task in self._running:
            task.cancel()
        if self._running:
            await asyncio.wait(self._running, timeout=_PATIENCE)
