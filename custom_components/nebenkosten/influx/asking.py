"""A single question to an InfluxDB, as forms ask it before anything is set up."""

from collections.abc import Callable

from homeassistant.core import HomeAssistant
from homeassistant.helpers.importlib import async_import_module

from ..outside import hiding
from .connection import Connection
from .model import Server


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
