"""A house fed by Tibber: how tests connect them and look into the journal."""

from contextlib import closing
from datetime import UTC, datetime, timedelta
import sqlite3
from typing import Any

from homeassistant.config_entries import SOURCE_RECONFIGURE
from homeassistant.core import HomeAssistant

from custom_components.nebenkosten.const import DOMAIN
from custom_components.nebenkosten.runtime import NkConfigEntry

from ..tibber.stand_in import TOKEN, FakeHome
from .conftest import add_meter, settle


async def connect_tibber(
    hass: HomeAssistant, entry: NkConfigEntry, token: str = TOKEN
) -> dict[str, Any]:
    manager = hass.config_entries.flow
    flow = await manager.async_init(
        DOMAIN, context={"source": SOURCE_RECONFIGURE, "entry_id": entry.entry_id}
    )
    flow = await manager.async_configure(flow["flow_id"], {"next_step_id": "tibber"})
    flow = await manager.async_configure(flow["flow_id"], {"token": token})
    await settle(hass)
    return dict(flow)


def journal(
    hass: HomeAssistant, meter: str = "strom"
) -> dict[datetime, tuple[Any, ...]]:
    """Return value, cost, price and VAT of a meter's hours; each must be there once."""
    path = hass.config.path("nebenkosten.db")
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute(
            'SELECT start, "end", value, cost, unit_price, vat FROM amounts'
            " WHERE meter = ? ORDER BY start",
            (meter,),
        ).fetchall()
    found = {datetime.fromtimestamp(row[0] / 1e6, UTC): row[2:] for row in rows}
    assert len(found) == len(rows)
    assert all(row[1] - row[0] == 3_600_000_000 for row in rows)
    return found


def truth(home: FakeHome, first: datetime, now: datetime) -> dict[datetime, float]:
    """Return the hours from the first one on that are over and known."""
    hour = max(first, home.first)
    hours = {}
    while hour + timedelta(hours=1) <= now:
        if hour not in home.late:
            hours[hour] = home.used(hour)
        hour += timedelta(hours=1)
    return hours


async def a_house(hass: HomeAssistant, house: NkConfigEntry) -> None:
    flow = await connect_tibber(hass, house)
    assert flow["reason"] == "reconfigure_successful", flow
    await add_meter(hass, house, sources=[{"tibber": "home-a/consumption"}])
