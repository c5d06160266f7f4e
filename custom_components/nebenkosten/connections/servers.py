"""The servers outside that a house uses, and what they give."""

from collections.abc import Callable
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.importlib import async_import_module

from ..const import CONF_INFLUXDB, CONF_TIBBER, SUBENTRY_WATER
from ..influx.connection import Connection, connection_from
from ..influx.model import Server
from ..influx.refused import Refused
from ..outside import hiding
from ..sources.descriptor import Access
from ..sources.registry import open_sources
from .link import Link
from .tibber import TibberHomes, TibberLink
from .water_stations import Station, station_of

_OPENING: Final = "custom_components.nebenkosten.influx.opening"


class InfluxLink(Link):
    """The InfluxDB; its client is loaded when it is first asked."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry, connection: Connection
    ) -> None:
        """Describe a house's servers; `async_start` asks them."""
        super().__init__(hass, entry, CONF_INFLUXDB)
        self.connection = connection
        self.refused = Refused()
        self._server: Server | None = None

    async def async_ask[R](self, work: Callable[[Server], R], about: str = "") -> R:
        """Ask the server something; raises OutOfReachError."""
        return await self._async_do(work, "read", about)

    async def async_tell[R](self, work: Callable[[Server], R], about: str = "") -> R:
        """Have the server change something; raises OutOfReachError."""
        return await self._async_do(work, "write", about)

    async def _async_do[R](
        self, work: Callable[[Server], R], what: str, about: str
    ) -> R:
        async def do() -> R:
            with hiding(self.connection.secrets):
                server = await self._opened()
                return await self._hass.async_add_executor_job(work, server)

        return await self.async_try(do, what, about)

    async def _opened(self) -> Server:
        if self._server is not None:
            return self._server
        opening = await async_import_module(self._hass, _OPENING)
        server: Server = await self._hass.async_add_executor_job(
            opening.open_server, self.connection
        )
        self._server = server
        return server

    async def async_close(self) -> None:
        """Let go of the server."""
        if self._server is not None:
            await self._hass.async_add_executor_job(self._server.close)


class Servers:
    """All that a house reads from and writes to outside of Home Assistant."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Take what the entry configures; nothing is asked yet."""
        self._hass = hass
        self._entry = entry
        self.influx: InfluxLink | None = None
        self.tibber: TibberLink | None = None
        given = entry.data.get(CONF_INFLUXDB)
        if given:
            self.influx = InfluxLink(hass, entry, connection_from(given))
        tibber = entry.data.get(CONF_TIBBER)
        if tibber:
            self.tibber = TibberLink(hass, entry, tibber["token"])
        self.sources = open_sources(Access(hass=hass, raw=self.raw, tibber=self.tibber))
        self.stations = {
            subentry.subentry_id: Station(hass, entry, station_of(subentry), self.raw)
            for subentry in entry.get_subentries_of_type(SUBENTRY_WATER)
        }
        self.homes: TibberHomes | None = None

    @property
    def raw(self) -> tuple[InfluxLink, str] | None:
        """Return where raw values are kept, besides the journal."""
        if self.influx is None:
            return None
        return self.influx, self.influx.connection.raw

    async def async_start(self, then: Callable[[], None]) -> None:
        """Begin to ask; `then` is called when Tibber may know another hour."""
        if self.tibber is not None:
            self.homes = TibberHomes(self._hass, self._entry, self.tibber, then)
            self.homes.start()
        for station in self.stations.values():
            await station.async_start()

    @property
    def links(self) -> list[Link]:
        """Return all that may be out of reach."""
        return [link for link in (self.influx, self.tibber) if link is not None]

    @callback
    def begin(self) -> None:
        """Let a run try again what was down."""
        for link in self.links:
            link.begin()

    async def async_close(self) -> None:
        """Let go of all servers."""
        if self.influx is not None:
            await self.influx.async_close()
