"""The poller of a station's water temperature."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
import logging
from random import SystemRandom
import time
from typing import Any, Final, TypedDict, override
from urllib.parse import urlsplit

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.storage import Store

from ..const import DOMAIN, SUBENTRY_WATER
from ..influx.model import SECOND, Asks, Point
from ..outside import OutOfReachError, OutsideError
from ..sources.water_temperature import ZONE, TemperatureRow, async_fetch
from ..stores.disposable import async_stored
from .link import Link
from .polling import Polling
from .station_statistics import async_record

_LOGGER = logging.getLogger(__name__)
_VERSION: Final = 1
# The services measure each quarter of an hour and list days: nothing is missed.
_INTERVAL: Final = 30 * 60
_SPREAD: Final = 120
# Some stations publish an hour or two late; what is older is no longer "now" [s].
STALE: Final = 3 * 3600.0
# How far a station's clock may be ahead [s].
_AHEAD: Final = 3600.0


class _Content(TypedDict):
    last: list[float] | None
    unsent: list[list[float]]
    etag: str | None
    modified: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StationDefinition:
    """A station as its subentry describes it; `key` never changes."""

    key: str
    name: str
    url: str

    @property
    def unique_id(self) -> str:
        """Return the unique id of the station's sensor."""
        return f"{SUBENTRY_WATER}_{self.key}"


def station_of(subentry: ConfigSubentry) -> StationDefinition:
    """Return the station that a subentry describes."""
    key = str(subentry.unique_id).partition(":")[2]
    return StationDefinition(
        key=key, name=subentry.title, url=str(subentry.data.get("url") or "")
    )


class Station(Polling[TemperatureRow | None]):
    """Asks one page now and then and keeps all that is new on it."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        definition: StationDefinition,
        place: tuple[Asks, str] | None,
    ) -> None:
        """Prepare; `place` is the server and bucket of raw values, if there is one."""
        link = Link(hass, entry, SUBENTRY_WATER, definition.key)
        interval = timedelta(seconds=_INTERVAL + SystemRandom().randrange(_SPREAD))
        super().__init__(hass, entry, link, interval, None)
        self.definition = definition
        self._place = place
        self._store = Store[_Content](
            hass, _VERSION, f"{DOMAIN}.{definition.unique_id}"
        )
        self._unsent: list[TemperatureRow] = []
        self._etag: str | None = None
        self._modified: str | None = None

    async def async_start(self) -> None:
        """Show the last temperature known, then begin to ask."""
        content = await async_stored(self._store)
        if content is not None:
            try:
                self._fill(content)
            except KeyError, TypeError, ValueError:
                _LOGGER.warning("What %s told is asked anew", self.link.name)
        self.config_entry.async_create_background_task(
            self.hass, self.async_refresh(), self.link.name
        )
        # A coordinator's timer runs only while somebody listens.
        self.config_entry.async_on_unload(self.async_add_listener(_nothing))

    @override
    async def async_fetch(self) -> TemperatureRow | None:
        try:
            await self.link.async_try(self._async_ask)
        finally:
            await self._async_send()
        return self.data

    @property
    def is_fresh(self) -> bool:
        """Return whether the last temperature is not too old to be shown as today's."""
        return self.data is not None and time.time() - self.data.instant <= STALE

    async def _async_ask(self) -> None:
        """Take what is new; raises OutsideError, also if nothing is for long."""
        session = async_get_clientsession(self.hass)
        page = await async_fetch(
            session, self.definition.url, self._etag, self._modified
        )
        if page is not None:
            self._etag, self._modified = page.etag, page.modified
            await self._async_take(page.rows)
        if not self.is_fresh:
            since = self.data and datetime.fromtimestamp(self.data.instant, ZONE)
            raise OutsideError(
                "stale",
                placeholders={
                    "name": self.definition.name,
                    "since": f"{since:%d.%m.%Y %H:%M}" if since else "–",
                },
            )

    async def _async_take(self, given: Sequence[TemperatureRow]) -> None:
        """Keep the rows of a page that are new, and let statistics hold all of them.

        A row of the future is a slip of the station: no later one would be new.
        """
        latest = time.time() + _AHEAD
        rows = [row for row in given if row.instant <= latest]
        last = self.data.instant if self.data else float("-inf")
        new = [row for row in rows if row.instant > last]
        if new:
            self.data = new[-1]
            self._unsent += new
            await self._store.async_save(self._content())
            await self._async_record(rows)

    async def _async_record(self, rows: list[TemperatureRow]) -> None:
        entity_id = er.async_get(self.hass).async_get_entity_id(
            Platform.SENSOR, DOMAIN, self.definition.unique_id
        )
        if entity_id is not None:
            await async_record(self.hass, entity_id, rows)

    async def _async_send(self) -> None:
        """Write what is new to the raw bucket; what cannot be written waits."""
        if not self._unsent or self._place is None:
            return
        server, place = self._place
        points = [_point(self.definition, row) for row in self._unsent]
        try:
            await server.async_tell(lambda one: one.write(place, points))
        except OutOfReachError:
            return
        self._unsent.clear()
        await self._store.async_save(self._content())

    def _fill(self, content: _Content) -> None:
        last = content["last"]
        known = last is not None and last[0] <= time.time() + _AHEAD
        self.data = TemperatureRow(*last) if last and known else None
        self._unsent = [TemperatureRow(*row) for row in content["unsent"]]
        self._etag, self._modified = content["etag"], content["modified"]

    def _content(self) -> _Content:
        # Without a server nothing waits to be sent.
        unsent = self._unsent if self._place else []
        return {
            "last": [self.data.instant, self.data.value] if self.data else None,
            "unsent": [[row.instant, row.value] for row in unsent],
            "etag": self._etag,
            "modified": self._modified,
        }


@callback
def _nothing(*_: Any) -> None:
    """Listen, and do nothing."""


def _point(definition: StationDefinition, row: TemperatureRow) -> Point:
    host = urlsplit(definition.url).hostname or ""
    return Point(
        measurement="°C",
        tags={
            "domain": "sensor",
            "entity_id": f"temp_{definition.key}_water",
            "lake": definition.name,
            "source": "bayern_nid" if host.endswith("nid.bayern.de") else host,
        },
        fields={"value": row.value},
        time=round(row.instant) * SECOND,
    )
