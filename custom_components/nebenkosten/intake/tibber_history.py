"""The action that imports years of Tibber's hours, and shows how far it has come."""

from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from homeassistant.components import persistent_notification
from homeassistant.core import ServiceResponse
from homeassistant.util import dt as dt_util

from ..analysis.loaded_house import LoadedHouse
from ..connections.servers import Servers
from ..const import DOMAIN
from ..engine.domain.local_days import iso
from ..messages.errors import broken, refuse
from ..messages.texts import async_sentences
from ..outside import OutOfReachError
from ..sources import tibber
from .past_hours import Imported, async_import_history

_NOTE: Final = f"{DOMAIN}_tibber_history"


async def async_import(
    loaded: LoadedHouse, servers: Servers, years: int
) -> ServiceResponse:
    """Import, with a notification that goes when all is done."""
    hass, zone = loaded.hass, loaded.zone
    sentences = await async_sentences(hass)
    source = servers.sources.get(tibber.KIND)
    if source is None:
        raise refuse("tibber_missing")

    def tell(reference: str, until: float) -> None:
        day = datetime.fromtimestamp(until, UTC).astimezone(zone)
        persistent_notification.async_create(
            hass,
            sentences["tibber_progress"].format(home=reference, day=f"{day:%d.%m.%Y}"),
            "Tibber",
            _NOTE,
        )

    today = dt_util.now().date()
    begin = date(today.year - years, today.month, min(today.day, 28))
    servers.begin()
    try:
        done = await async_import_history(loaded, source, begin, tell)
    except OutOfReachError as error:
        raise broken("tibber_out_of_reach") from error
    finally:
        persistent_notification.async_dismiss(hass, _NOTE)
    return {"homes": {home: _response(one, zone) for home, one in done.items()}}


def _response(one: Imported, zone: ZoneInfo) -> ServiceResponse:
    return {
        "hours": one.hours,
        "first": None if one.first is None else iso(one.first, zone),
        "last": None if one.last is None else iso(one.last, zone),
    }
