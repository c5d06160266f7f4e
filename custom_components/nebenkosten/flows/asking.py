"""Questions of a form to a server, before anything is set up with it."""

from collections.abc import Callable, Mapping
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.importlib import async_import_module

from ..influx.connection import Connection
from ..influx.model import Server
from ..outside import hiding
from ..sources.tibber import HOMES, Home, async_query, homes_from


async def async_ask[R](
    hass: HomeAssistant, connection: Connection, work: Callable[[Server], R]
) -> R:
    """Ask an InfluxDB something and let go of it; raises InfluxError."""
    opening = await async_import_module(
        hass, "custom_components.nebenkosten.influx.opening"
    )

    def ask() -> R:
        server: Server = opening.open_server(connection)
        try:
            return work(server)
        finally:
            server.close()

    with hiding(connection.secrets):
        return await hass.async_add_executor_job(ask)


async def async_homes(hass: HomeAssistant, given: Mapping[str, Any]) -> list[Home]:
    """Ask Tibber for the homes of a token; raises TibberError."""
    session = async_get_clientsession(hass)
    with hiding((given["token"],)):
        return homes_from(await async_query(session, given["token"], HOMES, {}))
