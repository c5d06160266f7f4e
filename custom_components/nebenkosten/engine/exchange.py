"""How do several physical meters become one that never loses a day?

Each period of a master counts the meters it names. Where one period hands over to the
next, the old meter counts to its last reading and the new one from its first; what lies
between is carried on from both sides to the midnight of the change.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import numpy as np

from . import days
from .flow import NOWHERE, Spans
from .line import Line, Part
from .meter import Master, MasterPeriod
from .model import Finding, Severity
from .physical import Prepared, courses_of, installation

if TYPE_CHECKING:
    from .cleaning import Register

_OVERLAP: Final = 2 * 86400.0
_DAY: Final = 86400.0
_SAME: Final = 60.0
# A join is odd when the new meter counts so many times what the old one would.
_ODD_JOIN: Final = 5.0
_WINDOW: Final = 60 * _DAY

type Source = Prepared | Line


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """A source in one period: from its first to its last reading that counts."""

    key: str
    source: Source
    first: float
    last: float


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """A source at work: in which period, from which readings, as which part."""

    period: int
    side: Side
    part: Part


@dataclass(frozen=True, slots=True, eq=False)
class Joined:
    """A master's line, the source of each part (by key), and what is to be said."""

    line: Line
    sources: tuple[str, ...]
    findings: tuple[Finding, ...]


def join(
    master: Master, sources: Mapping[str, Source], zone: ZoneInfo, as_of: float
) -> Joined | None:
    """Return the line of a master from its sources' (by key); None without readings."""
    periods = sorted(master.periods, key=lambda period: period.start)
    sides = [_sides(period, sources, zone) for period in periods]
    bounds = [_bounds(period, zone, as_of) for period in periods]
    hand_overs = [
        _hand_over(old, new, later[0]) if earlier[1] >= later[0] else None
        for (old, new), (earlier, later) in zip(
            pairwise(sides), pairwise(bounds), strict=True
        )
    ]
    members = [
        Member(i, side, part)
        for i, found in enumerate(sides)
        for side in found
        if (part := _counted(side, i, bounds[i], hand_overs)) is not None
    ]
    if not members:
        return None
    line = Line(
        tuple(member.part for member in members),
        _uncovered(periods, sides, bounds),
    )
    findings = [
        finding
        for i, hand_over in enumerate(hand_overs)
        if hand_over is not None and not hand_over.cut
        for finding in _odd(master, line, _at(members, i), _at(members, i + 1), zone)
    ]
    return Joined(line, tuple(m.side.key for m in members), tuple(findings))


def _at(members: list[Member], period: int) -> list[Member]:
    return [member for member in members if member.period == period]


@dataclass(frozen=True, slots=True)
class HandOver:
    """Where one period's sources end and the next one's begin [epoch s]."""

    junction: float
    cut: bool

    def begin(self, side: Side) -> float:
        """Return from when a new source counts."""
        return self.junction if self.cut else min(side.first, self.junction)

    def end(self, side: Side) -> float:
        """Return up to when an old source counts."""
        return self.junction if self.cut else max(side.last, self.junction)


def _hand_over(old: list[Side], new: list[Side], midnight: float) -> HandOver | None:
    if not old or not new:
        return HandOver(midnight, cut=True) if old or new else None
    last, first = max(s.last for s in old), min(s.first for s in new)
    if last - first > _OVERLAP:
        return HandOver(midnight, cut=True)
    low, high = min(last, first), max(last, first)
    return HandOver(
        min(max(midnight, low), high) if last <= first else first, cut=False
    )


def _bounds(period: MasterPeriod, zone: ZoneInfo, as_of: float) -> tuple[float, float]:
    begin = days.midnight(period.start, zone)
    if period.end is None:
        return begin, as_of
    return begin, min(as_of, days.midnight(period.end + timedelta(days=1), zone))


def _sides(
    period: MasterPeriod, sources: Mapping[str, Source], zone: ZoneInfo
) -> list[Side]:
    """Return the period's sources that have readings."""
    begin = days.midnight(period.start, zone)
    end = np.inf
    if period.end is not None:
        end = days.midnight(period.end + timedelta(days=1), zone)
    found: list[Side | None] = []
    for key in period.sources:
        source = sources.get(key.lower())
        if isinstance(source, Line):
            first = source.courses[0].flow.start
            found.append(Side(key.lower(), source, first, source.last_read))
        elif source is not None and source.registers:
            found.append(_side(key.lower(), source, begin, end))
    return [side for side in found if side is not None]


