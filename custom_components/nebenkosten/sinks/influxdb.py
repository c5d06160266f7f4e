"""Publishes results as points of an InfluxDB, writing only differences.

Points are stamped with local midnights: a dial at that instant, the use of the day that
begins with it. What is no longer true is deleted.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import blake2b
from itertools import groupby
import math
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from homeassistant.core import HomeAssistant

from ..engine.model import Finding, FlaggedDay, MeterReport, Provenance
from ..influx.model import Asks, Doomed, Field, Point, Server
from .difference import close

DAILY: Final = "meter_interpolated_daily"
MONTHLY: Final = "meter_interpolated_monthly"
CONSUMPTION: Final = "meter_consumption"
ANOMALY: Final = "meter_anomaly"
MEASUREMENTS: Final = (DAILY, MONTHLY, CONSUMPTION, ANOMALY)

_SECOND: Final = 1_000_000_000
_WITHDRAWN: Final = "withdrawn"

type Digests = dict[str, str]
type Wording = Callable[[Finding], str]


class Ledger(Protocol):
    """Remembers what was written, and doubts it from before a write until after."""

    def written(self, key: str) -> Digests | None:
        """Return the digests of a meter's points, None when that is not sure."""

    async def async_doubt_points(self, key: str) -> None:
        """Note on the disk that a meter's points are about to change."""

    def trust_points(self, key: str, digests: Digests) -> None:
        """Note that a meter's points were read back and have these digests."""


class OriginalError(Exception):
    """The place holds points of the original system, which cannot be told from ours."""


@dataclass(frozen=True, slots=True, eq=False)
class Results:
    """A meter's report, and its flagged days, that shall be published."""

    key: str
    report: MeterReport
    flagged: Sequence[FlaggedDay]


@dataclass(frozen=True, slots=True)
class _Change:
    upserts: tuple[Point, ...]
    doomed: tuple[Doomed, ...]


class InfluxSink:
    """The bucket or database of results."""

    def __init__(
        self, hass: HomeAssistant, server: Asks, place: str, text: Wording
    ) -> None:
        """Remember whom to tell, and in which words."""
        self._hass = hass
        self._server = server
        self._place = place
        self._text = text

    async def async_publish(self, results: Results, ledger: Ledger) -> int:
        """Make the server hold a meter's points; returns how many were written.

        Raises OutOfReachError; what is unsure then is compared by the next run.
        """
        wanted, digests = await self._hass.async_add_executor_job(
            _wanted, results, ZoneInfo(self._hass.config.time_zone), self._text
        )
        known = ledger.written(results.key)
        if known == digests:
            return 0
        since = _first_differences(known or {}, digests)
        meter_id = results.report.meter.meter_id
        place = self._place

        def compared(server: Server) -> _Change:
            return _compared(server, place, meter_id, wanted, since)

        change = await self._server.async_ask(compared)
        if change.upserts or change.doomed:
            await ledger.async_doubt_points(results.key)
            await self._server.async_tell(
                lambda server: _carry_out(server, place, change)
            )
            left = await self._server.async_ask(compared)
            if left.upserts or left.doomed:
                return len(change.upserts)
        ledger.trust_points(results.key, digests)
        return len(change.upserts)

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


def drop_all(server: Server, place: str) -> None:
    """Delete the four measurements; blocks and raises InfluxError."""
    for measurement in MEASUREMENTS:
        server.drop(place, measurement)


def _wanted(
    results: Results, zone: ZoneInfo, text: Wording
) -> tuple[list[Point], Digests]:
    found = points(results, zone, text)
    return found, _digests(found)


