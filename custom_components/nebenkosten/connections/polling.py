"""What all coordinators that poll servers outside share.

One question at a time; the last good answer stays, with its age; one line when the
server goes and one when it is back; nothing goes on after the house is unloaded.
"""

from abc import abstractmethod
from datetime import timedelta
import logging
import time
from typing import override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator

from ..outside import OutOfReachError
from .link import Link

_LOGGER = logging.getLogger(__name__)


class Polling[T](DataUpdateCoordinator[T]):
    """Asks a server now and then; `received` is when it last answered [epoch s]."""

    config_entry: ConfigEntry

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        link: Link,
        interval: timedelta | None,
        nothing: T,
    ) -> None:
        """Begin with nothing known."""
        super().__init__(
            hass,
            _LOGGER,
            config_entry=entry,
            name=link.name,
            update_interval=interval,
        )
        self.link = link
        self.received: float | None = None
        self.data = nothing

    @abstractmethod
    async def async_fetch(self) -> T:
        """Ask the server; raises OutOfReachError."""

    @override
    async def _async_update_data(self) -> T:
        """Return what is new, or what was last known: the link tells who is down."""
        self.link.begin()
        try:
            found = await self.async_fetch()
        except OutOfReachError:
            return self.data
        self.received = time.time()
        return found
