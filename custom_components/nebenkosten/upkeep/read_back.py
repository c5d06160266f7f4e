"""The read-back check of what the recorder and the InfluxDB hold.

Somebody edits the database, or restores a backup of it. What differs is named, doubted
and written again by the run that follows.
"""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
import logging
import time
from typing import Final
from zoneinfo import ZoneInfo

from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonObjectType
from sqlalchemy.exc import SQLAlchemyError

from ..analysis.loaded_house import LoadedHouse
from ..analysis.queries import Queries
from ..connections.servers import InfluxLink
from ..const import PREVIEW
from ..engine.domain.local_days import iso
from ..engine.domain.meters import AnyMeter
from ..influx.model import SECOND, Server
from ..outside import OutOfReachError
from ..publication import statistics
from ..publication.ledger import Ledger
from ..publication.points import (
    MEASUREMENTS,
    held_points,
    is_of_events,
    ledger_key,
    next_quarter,
)
from ..statistic_catalog import statistic_ids

_LOGGER = logging.getLogger(__name__)
_NAMED: Final = 24
# So many meters an hour, or what it takes to see all of them once a day.
_PORTION: Final = 3
_HOURS: Final = 24


class ReadBack:
    """Compares digests of what is there with those of what was written."""

    def __init__(
        self,
        loaded: LoadedHouse,
        ledger: Ledger,
        queries: Queries,
        influx: InfluxLink | None,
        runs: asyncio.Lock,
    ) -> None:
        """Check what one house has published; whoever holds `runs` publishes."""
        self._hass = loaded.hass
        self._loaded = loaded
        self._ledger = ledger
        self._queries = queries
        self._influx = influx
        self._runs = runs
        self._found: dict[str, list[JsonObjectType]] = {}
        self._next = 0
        self._owed = False

    def taken(self, keys: Iterable[str]) -> Sequence[JsonObjectType]:
        """Return what was found of meters (by key) that a run now writes again."""
        return [one for key in keys for one in self._found.pop(key, [])]

    async def async_check(self, *, whole: bool) -> frozenset[str]:
        """Compare what was published; return the meters (keys) to publish again.

        The `whole` past of all meters, or the last two years of those whose turn it is.
        """
        # What could not be looked at before is looked at now.
        whole, self._owed = whole or self._owed, False
        year = dt_util.utcnow().year - 1
        since = 0.0 if whole else datetime(year, 1, 1, tzinfo=UTC).timestamp()
        wrong: set[str] = set()
        for meter in list(self._loaded.meters.values()) if whole else self._portion():
            try:
                if await self._async_differs(meter, since):
                    wrong.add(meter.key)
            except OutOfReachError as error:
                _LOGGER.warning("What was published cannot be checked: %s", error)
                self._owed |= whole
                break
            except (HomeAssistantError, SQLAlchemyError) as error:
                _LOGGER.warning("%s cannot be checked: %s", meter.meter_id, error)
                self._owed |= whole
        return frozenset(wrong)

    async def _async_differs(self, meter: AnyMeter, since: float) -> bool:
        """Return whether something differs, also once no run goes on.

        A run that was under way has read back only what it wrote, and may have written
        what seemed to differ.
        """
        if not (
            await self._async_statistics(meter, since)
            or await self._async_points(meter, since)
        ):
            return False
        async with self._runs:
            return await self._async_named_all(meter, since)

    async def _async_named_all(self, meter: AnyMeter, since: float) -> bool:
        """Name what differs and doubt it; returns whether anything does."""
        found = [
            one
            for statistic_id, begin in (
                await self._async_statistics(meter, since)
            ).items()
            for one in await self._async_named(meter, statistic_id, begin)
        ] + await self._async_points(meter, since)
        if not found:
            return False
        self._found[meter.key] = found
        _LOGGER.warning(
            "What was published of %s is no longer there; it is written again",
            meter.meter_id,
        )
        self._ledger.doubt_meter(meter.key)
        return True

    def _portion(self) -> list[AnyMeter]:
        """Return the meters whose turn it is; each one has it within a day."""
        meters = list(self._loaded.meters.values())
        count = min(max(_PORTION, -(-len(meters) // _HOURS)), len(meters))
        turn = [meters[(self._next + n) % len(meters)] for n in range(count)]
        self._next += count
        return turn

    async def _async_statistics(
        self, meter: AnyMeter, since: float
    ) -> dict[str, float]:
        """Return from when on [epoch s] a meter's statistics differ, by their ids."""
        found: dict[str, float] = {}
        for one in statistic_ids(meter.key):
            known = self._ledger.published(one)
            if known is None:
                continue
            begin = await statistics.async_differs(self._hass, one, known, since)
            if begin is not None:
                found[one] = begin
        return found

    async def _async_named(
        self, meter: AnyMeter, statistic_id: str, begin: float
    ) -> list[JsonObjectType]:
        (analysis,) = await self._queries.async_analyses([meter.key])
        wanted = [s for s in analysis.statistics if s.statistic_id == statistic_id]
        starts = []
        if wanted:
            starts = await statistics.async_wrong(self._hass, wanted[0], begin)
            if not starts:
                return []
        zone = ZoneInfo(self._hass.config.time_zone)
        return [
            {
                "meter_id": meter.meter_id,
                "where": statistic_id,
                "rows": len(starts),
                "hours": [iso(start, zone) for start in starts[:_NAMED]],
            }
        ]

    async def _async_points(
        self, meter: AnyMeter, since: float
    ) -> list[JsonObjectType]:
        """Name the measurements of the InfluxDB that hold something else."""
        link, ledger = self._influx, self._ledger
        found: list[JsonObjectType] = []
        for suffix in ("", PREVIEW):
            known = ledger.written(ledger_key(meter.key, suffix))
            if link is None or known is None:
                continue
            place = link.connection.processed
            names = [name + suffix for name in MEASUREMENTS]
            try:
                kept = await link.async_ask(
                    partial(_kept_from, place=place, now=time.time_ns()), meter.meter_id
                )
                if kept:
                    # Digests of events are of all of them, also of those that are gone.
                    names = [name for name in names if not is_of_events(name)]
                begin = max(since, kept)
                held = await link.async_ask(
                    partial(
                        held_points,
                        place=place,
                        meter_id=meter.meter_id,
                        measurements=names,
                        since=begin,
                    ),
                    meter.meter_id,
                )
            except OutOfReachError:
                return []
            expected = {
                group: digest
                for group, digest in known.items()
                if group.partition(":")[0] in names
                and ((at := int(group.partition(":")[2])) == 0 or at >= begin)
            }
            wrong = {
                group.partition(":")[0]
                for group in expected.keys() | held.keys()
                if expected.get(group) != held.get(group)
            }
            found += [
                {"meter_id": meter.meter_id, "where": name} for name in sorted(wrong)
            ]
        return found


def _kept_from(server: Server, place: str, now: int) -> float:
    """Return from when on [epoch s] a place keeps whole quarters, 0 where all."""
    found = server.place(place)
    oldest = found.since(now) if found else None
    return 0.0 if oldest is None else next_quarter(oldest // SECOND)
