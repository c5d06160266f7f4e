"""Publishes results as points of an InfluxDB, writing only differences.

What is no longer true is deleted.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
import time
from typing import Protocol
from zoneinfo import ZoneInfo

from homeassistant.core import HomeAssistant

from ..influx.connection import InfluxError
from ..influx.model import SECOND, Asks, Doomed, Field, Place, Point, Server
from ..influx.refused import Refused
from .difference import close
from .points import (
    CONSUMPTION,
    DAILY,
    MEASUREMENTS,
    MONTHLY,
    ORIGINALS,
    PARKED,
    Digests,
    Results,
    Wanted,
    Wording,
    blank,
    is_withdrawn,
    ledger_key,
    number,
    true_fields,
    wanted_points,
    withdrawn,
)


class PointsLedger(Protocol):
    """Remembers what was written, and doubts it from before a write until after."""

    def written(self, key: str) -> Digests | None:
        """Return the digests of a meter's points, None when that is not sure."""

    async def async_doubt_points(self, key: str) -> None:
        """Note on the disk that a meter's points are about to change."""

    def trust_points(self, key: str, digests: Digests) -> None:
        """Note that a meter's points were read back and have these digests."""


class OriginalError(Exception):
    """The place holds points of the original system, which cannot be told from ours."""


@dataclass(frozen=True, slots=True)
class _Change:
    """What is deleted and written; a server that cannot delete is told the `instead`.

    These overwrite all fields of what lies there.
    """

    upserts: tuple[Point, ...] = ()
    doomed: tuple[Doomed, ...] = ()
    instead: tuple[Point, ...] = ()

    def __bool__(self) -> bool:
        """Return whether anything is to be done."""
        return bool(self.upserts or self.doomed)

    def only(self, upserts: Sequence[Point]) -> _Change:
        """Return the change with no other points than these to write."""
        out = {(one.measurement, identity_of(one)) for one in self.upserts}
        out -= {(one.measurement, identity_of(one)) for one in upserts}
        instead = (
            one
            for one in self.instead
            if (one.measurement, identity_of(one)) not in out
        )
        return _Change(tuple(upserts), self.doomed, tuple(instead))


@dataclass(frozen=True, slots=True)
class Target:
    """A bucket or database, and what the names of measurements end with there."""

    place: str
    suffix: str = ""


class InfluxSink:
    """The bucket or database of results."""

    def __init__(
        self,
        hass: HomeAssistant,
        server: Asks,
        target: Target,
        text: Wording,
        refused: Refused | None = None,
    ) -> None:
        """Publish to one place; `text` words reasons.

        What the server `refused` before is not sent again.
        """
        self._refused = refused or Refused()
        self._found: Place | None = None
        self.forgets: int | None = None
        self.keeps_all = False
        self._suffix = target.suffix
        self._hass = hass
        self._server = server
        self._place = target.place
        self._text = text

    async def async_publish(self, results: Results, ledger: PointsLedger) -> int:
        """Make the server hold a meter's points; returns how many were written.

        Raises OutOfReachError; what is unsure then is compared by the next run.
        """
        wanted = await self._hass.async_add_executor_job(
            wanted_points,
            results,
            ZoneInfo(self._hass.config.time_zone),
            self._text,
            self._suffix,
        )
        key = ledger_key(results.key, self._suffix)
        known = ledger.written(key)
        if known == wanted.digests:
            return 0
        meter_id = results.meter_id
        place = self._place
        oldest = await self._async_oldest(meter_id, wanted)
        since = {
            measurement: max(begin, oldest)
            for measurement, begin in _first_differences(
                known or {}, wanted.digests, self._suffix
            ).items()
        }

        def compared(server: Server) -> _Change:
            return _compared(server, place, meter_id, wanted, since)

        change = await self._server.async_ask(compared, meter_id)
        if change:
            worth = self._refused.without(key, change.upserts)
            if not worth and not change.doomed:
                return 0
            change = change.only(worth)
            await ledger.async_doubt_points(key)
            column = await self._server.async_tell(
                lambda server: _carry_out(server, place, change), meter_id
            )
            left = await self._server.async_ask(compared, meter_id)
            if column is not None:
                self._refused.note(key, left.upserts, column)
                return sum(point not in left.upserts for point in change.upserts)
            if left:
                return len(change.upserts)
        self._refused.forget(key)
        ledger.trust_points(key, wanted.digests)
        return len(change.upserts)

    async def _async_oldest(self, about: str, wanted: Wanted) -> int:
        """Return from when on [ns] the place keeps points; raises OutOfReachError.

        `forgets` tells how long [ns], where results begin earlier; `keeps_all` that it
        keeps them for ever.
        """
        place = self._place
        if self._found is None:
            self._found = await self._server.async_ask(
                lambda server: _existing(server, place), about
            )
        oldest = self._found.since(time.time_ns())
        if oldest is None:
            self.keeps_all = True
            return 0
        first = next(wanted.points(CONSUMPTION + self._suffix, 0), None)
        if first is not None and first.time < oldest:
            self.forgets = self._found.keeps
        return oldest

    async def async_refuse_original(self) -> None:
        """Raise OriginalError where the original's points lie; raises OutOfReachError.

        They have no unit and are stamped with midnights of UTC.
        """
        place = self._place
        if await self._server.async_ask(
            lambda server: any(
                server.untagged(place, name) for name in (DAILY, MONTHLY, CONSUMPTION)
            )
        ):
            raise OriginalError


