"""A meter's results as points, with digests to know them again.

Points are stamped with local midnights: a dial at that instant, the use of the day that
begins with it. The original's measurements have its fields alone, so that dashboards
made for it can sum over all of them; what we add stands in measurements of our own.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import blake2b
import math
from typing import Final
from zoneinfo import ZoneInfo

from ..const import PREVIEW
from ..engine.domain.answers import FlaggedDay
from ..engine.domain.arrays import Bools, Floats, Ints
from ..engine.domain.report import Finding, Provenance
from ..influx.model import SECOND, Field, Point, Server

DAILY: Final = "meter_interpolated_daily"
MONTHLY: Final = "meter_interpolated_monthly"
CONSUMPTION: Final = "meter_consumption"
ANOMALY: Final = "meter_anomaly"
# How far each day and each dial is known, and why a day is odd.
CONSUMPTION_QUALITY: Final = "nebenkosten_consumption_quality"
COUNTER_QUALITY: Final = "nebenkosten_counter_quality"
EXPLAINED: Final = "nebenkosten_anomaly"
ORIGINALS: Final = (DAILY, MONTHLY, CONSUMPTION, ANOMALY)
MEASUREMENTS: Final = (*ORIGINALS, CONSUMPTION_QUALITY, COUNTER_QUALITY, EXPLAINED)
# While points are moved, copies lie beside them under other names.
PARKED: Final = "_moving"

# What takes the place of a point that a server cannot delete.
MARK: Final = "quality"
_WITHDRAWN: Final = "withdrawn"
SHARES: Final = (
    Provenance.MEASURED,
    Provenance.INTERPOLATED,
    Provenance.EXTRAPOLATED,
)
# Servers keep the type that a field was first written with.
COUNT: Final = "anomaly_count"

type Digests = dict[str, str]
type Wording = Callable[[Finding], str]


def ledger_key(key: str, suffix: str) -> str:
    """Return under which name a meter's points are remembered: no meter has it."""
    return f"{key}#{suffix}" if suffix else key


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Results:
    """What shall be published of a meter, and its flagged days.

    `use` (n,) and `provenance` (n,) are those of the days, `dial` (n+1,) what it showed
    at their `midnights` (n+1,) [epoch s]; both in `unit`, NaN where they are unknown.
    """

    key: str
    meter_id: str
    unit: str
    midnights: Floats
    use: Floats
    dial: Floats
    provenance: Ints
    flagged: Sequence[FlaggedDay]


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """Points of one measurement, in order: starts [epoch s], a column of each field."""

    measurement: str
    tags: Mapping[str, str]
    starts: Floats
    columns: Mapping[str, Floats]

    def digests(self) -> Digests:
        """Return a digest for each quarter of a year (UTC) that has days."""
        found: Digests = {}
        for start, end in _quarters(self.starts):
            low, high = (int(self.starts.searchsorted(edge)) for edge in (start, end))
            if low < high:
                found[f"{self.measurement}:{start:.0f}"] = _digest(
                    self.tags,
                    self.columns,
                    self.starts[low:high].tobytes(),
                    *(
                        self.columns[k][low:high].tobytes()
                        for k in sorted(self.columns)
                    ),
                )
        return found

    def points(self, since: int) -> Iterator[Point]:
        """Yield the points from an instant [ns] on."""
        low = int(self.starts.searchsorted(since / SECOND))
        columns = [column[low:].tolist() for column in self.columns.values()]
        for start, *values in zip(self.starts[low:].tolist(), *columns, strict=True):
            yield Point(
                measurement=self.measurement,
                tags=self.tags,
                fields=dict(zip(self.columns, values, strict=True)),
                time=round(start) * SECOND,
            )


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
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


def wanted_points(
    results: Results, zone: ZoneInfo, text: Wording, suffix: str
) -> Wanted:
    """Return all points of a meter; an unknown day has none."""
    # Late: nothing on the set-up path may load numpy.
    import numpy as np

    tags = {"meter_id": results.meter_id, "unit": results.unit}
    midnights, dial = results.midnights, results.dial
    # A dial at midnight is as sure as the better of the days that it joins.
    days = np.pad(results.provenance, 1, constant_values=Provenance.UNKNOWN)
    sure = np.minimum(days[:-1], days[1:])[: len(dial)]
    day, known = ~np.isnan(results.use), ~np.isnan(dial)
    firsts = known & np.array(
        [datetime.fromtimestamp(at, zone).day == 1 for at in midnights.tolist()], bool
    )

    def table(name: str, known: Bools, columns: Mapping[str, Floats]) -> _Table:
        kept = {field: column[known] for field, column in columns.items()}
        return _Table(name + suffix, tags, midnights[: len(known)][known], kept)

    tables = (
        table(CONSUMPTION, day, {"value": results.use}),
        table(CONSUMPTION_QUALITY, day, _shares(results.provenance)),
        table(DAILY, known, {"value": dial}),
        table(COUNTER_QUALITY, known, _shares(sure)),
        table(MONTHLY, firsts, {"value": dial}),
    )
    events = tuple(
        Point(
            measurement=name + suffix,
            tags={"meter_id": results.meter_id},
            fields={key: value for key, value in fields.items() if value is not None},
            time=round(float(midnights[flagged.index])) * SECOND,
        )
        for flagged in results.flagged
        for name, fields in (
            (ANOMALY, _flagged(flagged)),
            (EXPLAINED, _explained(flagged, text)),
        )
    )
    digests: Digests = {}
    for one in tables:
        digests |= one.digests()
    for name in (ANOMALY + suffix, EXPLAINED + suffix):
        digests |= _events_digest(name, [p for p in events if p.measurement == name])
    return Wanted(tables, events, digests)