def _side(key: str, source: Prepared, begin: float, end: float) -> Side | None:
    """Return which of a meter's readings count within a period, None without any."""
    meter, zone = source.meter, source.zone
    if meter.installed is not None:
        begin = min(begin, days.midnight(meter.installed, zone))
    if meter.removed is not None:
        end = max(end, days.midnight(meter.removed + timedelta(days=1), zone))
    times = np.concatenate([r.times for r in source.registers])
    times = np.append(times, source.amounts.starts[:1])
    times = np.append(times, source.amounts.ends[-1:])
    inside = times[(times >= begin) & (times <= end)]
    if not len(inside):
        return None
    first, last = float(inside.min()), float(inside.max())
    oldest, newest = source.registers[0], source.registers[-1]
    first = float(oldest.times[0]) if oldest.opened else first
    last = float(newest.times[-1]) if newest.closed else last
    return Side(key, source, first, last)


def _counted(
    side: Side,
    period: int,
    bounds: tuple[float, float],
    hand_overs: list[HandOver | None],
) -> Part | None:
    """Return a source counted in a period, carried on where its readings end."""
    before = hand_overs[period - 1] if period else None
    after = hand_overs[period] if period < len(hand_overs) else None
    begin = before.begin(side) if before else bounds[0]
    end = after.end(side) if after else bounds[1]
    if end <= begin:
        return None
    source = side.source
    if isinstance(source, Line):
        return Part(begin, end, source.courses, source.parts[0].amounts)
    registers = [_within(r, side.first, side.last) for r in source.registers]
    registers = [r for r in registers if len(r.times)] or list(source.registers[:1])
    courses = courses_of(
        source,
        registers,
        begin if before else installation(source),
        end,
        bridges=before is not None,
        carried=after is not None,
    )
    return Part(begin, end, courses, source.amounts)


def _within(register: Register, first: float, last: float) -> Register:
    """Return a register with the readings of a stretch of time only."""
    inside = (register.times >= first) & (register.times <= last)
    if inside.all():
        return register
    values = register.values[inside]
    return replace(
        register,
        ids=register.ids[inside],
        times=register.times[inside],
        values=values,
        rolled=register.rolled[inside],
        opened=register.opened and bool(inside[:1].all()),
        closed=register.closed and bool(inside[-1:].all()),
        falls=np.flatnonzero(values[1:] < values[:-1]),
    )


def _uncovered(
    periods: list[MasterPeriod],
    sides: list[list[Side]],
    bounds: list[tuple[float, float]],
) -> Spans:
    """Return the time between periods, and that of sources without readings."""
    holes = [
        bound
        for period, found, bound in zip(periods, sides, bounds, strict=True)
        if len(found) < len(period.sources)
    ]
    holes += [(old[1], new[0]) for old, new in pairwise(bounds) if new[0] > old[1]]
    if not holes:
        return NOWHERE
    starts, ends = zip(*sorted(holes), strict=True)
    return Spans(np.array(starts), np.array(ends))


def first_day(master: Master, joined: Joined, zone: ZoneInfo) -> date:
    """Return the first day that the master reports."""
    start = min(period.start for period in master.periods)
    begin = min(course.flow.start for course in joined.line.courses)
    return max(start, days.first_midnight_at_or_after(begin, zone))


def _odd(
    master: Master, line: Line, old: list[Member], new: list[Member], zone: ZoneInfo
) -> list[Finding]:
    """Report an exchange whose readings lie apart, and rates that do not match."""
    if not old or not new:
        return []
    last, first = max(m.side.last for m in old), min(m.side.first for m in new)
    found = []
    if first - last > _SAME:
        found.append(
            Finding(
                code="exchange_bridged",
                severity=Severity.INFO,
                meter_id=master.meter_id,
                day=days.local_day(first, zone),
                data={
                    "days": (first - last) / _DAY,
                    "use": float(line.use(np.array([last, first]))[0]),
                },
            )
        )
    window = first, min(first + _WINDOW, *(m.side.last for m in new))
    actual = sum(_used(member, *window) for member in new)
    expected = sum(_foretold(member, *window) for member in old)
    ratio = actual / expected if expected > 0 else np.nan
    if ratio < 1 / _ODD_JOIN or ratio > _ODD_JOIN:
        found.append(
            Finding(
                code="exchange_implausible",
                severity=Severity.WARNING,
                meter_id=master.meter_id,
                day=days.local_day(first, zone),
                data={"actual": actual, "expected": expected},
            )
        )
    return found


def _used(member: Member, begin: float, end: float) -> float:
    """Return what a member used between two instants inside its readings."""
    if end - begin < _DAY:
        return np.nan
    return float(member.part.use(np.array([begin, end]))[0])


def _foretold(member: Member, begin: float, end: float) -> float:
    """Return what an old meter's last rate gives between two later instants."""
    source, last = member.side.source, member.side.last
    before = max(last - _WINDOW, member.side.first)
    if isinstance(source, Line) or source.pace is None:
        return np.nan
    passed = np.diff(source.pace.model_time(np.array([before, last, begin, end])))
    return _used(member, before, last) / max(float(passed[0]), 1e-12) * float(passed[2])