def drop_all(server: Server, place: str, suffix: str = "") -> int:
    """Delete the measurements and return how many; blocks and raises InfluxError."""
    for measurement in MEASUREMENTS:
        server.drop(place, measurement + suffix)
    # What an unfinished move left would come back.
    for measurement in ORIGINALS:
        server.drop(place, measurement + suffix + PARKED)
    return len(MEASUREMENTS)


def _first_differences(old: Digests, new: Digests, suffix: str) -> dict[str, int]:
    """Return from when [ns] on each measurement differs; those that do not are out."""
    since: dict[str, int] = {}
    for group in old.keys() | new.keys():
        if old.get(group) != new.get(group):
            measurement, _, start = group.partition(":")
            begin = int(start) * SECOND
            since[measurement] = min(begin, since.get(measurement, begin))
    if not old:
        # Nothing is sure: whatever lies there is looked at.
        since = dict.fromkeys((name + suffix for name in MEASUREMENTS), 0)
    return since


def _compared(
    server: Server,
    place: str,
    meter_id: str,
    wanted: Wanted,
    since: Mapping[str, int],
) -> _Change:
    """Return what has to be done so that the server holds just these points."""
    upserts: list[Point] = []
    doomed: list[Doomed] = []
    instead: list[Point] = []
    for measurement, start in since.items():
        there = server.points(place, measurement, meter_id, start)
        lying = {identity_of(point): point for point in there}
        stored = {
            identity: true_fields(point)
            for identity, point in lying.items()
            if not is_withdrawn(point)
        }
        mine = {
            identity_of(point): point for point in wanted.points(measurement, start)
        }
        stale = {
            identity
            for identity, fields in stored.items()
            if identity not in mine or _beyond(fields, mine[identity].fields)
        } | (mine.keys() & lying.keys() - stored.keys())
        doomed += ranges(measurement, stale, mine.keys() - stale)
        written = {
            identity: point
            for identity, point in mine.items()
            if identity in stale or not _same(stored.get(identity), point.fields)
        }
        upserts += written.values()
        instead += _overwriting(lying, stale, written)
    return _Change(tuple(upserts), tuple(doomed), tuple(instead))


type Identity = tuple[tuple[tuple[str, str], ...], int]


def identity_of(point: Point) -> Identity:
    """Return what another point must share to take a point's place."""
    return tuple(sorted(point.tags.items())), point.time


def _beyond(stored: Mapping[str, Field], wanted: Mapping[str, Field]) -> bool:
    """Return whether fields are too many; one that was emptied cannot be deleted."""
    return any(stored[key] for key in stored.keys() - wanted.keys())


def _same(stored: Mapping[str, Field] | None, wanted: Mapping[str, Field]) -> bool:
    if stored is None or wanted.keys() - stored.keys():
        return False
    return all(
        value == stored[key]
        if isinstance(value, str)
        else close(float(value), number(stored[key]))
        for key, value in wanted.items()
    )


def ranges(
    measurement: str, stale: set[Identity], kept: set[Identity]
) -> Iterator[Doomed]:
    """Yield ranges that hold all stale points of a series and none that is kept."""
    marked = sorted([(*one, True) for one in stale] + [(*one, False) for one in kept])
    for (tags, is_stale), group in groupby(marked, lambda one: (one[0], one[2])):
        if is_stale:
            times = [time for _, time, _ in group]
            yield Doomed(measurement=measurement, tags=dict(tags), times=times)


def _overwriting(
    lying: Mapping[Identity, Point],
    stale: set[Identity],
    written: Mapping[Identity, Point],
) -> Iterator[Point]:
    """Yield what is written where nothing can be deleted: one point an instant."""
    for identity in stale - written.keys():
        yield withdrawn(lying[identity])
    for identity, point in written.items():
        before = lying[identity].fields if identity in lying else {}
        yield replace(point, fields={**blank(before), **point.fields})


def _existing(server: Server, place: str) -> Place:
    found = server.place(place)
    if found is None:
        raise InfluxError("place", place)
    return found


def _carry_out(server: Server, place: str, change: _Change) -> str | None:
    """Delete, then write: what is deleted may be written anew.

    Returns which field is of another type, where the server kept only the others.
    """
    deleted = all(server.delete(place, doomed) for doomed in change.doomed)
    try:
        server.write(place, change.upserts if deleted else change.instead)
    except InfluxError as error:
        if error.key != "column":
            raise
        return error.detail
    return None
