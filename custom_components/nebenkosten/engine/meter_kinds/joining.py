"""Several meters in a row that become one, without losing a day.

A master's periods say which meters count. A meter that stands in periods that follow
each other counts through all of them: a *tenure*. Where one tenure ends and another
begins, the old meter counts up to its last reading and the new one from its first;
what lies between is carried on from both sides to the midnight of the change.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from ..cleaning.registers import Register
from ..domain import local_days
from ..domain.arrays import Floats
from ..domain.meters import Master, MasterPeriod
from ..reconstruction.cumulative_use import NOWHERE, Spans
from ..reconstruction.meter_line import Line, Part, RegisterUse
from .hand_overs import HandOver, MasterSource, first_reading, hand_overs
from .physical_line import Stretch, courses_of
from .tenures import Tenure, tenures

_ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """A tenure at work: its source, and its parts in the master's unit.

    It counts from `begin` to `end` [epoch s], whatever its parts cover of that.
    """

    tenure: Tenure
    source: MasterSource
    begin: float
    end: float
    parts: tuple[Part, ...]

    @property
    def line(self) -> Line:
        """Return its parts and its holes as a line."""
        reached = max([part.end for part in self.parts], default=self.begin)
        inner = self.source.line.uncovered
        starts = np.maximum(inner.starts, self.begin).tolist()
        ends = np.minimum(inner.ends, self.end).tolist()
        holes = [(reached, self.end), *zip(starts, ends, strict=True)]
        return Line(self.parts, _merged(holes))


@dataclass(frozen=True, slots=True, eq=False)
class Joined:
    """A master's line, the tenures that make it, and where they meet."""

    line: Line
    counted: tuple[Counted, ...]
    hand_overs: tuple[tuple[tuple[Counted, ...], tuple[Counted, ...], HandOver], ...]

    @property
    def newest(self) -> Counted:
        """Return the tenure that counts last."""
        return [one for one in self.counted if one.parts][-1]

    def counter(self, midnights: Floats, use: Floats) -> Floats:
        """Return the first sources' dials, gone on from by use; both (n+1,) and (n,).

        NaN from the first unknown day on.
        """
        at = midnights[:1]
        dials = [
            part.dial(at) * part.conversion.at(at)
            for part in self.line.parts
            if part.begin <= at[0] < part.end
        ]
        running: Floats = sum(dials) + np.append(0.0, np.cumsum(use))
        return running

    def shares(self, instants: Floats) -> dict[str, Floats]:
        """Return the use (n,) of each source (by key) between instants (n+1,)."""
        found: dict[str, Floats] = {}
        for one in self.counted:
            use = one.line.use(instants)
            found[one.tenure.key] = found.get(one.tenure.key, 0.0) + use
        return found


def join(
    master: Master,
    sources: Mapping[str, MasterSource | None],
    zone: ZoneInfo,
    as_of: float,
) -> Joined | None:
    """Return the line of a master from its sources' (by key); None without readings.

    A source of None has no readings.
    """
    periods = sorted(master.periods, key=lambda period: period.start)
    spells = list(tenures(periods))
    changes = hand_overs(spells, sources, zone)
    counted = [
        _counted(tenure, source, changes, zone, as_of)
        for tenure in spells
        if (source := sources.get(tenure.key)) is not None
    ]
    read = [one for one in counted if one.parts]
    if not read:
        return None
    unread = [tenure for tenure in spells if sources.get(tenure.key) is None]
    line = Line(
        tuple(part for one in counted for part in one.parts),
        _uncovered(periods, counted, unread, zone, as_of),
    )
    met = tuple(
        (
            tuple(one for one in read if one.tenure.ends_at(day)),
            tuple(one for one in read if one.tenure.start == day),
            change,
        )
        for day, change in changes.items()
        if not change.cut
    )
    return Joined(line, tuple(counted), met)


def first_day(master: Master, joined: Joined, zone: ZoneInfo) -> date:
    """Return the first day that the master reports."""
    start = min(period.start for period in master.periods)
    begin = min(
        max(part.begin, part.courses[0].flow.start) for part in joined.line.parts
    )
    return max(start, local_days.first_midnight_at_or_after(begin, zone))


