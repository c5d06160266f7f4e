"""Publishes results as points of an InfluxDB, writing only differences.

Points are stamped with local midnights: a dial at that instant, the use of the day that
begins with it. What is no longer true is deleted.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from itertools import groupby
import math
from typing import TYPE_CHECKING, Final, Protocol
from zoneinfo import ZoneInfo

from homeassistant.core import HomeAssistant

from ..engine.model import Finding, FlaggedDay, MeterReport, Provenance
from ..influx.model import SECOND, Asks, Doomed, Field, Point, Server
from .difference import close

DAILY: Final = "meter_interpolated_daily"
MONTHLY: Final = "meter_interpolated_monthly"
CONSUMPTION: Final = "meter_consumption"
ANOMALY: Final = "meter_anomaly"
MEASUREMENTS: Final = (DAILY, MONTHLY, CONSUMPTION, ANOMALY)

_WITHDRAWN: Final = "withdrawn"
_QUALITIES: Final = [known.name.lower() for known in Provenance]

if TYPE_CHECKING:
    from ..engine.model import Floats

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
        wanted = await self._hass.async_add_executor_job(
            _wanted, results, ZoneInfo(self._hass.config.time_zone), self._text
        )
        known = ledger.written(results.key)
        if known == wanted.digests:
            return 0
        since = _first_differences(known or {}, wanted.digests)
        meter_id = results.report.meter.meter_id
        place = self._place

        def compared(server: Server) -> _Change:
            return _compared(server, place, meter_id, wanted, since)

        change = await self._server.async_ask(compared, meter_id)
        if change.upserts or change.doomed:
            await ledger.async_doubt_points(results.key)
            await self._server.async_tell(
                lambda server: _carry_out(server, place, change), meter_id
            )
            left = await self._server.async_ask(compared, meter_id)
            if left.upserts or left.doomed:
                return len(change.upserts)
        ledger.trust_points(results.key, wanted.digests)
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


def drop_all(server: Server, place: str) -> int:
    """Delete the measurements and return how many; blocks and raises InfluxError."""
    for measurement in MEASUREMENTS:
        server.drop(place, measurement)
    return len(MEASUREMENTS)


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """Points of one measurement, in order: starts [epoch s], values, and how known.

    `values` of NaN are no points; `codes` are of `Provenance`, a byte each.
    """

    measurement: str
    tags: Mapping[str, str]
    starts: Floats
    values: Floats
    codes: bytes

    def digests(self) -> Digests:
        """Return a digest for each quarter of a year (UTC) that has days."""
        found: Digests = {}
        for start, end in _quarters(self.starts):
            low, high = (int(self.starts.searchsorted(edge)) for edge in (start, end))
            digest = blake2b(f"{self.tags}".encode(), digest_size=12)
            digest.update(self.starts[low:high].tobytes())
            digest.update(self.values[low:high].tobytes())
            digest.update(self.codes[low:high])
            found[f"{self.measurement}:{start:.0f}"] = digest.hexdigest()
        return found

    def points(self, since: int) -> Iterator[Point]:
        """Yield the points from an instant [ns] on."""
        low = int(self.starts.searchsorted(since / SECOND))
        for start, value, code in zip(
            self.starts[low:].tolist(),
            self.values[low:].tolist(),
            self.codes[low:],
            strict=True,
        ):
            if not math.isnan(value):
                yield Point(
                    measurement=self.measurement,
                    tags=self.tags,
                    fields={"value": value, "quality": _QUALITIES[code]},
                    time=round(start) * SECOND,
                )


@dataclass(frozen=True, slots=True, eq=False)
class _Wanted:
    """All points of a meter; those of events are few."""

    tables: tuple[_Table, ...]
    events: tuple[Point, ...]
    digests: Digests

    def points(self, measurement: str, since: int) -> Iterator[Point]:
        """Yield the points of a measurement from an instant [ns] on."""
        for table in self.tables:
            if table.measurement == measurement:
                yield from table.points(since)
        for point in self.events:
            if point.measurement == measurement and point.time >= since:
                yield point


def _wanted(results: Results, zone: ZoneInfo, text: Wording) -> _Wanted:
    """Return all points of a meter; an unknown day has none."""
    report = results.report
    tags = {"meter_id": report.meter.meter_id, "unit": report.meter.unit}
    codes = bytes(report.provenance.tolist())
    # A dial at midnight is as sure as the better of the days that it joins.
    shown = bytes(
        min(codes[max(number - 1, 0) : number + 1], default=Provenance.UNKNOWN)
        for number in range(len(report.counter))
    )
    firsts = [
        number
        for number, start in enumerate(report.midnights.tolist())
        if datetime.fromtimestamp(start, zone).day == 1
    ]
    midnights, dial = report.midnights, report.counter
    tables = (
        _Table(CONSUMPTION, tags, midnights[:-1], report.use, codes),
        _Table(DAILY, tags, midnights, dial, shown),
        _Table(
            MONTHLY,
            tags,
            midnights[firsts],
            dial[firsts],
            bytes(shown[number] for number in firsts),
        ),
    )
    events = tuple(
        Point(
            measurement=ANOMALY,
            tags={"meter_id": report.meter.meter_id},
            fields=_flagged(day, text) | {"quality": _QUALITIES[codes[day.index]]},
            time=round(float(midnights[day.index])) * SECOND,
        )
        for day in results.flagged
    )
    digests = _events_digest(events)
    for table in tables:
        digests |= table.digests()
    return _Wanted(tables, events, digests)


def _quarters(starts: Floats) -> Iterator[tuple[float, float]]:
    """Yield the quarters of years (UTC) that instants [epoch s] lie in."""
    if not len(starts):
        return
    moment = datetime.fromtimestamp(float(starts[0]), UTC)
    number, last = moment.year * 4 + (moment.month - 1) // 3, float(starts[-1])
    start = _quarter(number)
    while start <= last:
        yield start, _quarter(number + 1)
        number, start = number + 1, _quarter(number + 1)


def _quarter(number: int) -> float:
    year, quarter = divmod(number, 4)
    return datetime(year, quarter * 3 + 1, 1, tzinfo=UTC).timestamp()


def _events_digest(events: Sequence[Point]) -> Digests:
    if not events:
        return {}
    digest = blake2b(digest_size=12)
    for point in events:
        digest.update(f"{point.fields}{point.time}".encode())
    return {f"{ANOMALY}:0": digest.hexdigest()}


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


def _first_differences(old: Digests, new: Digests) -> dict[str, int]:
    """Return from when [ns] on each measurement differs; those that do not are out."""
    since: dict[str, int] = {}
    for group in old.keys() | new.keys():
        if old.get(group) != new.get(group):
            measurement, _, start = group.partition(":")
            begin = int(start) * SECOND
            since[measurement] = min(begin, since.get(measurement, begin))
    if not old:
        # Nothing is sure: whatever lies there is looked at.
        since = dict.fromkeys(MEASUREMENTS, 0)
    return since


def _compared(
    server: Server,
    place: str,
    meter_id: str,
    wanted: _Wanted,
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
        mine = {_identity(point): point for point in wanted.points(measurement, start)}
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
