"""Use between readings, as training data of the models."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from ..cleaning.registers import Register
from ..domain.arrays import Floats
from ..domain.local_days import DAY

# Readings closer together than this say nothing more about a season.
_THIN: Final = 20.0


@dataclass(frozen=True, slots=True, eq=False)
class Intervals:
    """Use between readings (k,): starts and ends [days from a first day], rise."""

    starts: Floats
    ends: Floats
    rise: Floats

    @property
    def length(self) -> Floats:
        """Return how many days each interval has."""
        return self.ends - self.starts

    @property
    def rate(self) -> Floats:
        """Return the use per day of each interval."""
        return self.rise / self.length

    def over(self, weights: Floats) -> Floats:
        """Return the sum (k,) of daily weights (n,) over each interval."""
        running = np.concatenate(([0.0], np.cumsum(weights)))
        grid = np.arange(len(running), dtype=float)
        begun = np.interp(self.starts, grid, running)
        result: Floats = np.interp(self.ends, grid, running) - begun
        return result

    def until(self, end: float) -> Intervals:
        """Return the intervals that are closed by `end` [days]."""
        chosen = self.ends <= end
        return Intervals(self.starts[chosen], self.ends[chosen], self.rise[chosen])


def evidence(registers: Iterable[Register], midnights: Floats) -> Intervals:
    """Return the intervals of all registers, in days from the first midnight.

    Readings less than 20 days apart are joined; an interval with a fall is left out.
    """
    parts = [_of(register, midnights) for register in registers]
    columns = zip(*parts, strict=True) if parts else ((np.empty(0),),) * 3
    starts, ends, rise = (np.concatenate(column) for column in columns)
    inside = (starts >= 0) & (ends <= len(midnights) - 1 + 1e-9)
    return Intervals(starts[inside], ends[inside], rise[inside])


def in_days(instants: Floats, midnights: Floats) -> Floats:
    """Return instants [epoch s] as days from the first midnight, also beyond both ends.

    By the wall clock: a day of 23 or 25 hours counts as one.
    """
    days = np.interp(instants, midnights, np.arange(len(midnights), dtype=float))
    before = np.minimum(instants - midnights[0], 0.0) / DAY
    after = np.maximum(instants - midnights[-1], 0.0) / DAY
    result: Floats = days + before + after
    return result


def _of(register: Register, midnights: Floats) -> tuple[Floats, Floats, Floats]:
    times, values = _thinned(register)
    if len(times) < 2:
        return np.empty(0), np.empty(0), np.empty(0)
    at, rise = in_days(times, midnights), np.diff(values)
    fine = (rise >= 0) & (np.diff(at) > 0)
    for fall in register.falls.tolist():
        fine &= ~(
            (times[:-1] <= register.times[fall]) & (times[1:] > register.times[fall])
        )
    return at[:-1][fine], at[1:][fine], rise[fine]


def _thinned(register: Register) -> tuple[Floats, Floats]:
    """Return readings that are at least 20 days apart, the first and last included."""
    times, values = register.times, register.values
    if len(times) < 3:
        return times, values
    wanted = np.arange(times[0], times[-1], _THIN * DAY)
    kept = np.unique(np.searchsorted(times, wanted))
    kept = kept[np.append(True, np.diff(times[kept]) >= 0.5 * _THIN * DAY)]
    kept = np.unique(np.append(kept, len(times) - 1))
    return times[kept], values[kept]
