"""A meter's results as points, with digests to know them again.

Points are stamped with local midnights: a dial at that instant, the use of the day that
begins with it.
"""

from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from itertools import compress
import math
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from ..engine.domain.report import (
    Finding,
    FlaggedDay,
    MeterReport,
    Provenance,
)
from ..influx.model import SECOND, Field, Point, Server

DAILY: Final = "meter_interpolated_daily"
MONTHLY: Final = "meter_interpolated_monthly"
CONSUMPTION: Final = "meter_consumption"
ANOMALY: Final = "meter_anomaly"
MEASUREMENTS: Final = (DAILY, MONTHLY, CONSUMPTION, ANOMALY)
# A preview lies beside them under other names.
PREVIEW: Final = "_preview"

WITHDRAWN: Final = "withdrawn"
_QUALITIES: Final = [known.name.lower() for known in Provenance]

if TYPE_CHECKING:
    from ..engine.domain.report import Floats

type Digests = dict[str, str]
type Wording = Callable[[Finding], str]


def ledger_key(key: str, suffix: str) -> str:
    """Return under which name a meter's points are remembered: no meter has it."""
    return f"{key}#{suffix}" if suffix else key


@dataclass(frozen=True, slots=True, eq=False)
class Results:
    """A meter's report, and its flagged days, that shall be published."""

    key: str
    report: MeterReport
    flagged: Sequence[FlaggedDay]


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
        known = self.values == self.values  # NaN is not equal to itself
        starts, values = self.starts[known], self.values[known]
        codes = bytes(compress(self.codes, known.tolist()))
        for start, end in _quarters(starts):
            low, high = (int(starts.searchsorted(edge)) for edge in (start, end))
            if low < high:
                found[f"{self.measurement}:{start:.0f}"] = _digest(
                    self.tags,
                    starts[low:high].tobytes(),
                    values[low:high].tobytes(),
                    codes[low:high],
                )
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
        _Table(CONSUMPTION + suffix, tags, midnights[:-1], report.use, codes),
        _Table(DAILY + suffix, tags, midnights, dial, shown),
        _Table(
            MONTHLY + suffix,
            tags,
            midnights[firsts],
            dial[firsts],
            bytes(shown[number] for number in firsts),
        ),
    )
    events = tuple(
        Point(
            measurement=ANOMALY + suffix,
            tags={"meter_id": report.meter.meter_id},
            fields=_flagged(day, text) | {"quality": _QUALITIES[codes[day.index]]},
            time=round(float(midnights[day.index])) * SECOND,
        )
        for day in results.flagged
    )
    digests = _events_digest(ANOMALY + suffix, events)
    for table in tables:
        digests |= table.digests()
    return Wanted(tables, events, digests)


def _digest(tags: Mapping[str, str], *columns: bytes) -> str:
    digest = blake2b(f"{sorted(tags.items())}".encode(), digest_size=12)
    for column in columns:
        digest.update(column)
    return digest.hexdigest()


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


def _events_digest(measurement: str, events: Sequence[Point]) -> Digests:
    if not events:
        return {}
    told = [
        f"{point.time} {sorted((k, _plain(v)) for k, v in point.fields.items())}"
        for point in sorted(events, key=lambda point: point.time)
    ]
    return {f"{measurement}:0": _digest({}, "\n".join(told).encode())}


def _plain(value: Field) -> str | float:
    return value if isinstance(value, str) else float(value)


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


def held_points(
    server: Server, place: str, meter_id: str, measurements: Sequence[str], since: float
) -> Digests:
    """Return the digests of a meter's points from an instant [epoch s] on.

    Of events all are looked at. Blocks and raises InfluxError.
    """
    found: Digests = {}
    for measurement in measurements:
        events = measurement.startswith(ANOMALY)
        begin = 0 if events else round(since) * SECOND
        points = [
            point
            for point in server.points(place, measurement, meter_id, begin)
            if point.fields.get("quality") != WITHDRAWN
        ]
        if events:
            found |= _events_digest(measurement, points)
        else:
            found |= _held(measurement, points)
    return found


def _held(measurement: str, points: Sequence[Point]) -> Digests:
    quarters: dict[float, list[Point]] = {}
    for point in sorted(points, key=lambda point: point.time):
        moment = datetime.fromtimestamp(point.time // SECOND, UTC)
        start = _quarter(moment.year * 4 + (moment.month - 1) // 3)
        quarters.setdefault(start, []).append(point)
    return {
        f"{measurement}:{start:.0f}": _digest(
            found[0].tags,
            array("d", [point.time / SECOND for point in found]).tobytes(),
            array("d", [number(point.fields["value"]) for point in found]).tobytes(),
            bytes(_code(point) for point in found),
        )
        for start, found in quarters.items()
    }


def _code(point: Point) -> int:
    """Return how a point is known; what is none of our words cannot be ours."""
    word = point.fields.get("quality")
    return _QUALITIES.index(word) if word in _QUALITIES else len(_QUALITIES)


def number(value: Field) -> float:
    """Return a field as a number, NaN where it is a text."""
    return math.nan if isinstance(value, str) else float(value)