def points(results: Results, zone: ZoneInfo, text: Wording) -> list[Point]:
    """Return all points of a meter; an unknown day has none."""
    report = results.report
    tags = {"meter_id": report.meter.meter_id, "unit": report.meter.unit}
    starts = [round(start) * _SECOND for start in report.midnights.tolist()]
    how = [Provenance(code).name.lower() for code in report.provenance.tolist()]
    found = [
        Point(
            measurement=CONSUMPTION,
            tags=tags,
            fields={"value": use, "quality": how[day]},
            time=starts[day],
        )
        for day, use in enumerate(report.use.tolist())
        if not math.isnan(use)
    ]
    # A dial at midnight is as sure as the better of the days that it joins.
    codes = report.provenance.tolist()
    for number, shown in enumerate(report.counter.tolist()):
        if math.isnan(shown):
            continue
        quality = Provenance(min(codes[max(number - 1, 0) : number + 1])).name.lower()
        daily = Point(
            measurement=DAILY,
            tags=tags,
            fields={"value": shown, "quality": quality},
            time=starts[number],
        )
        found.append(daily)
        if datetime.fromtimestamp(starts[number] // _SECOND, zone).day == 1:
            found.append(replace(daily, measurement=MONTHLY))
    own = {"meter_id": report.meter.meter_id}
    return found + [
        Point(
            measurement=ANOMALY,
            tags=own,
            fields=_flagged(day, text) | {"quality": how[day.index]},
            time=starts[day.index],
        )
        for day in results.flagged
    ]


def _flagged(day: FlaggedDay, text: Wording) -> dict[str, Field]:
    fields: dict[str, Field | None] = {
        "value": day.use,
        "z_score": day.z,
        "iqr_lower": day.low,
        "iqr_upper": day.high,
        "anomaly_count": day.rules,
        "expected": day.expected,
        "score": day.anomaly.score,
        "kind": day.anomaly.kind,
        "reason": text(day.anomaly.reason),
    }
    return {key: value for key, value in fields.items() if value is not None}


def _group(point: Point) -> str:
    year = datetime.fromtimestamp(point.time // _SECOND, UTC).year
    return f"{point.measurement}:{year}"


def _digests(wanted: Sequence[Point]) -> Digests:
    """Return a digest for each measurement and year (UTC)."""
    found: Digests = {}
    for group, members in groupby(sorted(wanted, key=_order), _group):
        digest = blake2b(digest_size=12)
        for point in members:
            digest.update(f"{point.tags}{point.fields}{point.time}".encode())
        found[group] = digest.hexdigest()
    return found


def _order(point: Point) -> tuple[str, int]:
    return point.measurement, point.time


def _first_differences(old: Digests, new: Digests) -> dict[str, int]:
    """Return from when [ns] on each measurement differs; those that do not are out."""
    since: dict[str, int] = {}
    for group in sorted(old.keys() | new.keys(), reverse=True):
        if old.get(group) != new.get(group):
            measurement, _, year = group.partition(":")
            start = datetime(int(year), 1, 1, tzinfo=UTC).timestamp()
            since[measurement] = int(start) * _SECOND
    if not old:
        # Nothing is sure: whatever lies there is looked at.
        since = dict.fromkeys(MEASUREMENTS, 0)
    return since


def _compared(
    server: Server,
    place: str,
    meter_id: str,
    wanted: Sequence[Point],
    since: Mapping[str, int],
) -> _Change:
    """Return what has to be done so that the server holds just these points."""
    upserts: list[Point] = []
    doomed: list[Doomed] = []
    for measurement, start in since.items():
        stored = {
            _identity(point): point.fields
            for point in server.points(place, measurement, meter_id, start)
            if point.fields.get("quality") != _WITHDRAWN
        }
        mine = {
            _identity(point): point
            for point in wanted
            if point.measurement == measurement and point.time >= start
        }
        stale = {
            identity
            for identity, fields in stored.items()
            if identity not in mine or fields.keys() - mine[identity].fields.keys()
        }
        doomed += _ranges(measurement, stale, mine.keys() - stale)
        upserts += [
            point
            for identity, point in mine.items()
            if identity in stale or not _same(stored.get(identity), point.fields)
        ]
    return _Change(tuple(upserts), tuple(doomed))


type _Identity = tuple[tuple[tuple[str, str], ...], int]


def _identity(point: Point) -> _Identity:
    return tuple(sorted(point.tags.items())), point.time


def _same(stored: Mapping[str, Field] | None, wanted: Mapping[str, Field]) -> bool:
    if stored is None or stored.keys() != wanted.keys():
        return False
    return all(
        value == stored[key]
        if isinstance(value, str)
        else close(float(value), _number(stored[key]))
        for key, value in wanted.items()
    )


def _number(value: Field) -> float:
    return math.nan if isinstance(value, str) else float(value)


def _ranges(
    measurement: str, stale: set[_Identity], kept: set[_Identity]
) -> Iterator[Doomed]:
    """Yield ranges that hold all stale points of a series and none that is kept."""
    marked = sorted([(*one, True) for one in stale] + [(*one, False) for one in kept])
    for (tags, is_stale), group in groupby(marked, lambda one: (one[0], one[2])):
        if is_stale:
            times = [time for _, time, _ in group]
            yield Doomed(measurement=measurement, tags=dict(tags), times=times)


def _carry_out(server: Server, place: str, change: _Change) -> None:
    """Delete, then write: what is deleted may be written anew."""
    withdrawn = [
        Point(
            measurement=doomed.measurement,
            tags=doomed.tags,
            fields={"value": 0.0, "quality": _WITHDRAWN},
            time=time,
        )
        for doomed in change.doomed
        if not server.delete(place, doomed)
        for time in doomed.times
    ]
    server.write(place, [*withdrawn, *change.upserts])
