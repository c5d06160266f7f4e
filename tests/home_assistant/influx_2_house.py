"""A house beside the stand-in for InfluxDB 2."""

from typing import Any

from homeassistant.config_entries import SOURCE_RECONFIGURE
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType

from custom_components.nebenkosten.const import DOMAIN
from custom_components.nebenkosten.influx.connection import connection_from
from custom_components.nebenkosten.influx.v2 import FluxServer
from custom_components.nebenkosten.runtime import NkConfigEntry

from ..influx.stand_in import ORGANISATION, TOKEN, StandIn
from .conftest import settle
from .influx_house import Beside


def form(stand_in: StandIn, **other: Any) -> dict[str, Any]:
    """Return what a person types into the form."""
    return {
        "url": stand_in.url,
        "token": TOKEN,
        "organisation": ORGANISATION,
        "raw": "raw",
        "processed": "results",
        "verify_ssl": True,
    } | other


class BesideV2(Beside):
    """The stand-in for InfluxDB 2."""

    def __init__(self, stand_in: StandIn) -> None:
        """Use the places of the form."""
        self.raw, self.processed = "raw", "results"
        self.server = FluxServer(connection_from(form(stand_in) | {"version": "2"}))


async def answer_form(
    hass: HomeAssistant, entry: NkConfigEntry, given: dict[str, Any]
) -> dict[str, Any]:
    """Open the reconfigure flow and answer the form; returns what comes then."""
    manager = hass.config_entries.flow
    flow = await manager.async_init(
        DOMAIN, context={"source": SOURCE_RECONFIGURE, "entry_id": entry.entry_id}
    )
    for step in ("influxdb", "influxdb_v2"):
        flow = await manager.async_configure(flow["flow_id"], {"next_step_id": step})
    return dict(await manager.async_configure(flow["flow_id"], given))


async def connect_v2(
    hass: HomeAssistant, entry: NkConfigEntry, stand_in: StandIn, **other: Any
) -> list[str]:
    """Connect a house, going on where it is asked; returns which steps that took."""
    step = await answer_form(hass, entry, form(stand_in, **other))
    seen = []
    while step["type"] is FlowResultType.FORM:
        assert not step["errors"], step
        seen.append(step["step_id"])
        flow = hass.config_entries.flow
        step = dict(await flow.async_configure(step["flow_id"], {}))
    assert step["reason"] == "reconfigure_successful"
    await settle(hass)
    return seen
