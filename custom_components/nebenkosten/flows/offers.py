"""The series of servers outside that a form offers as sources."""

from datetime import UTC, datetime
from functools import partial
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers.selector import SelectOptionDict

from ..const import CONF_INFLUXDB, CONF_TIBBER
from ..engine.domain import units
from ..influx.connection import Connection, connection_from
from ..influx.model import SECOND, Extent, RawSeries, Server
from ..outside import OutsideError
from ..runtime import NkConfigEntry
from ..sources.tibber import CONSUMPTION, PRODUCTION
from .asking import async_ask, async_homes
from .schemas import Offers


async def async_offers(
    hass: HomeAssistant, entry: NkConfigEntry, chosen: list[dict[str, Any]]
) -> Offers:
    """Return what can be chosen now; what is chosen already stays so without a server.

    A server out of reach offers nothing, and stops nobody from editing a meter.
    """
    return Offers(
        series=_with_chosen(await _async_series(hass, entry), chosen, "series"),
        tibber=_with_chosen(await _async_homes(hass, entry), chosen, "tibber"),
    )


async def _async_series(
    hass: HomeAssistant, entry: NkConfigEntry
) -> list[SelectOptionDict]:
    given = entry.data.get(CONF_INFLUXDB)
    if not given:
        return []
    connection = connection_from(given)
    try:
        series = await async_ask(hass, connection, partial(_found, connection))
    except OutsideError:
        return []
    return [
        SelectOptionDict(value=one.reference, label=_label(one, extent))
        for one, extent in sorted(series, key=lambda pair: pair[0].entity_id)
    ]


def _found(connection: Connection, server: Server) -> list[tuple[RawSeries, Extent]]:
    """Return what is measured in units of meters: no thermostat, no timer."""
    return [
        (series, extent)
        for series, extent in server.found(connection.raw, units.spellings())
        if series.entity_id
    ]


def _label(series: RawSeries, extent: Extent) -> str:
    first, last = (
        datetime.fromtimestamp(time // SECOND, UTC).date().isoformat()
        for time in (extent.first, extent.last)
    )
    name = f"{series.domain}.{series.entity_id}" if series.domain else series.entity_id
    return f"{name} [{series.unit}] · {first} – {last} · {extent.count}"


async def _async_homes(
    hass: HomeAssistant, entry: NkConfigEntry
) -> list[SelectOptionDict]:
    given = entry.data.get(CONF_TIBBER)
    if not given:
        return []
    try:
        homes = await async_homes(hass, given)
    except OutsideError:
        return []
    marks = {CONSUMPTION: "→ ⌂", PRODUCTION: "⌂ →"}
    return [
        SelectOptionDict(
            value=f"{home.home_id}/{direction}", label=f"{home.name} {mark}"
        )
        for home in homes
        for direction, mark in marks.items()
    ]


def _with_chosen(
    options: list[SelectOptionDict], chosen: list[dict[str, Any]], column: str
) -> tuple[SelectOptionDict, ...]:
    known = {option["value"] for option in options}
    rows = [row[column] for row in chosen if row.get(column)]
    kept = [SelectOptionDict(value=r, label=r) for r in rows if r not in known]
    return (*options, *kept)
