"""Tibber's prices now, today and tomorrow, polled in a minute of the house's own."""

from collections.abc import Callable, Mapping
from datetime import datetime
from random import SystemRandom
from typing import Any, Final, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.event import async_track_time_change

from ..const import CONF_TIBBER
from ..outside import hiding
from ..sources.tibber_api import HOMES, Home, async_query, homes_from
from .link import Link
from .polling import Polling

# All houses at once would be a wave: each has its own second of these minutes.
_MINUTE: Final = 5
_SPREAD: Final = 120


class TibberLink(Link):
    """Tibber, with the token of the house."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, token: str) -> None:
        """Ask Tibber with one house's token."""
        super().__init__(hass, entry, CONF_TIBBER)
        self._token = token

    async def async_ask[R](
        self,
        document: str,
        variables: Mapping[str, object],
        understand: Callable[[Mapping[str, Any]], R],
    ) -> R:
        """Return what is understood of the answer; raises OutOfReachError."""
        session = async_get_clientsession(self._hass)

        async def ask() -> R:
            with hiding((self._token,)):
                return understand(
                    await async_query(session, self._token, document, variables)
                )

        return await self.async_try(ask, about=str(variables.get("home", "")))


class TibberHomes(Polling[Mapping[str, Home]]):
    """Keeps the homes and their prices, asked for five past each hour."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        link: TibberLink,
        then: Callable[[], None],
    ) -> None:
        """Prepare; `then` is called after each hour's question."""
        super().__init__(hass, entry, link, None, {})
        self._tibber = link
        self._then = then

    @override
    async def async_fetch(self) -> Mapping[str, Home]:
        """Return the homes by their ids."""
        homes = await self._tibber.async_ask(HOMES, {}, homes_from)
        return {home.home_id: home for home in homes}

    @callback
    def start(self) -> None:
        """Ask now, and each hour; prices change with the hour itself."""
        entry = self.config_entry
        entry.async_create_background_task(
            self.hass, self.async_refresh(), f"{self.name} prices"
        )
        second = SystemRandom().randrange(_SPREAD)
        entry.async_on_unload(
            async_track_time_change(
                self.hass,
                self._async_hourly,
                minute=_MINUTE + second // 60,
                second=second % 60,
            )
        )
        entry.async_on_unload(
            async_track_time_change(self.hass, self._begun, minute=0, second=0)
        )

    async def _async_hourly(self, _now: datetime) -> None:
        await self.async_refresh()
        self._then()

    @callback
    def _begun(self, _now: datetime) -> None:
        self.async_update_listeners()