# --- parts -------------------------------------------------------------------------


def _counted(
    tenure: Tenure,
    source: MasterSource,
    changes: Mapping[date, HandOver],
    zone: ZoneInfo,
    as_of: float,
) -> Counted:
    """Return a source counted in its tenure, carried on where its readings end."""
    begin, end = tenure.bounds(zone, as_of)
    low, high = -np.inf, np.inf
    before = changes.get(tenure.start)
    if before is None and tenure.is_later:
        first = first_reading(source, tenure.start, zone)
        low = low if first is None else first
    elif before is not None:
        begin = before.junction
        low = low if before.cut else before.first.get(tenure.key, low)
    after = changes.get(tenure.end + _ONE_DAY) if tenure.end is not None else None
    if after is not None:
        high = high if after.cut else after.last.get(tenure.key, high)
        end = min(
            as_of, after.junction if high == np.inf else max(high, after.junction)
        )
    found = _own(source, max(begin, low), min(end, high, source.ends))
    if low > begin:
        found += _back(source, min(low, end), begin, bridges=before is not None)
    if high < end:
        found += _on(source, high, end)
    parts = tuple(
        replace(part, conversion=part.conversion.then(source.conversion))
        for part in found
    )
    return Counted(tenure, source, begin, end, parts)


def _own(source: MasterSource, begin: float, end: float) -> list[Part]:
    """Return a source as it counts by itself."""
    found = [part.between(begin, end) for part in source.line.parts]
    return [part for part in found if part is not None]


def _back(
    source: MasterSource, first: float, begin: float, *, bridges: bool
) -> list[Part]:
    """Carry the meters in use at a first reading back to where they begin."""
    stretch = Stretch(begin, first, bridges=bridges)
    return [
        replace(
            part,
            begin=begin,
            end=first,
            courses=_courses(source, part, (first, np.inf), stretch),
        )
        for part in source.line.parts
        if part.begin <= first < part.end
    ]


def _on(source: MasterSource, last: float, end: float) -> list[Part]:
    """Carry the meters in use at a last reading on to where they end."""
    stretch = Stretch(None, end, carried=True)
    return [
        replace(
            part,
            begin=last,
            end=end,
            courses=_courses(source, part, (-np.inf, last), stretch),
        )
        for part in source.line.parts
        if part.begin < last <= part.end
    ]


def _courses(
    source: MasterSource,
    part: Part,
    read: tuple[float, float],
    stretch: Stretch,
) -> tuple[RegisterUse, ...]:
    """Lay a part's registers, with the readings of some time only, over a stretch."""
    meter = source.prepared[part.key]
    return courses_of(meter, _within(meter.registers, *read), stretch)


def _within(registers: Iterable[Register], first: float, last: float) -> list[Register]:
    """Return registers with the readings of a stretch of time only."""
    found = [_cut(register, first, last) for register in registers]
    return [one for one in found if len(one.times)] or found[:1]


def _cut(register: Register, first: float, last: float) -> Register:
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


# --- holes -------------------------------------------------------------------------


def _uncovered(
    periods: list[MasterPeriod],
    counted: list[Counted],
    unread: list[Tenure],
    zone: ZoneInfo,
    as_of: float,
) -> Spans:
    """Return the time between periods, that of sources without readings, and holes."""
    holes = [tenure.bounds(zone, as_of) for tenure in unread]
    for one in counted:
        spans = one.line.uncovered
        holes += zip(spans.starts.tolist(), spans.ends.tolist(), strict=True)
    for old, new in pairwise(periods):
        if old.end is not None and old.end + _ONE_DAY < new.start:
            begin = local_days.midnight(old.end + _ONE_DAY, zone)
            holes.append((begin, min(as_of, local_days.midnight(new.start, zone))))
    return _merged(holes)


def _merged(spans: list[tuple[float, float]]) -> Spans:
    """Return spans in order; those that touch become one, empty ones none."""
    merged: list[tuple[float, float]] = []
    for begin, end in sorted(spans):
        if begin >= end:
            continue
        if merged and begin <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((begin, end))
    if not merged:
        return NOWHERE
    starts, ends = zip(*merged, strict=True)
    return Spans(np.array(starts), np.array(ends))
