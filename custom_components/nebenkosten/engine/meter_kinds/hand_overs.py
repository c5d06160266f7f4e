"""Hand-overs of a master's meters to those that follow."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from ..domain import local_days
from ..domain.arrays import Floats
from ..domain.unit_conversion import Conversion
from ..reconstruction.meter_line import Line
from .preparation import Prepared
from .tenures import Tenure

type Reading = tuple[float, float]

_OVERLAP_DAYS: Final = 2
_ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, eq=False)
class MasterSource:
    """A source of a master: a meter's line, and what its parts are made of.

    `prepared` holds the physical meters behind it (by key); `installed` and `removed`
    are its dates, `ends` [epoch s] is where its last day does; `conversion` makes the
    master's unit of its own.
    """

    line: Line
    prepared: Mapping[str, Prepared]
    conversion: Conversion
    installed: date | None = None
    removed: date | None = None
    ends: float = np.inf

    @property
    def knots(self) -> Floats:
        """Return the instants at which it was read, in order [epoch s]."""
        found = [part.knots for part in self.line.parts]
        for part in self.line.parts:
            borders = np.append(part.amounts.starts, part.amounts.ends)
            found.append(borders[(borders >= part.begin) & (borders <= part.end)])
        return np.unique(np.concatenate(found))

    def converted(self, reading: Reading | None) -> Reading | None:
        """Return a reading (instant, value) in the unit of the master."""
        if reading is None:
            return None
        factor = self.conversion.at(np.array(reading[:1]))[0]
        return reading[0], reading[1] * float(factor)


@dataclass(frozen=True, slots=True, eq=False)
class HandOver:
    """The exchange of meters that end for those that begin: by key [epoch s].

    `last` and `first` are their readings of the exchange; `cut` ones meet at the
    junction whatever their readings are.
    """

    last: Mapping[str, float]
    first: Mapping[str, float]
    junction: float
    cut: bool

    @property
    def gap(self) -> tuple[float, float]:
        """Return the last reading of the old meters and the first of the new ones."""
        return max(self.last.values()), min(self.first.values())


def hand_overs(
    spells: list[Tenure], sources: Mapping[str, MasterSource | None], zone: ZoneInfo
) -> dict[date, HandOver]:
    """Return the hand-overs by the day on which the new meters begin."""
    found = {}
    for day in sorted({tenure.start for tenure in spells}):
        old = {t.key: sources.get(t.key) for t in spells if t.ends_at(day)}
        new = {t.key: sources.get(t.key) for t in spells if t.start == day}
        if old and new:
            found[day] = _hand_over(old, new, day, zone)
    return found


def _hand_over(
    old: Mapping[str, MasterSource | None],
    new: Mapping[str, MasterSource | None],
    day: date,
    zone: ZoneInfo,
) -> HandOver:
    last = {k: at for k, s in old.items() if s and (at := _last(s, day, zone))}
    first = {k: at for k, s in new.items() if s and (at := first_reading(s, day, zone))}
    midnight = local_days.midnight(day, zone)
    if not last or not first:
        return HandOver(last, first, midnight, cut=True)
    end, begin = max(last.values()), min(first.values())
    if end > local_days.days_later(begin, _OVERLAP_DAYS, zone):
        if not begin <= midnight <= end:
            used = local_days.first_midnight_at_or_after(begin, zone)
            midnight = local_days.midnight(used, zone)
        return HandOver(last, first, midnight, cut=True)
    junction = begin if end > begin else min(max(midnight, end), begin)
    return HandOver(last, first, junction, cut=False)


def _last(source: MasterSource, day: date, zone: ZoneInfo) -> float | None:
    """Return the reading with which a meter ends where a day begins."""
    course = source.line.parts[-1].courses[-1]
    if course.register.closed:
        return float(course.register.times[-1])
    removed = source.removed
    limit = local_days.midnight(max(day, removed + _ONE_DAY) if removed else day, zone)
    knots = source.knots
    before = knots[knots <= limit]
    return float(before[-1]) if len(before) else None


def first_reading(source: MasterSource, day: date, zone: ZoneInfo) -> float | None:
    """Return the reading with which a meter begins where a day begins."""
    course = source.line.parts[0].courses[0]
    if course.register.opened:
        return float(course.register.times[0])
    installed = source.installed
    limit = local_days.midnight(min(day, installed) if installed else day, zone)
    knots = source.knots
    after = knots[knots >= limit]
    return float(after[0]) if len(after) else None