def _shares(known: Ints) -> dict[str, Floats]:
    """Return how much of each day (n,) is measured, interpolated and extrapolated."""
    return {kind.name.lower(): (known == kind).astype(float) for kind in SHARES}


def _digest(tags: Mapping[str, str], names: Iterable[str], *columns: bytes) -> str:
    told = f"{sorted(tags.items())} {sorted(names)}"
    digest = blake2b(told.encode(), digest_size=12)
    for column in columns:
        digest.update(column)
    return digest.hexdigest()


def _quarters(starts: Floats) -> Iterator[tuple[float, float]]:
    """Yield the quarters of years (UTC) that instants [epoch s] lie in."""
    if not len(starts):
        return
    number, last = _quarter_of(float(starts[0])), float(starts[-1])
    start = _quarter(number)
    while start <= last:
        yield start, _quarter(number + 1)
        number, start = number + 1, _quarter(number + 1)


def next_quarter(instant: float) -> float:
    """Return when the quarter (UTC) begins that follows on an instant [epoch s]."""
    return _quarter(_quarter_of(instant) + 1)


def _quarter_of(instant: float) -> int:
    moment = datetime.fromtimestamp(instant, UTC)
    return moment.year * 4 + (moment.month - 1) // 3


def _quarter(number: int) -> float:
    year, quarter = divmod(number, 4)
    return datetime(year, quarter * 3 + 1, 1, tzinfo=UTC).timestamp()


def _events_digest(measurement: str, events: Sequence[Point]) -> Digests:
    if not events:
        return {}
    # Where nothing can be deleted a field that is no more is an empty one.
    told = [
        f"{point.time} {sorted((k, _plain(v)) for k, v in point.fields.items() if v)}"
        for point in sorted(events, key=lambda point: point.time)
    ]
    return {f"{measurement}:0": _digest({}, (), "\n".join(told).encode())}


def _plain(value: Field) -> str | float:
    return value if isinstance(value, str) else float(value)


def _flagged(day: FlaggedDay) -> dict[str, Field | None]:
    return {
        "value": day.use,
        "z_score": day.z,
        "iqr_lower": day.low,
        "iqr_upper": day.high,
        COUNT: day.rules,
    }


def _explained(day: FlaggedDay, text: Wording) -> dict[str, Field | None]:
    return {
        "value": day.use,
        "expected": day.expected,
        "score": day.anomaly.score,
        "kind": day.anomaly.kind,
        "reason": text(day.anomaly.reason),
    }


def withdrawn(point: Point) -> Point:
    """Return what is written over a point that cannot be deleted."""
    return replace(point, fields=blank(point.fields) | {MARK: _WITHDRAWN})


def is_withdrawn(point: Point) -> bool:
    """Return whether a point stands for one that could not be deleted."""
    return point.fields.get(MARK) == _WITHDRAWN


def blank(fields: Mapping[str, Field]) -> dict[str, Field]:
    """Return fields of the same types that say nothing."""
    return {key: _blank(key, value) for key, value in fields.items()}


def _blank(key: str, value: Field) -> Field:
    if isinstance(value, str):
        return ""
    return 0 if key == COUNT else 0.0


def true_fields(point: Point) -> dict[str, Field]:
    """Return a point's fields without a text that was emptied: nothing deletes it."""
    return {key: value for key, value in point.fields.items() if value != ""}


def is_of_events(measurement: str) -> bool:
    """Return whether one digest is of all that a measurement ever held of a meter."""
    return measurement.removesuffix(PREVIEW) in (ANOMALY, EXPLAINED)


def held_points(
    server: Server, place: str, meter_id: str, measurements: Sequence[str], since: float
) -> Digests:
    """Return the digests of a meter's points from an instant [epoch s] on.

    Of events all are looked at. Blocks and raises InfluxError.
    """
    found: Digests = {}
    for measurement in measurements:
        events = is_of_events(measurement)
        begin = 0 if events else round(since) * SECOND
        points = [
            replace(point, fields=true_fields(point))
            for point in server.points(place, measurement, meter_id, begin)
            if not is_withdrawn(point)
        ]
        if events:
            found |= _events_digest(measurement, points)
        else:
            found |= _held(measurement, points)
    return found


def _held(measurement: str, points: Sequence[Point]) -> Digests:
    quarters: dict[float, list[Point]] = {}
    for point in sorted(points, key=lambda point: point.time):
        start = _quarter(_quarter_of(point.time // SECOND))
        quarters.setdefault(start, []).append(point)
    return {
        f"{measurement}:{start:.0f}": _held_digest(found)
        for start, found in quarters.items()
    }


def _held_digest(points: Sequence[Point]) -> str:
    """Return the digest of points in order; a field that one lacks is NaN."""
    names = sorted({name for point in points for name in point.fields})
    columns = [
        [point.time / SECOND for point in points],
        *([number(point.fields.get(name, "")) for point in points] for name in names),
    ]
    return _digest(
        points[0].tags, names, *(array("d", column).tobytes() for column in columns)
    )


def number(value: Field) -> float:
    """Return a field as a number, NaN where it is a text."""
    return math.nan if isinstance(value, str) else float(value)
