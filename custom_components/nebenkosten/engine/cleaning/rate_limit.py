"""The most that a meter can have counted, learned from the readings before.

Whatever is said of a reading rests on earlier ones alone, so that no later reading
changes what was once called measured. Rates are by the day [unit/d]; readings closer
together than a day are thinned first.
"""

from bisect import bisect_right
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from ..domain import units
from ..domain.arrays import Floats
from ..domain.local_days import DAY
from ..domain.meters import Medium

# No meter counts so many times its own high rate: on 120 real meters of four media a
# day came to 18 times at most, and a burst pipe must be told.
_IMPOSSIBLE: Final = 50.0
# A sensor that was at zero and shows so many days of use at once was never at zero.
_FROM_ZERO: Final = 20.0
# So many times as much is doubted where somebody reads a dial now and then: an
# interval of weeks evens out what a day may do.
_DOUBTFUL: Final = 5.0
_HIGH_SHARE: Final = 0.9
_ENOUGH: Final = 3
_FEWEST: Final = 2
_GROWTH: Final = 3
_YEAR: Final = 365 * DAY
# For so long a meter's first days say less of it than what households use.
_YOUNG: Final = 60 * DAY
# What a household uses on a day, and what the connection of a house of a dozen flats
# can carry (electricity 3 x 1000 A, gas meter G40, water Qn 15) by medium and dimension
# [kWh or m³ a day].
_USUAL: Final = {
    (Medium.ELECTRICITY, "energy"): 5.0,
    (Medium.GAS, "energy"): 50.0,
    (Medium.GAS, "volume"): 5.0,
    (Medium.HEAT, "energy"): 50.0,
    (Medium.WATER, "volume"): 0.3,
}
_CONNECTION: Final = {
    (Medium.ELECTRICITY, "energy"): 16_500.0,
    (Medium.GAS, "energy"): 16_000.0,
    (Medium.GAS, "volume"): 1_600.0,
    (Medium.HEAT, "energy"): 16_000.0,
    (Medium.WATER, "volume"): 700.0,
}
_BASE: Final = {"energy": "kWh", "volume": "m³"}
# What heats stands still in summer: its first year says little of its winter.
_SEASONAL: Final = (Medium.GAS, Medium.HEAT)


@dataclass(frozen=True, slots=True)
class Scale:
    """The size of a meter's use by what it counts [unit/d]: usual, and at most.

    `seasonal` is what heats, `steady` what is known not to.
    """

    usual: float
    connection: float
    seasonal: bool
    steady: bool


@cache
def scale_of(medium: Medium, unit: str) -> Scale:
    """Return the scale of what a meter counts; of an unknown kind nothing is known."""
    unit = units.canonical(unit)
    dimension = units.dimension(unit)
    seasonal = medium in _SEASONAL
    steady = not seasonal and medium is not Medium.OTHER
    if dimension is None or (medium, dimension) not in _USUAL:
        return Scale(0.0, np.inf, seasonal, steady)
    key, factor = (medium, dimension), units.factor(_BASE[dimension], unit)
    return Scale(_USUAL[key] * factor, _CONNECTION[key] * factor, seasonal, steady)


@dataclass(frozen=True, slots=True, eq=False)
class RateLimit:
    """A register's rates as they were known from each instant `since` (k,) on.

    `usual` and `high` (k,) are the median and the 0.9 quantile [unit/d] of the rates
    of the first `counts` (k,) intervals with use; `begin` [epoch s] is the first
    reading. No step of the readings rises faster than `largest` [unit/d].
    """

    scale: Scale
    begin: float
    largest: float
    since: tuple[float, ...]
    counts: tuple[int, ...]
    usual: tuple[float, ...]
    high: tuple[float, ...]

    @classmethod
    def of(cls, times: Floats, values: Floats, scale: Scale) -> RateLimit:
        """Learn from readings (n,) in order of time.

        Steps beside a fall say nothing. The quantiles are taken anew whenever thrice as
        many intervals are known, which costs as much as taking them once of all.
        """
        at, shown = _daily(times, values)
        steps = shown[1:] - shown[:-1]
        rates = steps / np.maximum((at[1:] - at[:-1]) / DAY, 1.0)
        good = steps > 0
        if at is not times:
            # The newest day is not over: it says nothing yet.
            good[-1:] &= at[-1:] - at[-2:-1] >= DAY
        fell = np.flatnonzero(steps < 0)
        if len(fell):
            good[np.clip([fell - 1, fell + 1], 0, len(good) - 1)] = False
        known = rates[good]
        counts = _counts(len(known))
        closed = at[1:][good]
        ranked = [_ranks(known[:count]) for count in counts]
        return cls(
            scale,
            float(times[0]),
            # Within a step of thinned readings all of it may have come at once.
            float((rates if at is times else steps).max(initial=0.0)),
            tuple(float(closed[count - 1]) for count in counts),
            tuple(counts),
            tuple(usual for usual, _ in ranked),
            tuple(high for _, high in ranked),
        )

    def impossible(self, at: float) -> float:
        """Return the rate [unit/d] above which, seen from an instant, no use is."""
        k = self._place(at)
        if k < 0 or self.counts[k] < _ENOUGH:
            return self.scale.connection
        age = at - self.begin
        high = max(self.high[k], self.scale.usual) if age < _YOUNG else self.high[k]
        limit = _IMPOSSIBLE * high
        first_year = self.scale.seasonal and age < _YEAR
        return max(limit, self.scale.connection) if first_year else limit

    def doubtful(self, at: float) -> float:
        """Return the rate [unit/d] above which a dial read now and then is doubted."""
        k = self._place(at)
        return self.scale.connection if k < 0 else _DOUBTFUL * self.high[k]

    def typical(self, at: float) -> float:
        """Return the median rate [unit/d] of the intervals with use, 0 of none."""
        k = self._place(at)
        return 0.0 if k < 0 else self.usual[k]

    def high_at(self, at: float) -> float:
        """Return a high, but usual rate [unit/d], 0 while nothing is known."""
        k = self._place(at)
        return 0.0 if k < 0 else self.high[k]

    def knows_the_year(self, at: float) -> bool:
        """Return whether what was read until an instant tells of every season."""
        return self.scale.steady or at - self.begin >= _YEAR

    @property
    def least(self) -> float:
        """Return a rate [unit/d] that no limit is below, whenever it is asked."""
        limits = [_DOUBTFUL * high for high in self.high]
        return min([self.scale.connection, *limits])

    @property
    def first(self) -> float:
        """Return the impossible rate [unit/d] by the first intervals with use.

        While these are too few it is what the connection can carry.
        """
        at = bisect_right(self.counts, _ENOUGH - 1)
        if at >= len(self.high):
            return self.scale.connection
        return _FROM_ZERO * max(self.high[at], self.scale.usual)

    def _place(self, at: float) -> int:
        return bisect_right(self.since, at) - 1


def _daily(times: Floats, values: Floats) -> tuple[Floats, Floats]:
    """Return readings a day apart, all where they are as sparse anyway."""
    if len(times) < 2 or times[-1] - times[0] >= 0.9 * DAY * (len(times) - 1):
        return times, values
    kept = np.searchsorted(times, np.arange(times[0], times[-1] + DAY, DAY))
    kept = kept[np.append(True, kept[1:] > kept[:-1])]
    kept[-1] = min(kept[-1], len(times) - 1)
    return times[kept], values[kept]


def _counts(most: int) -> list[int]:
    """Return after how many intervals the rates are looked at anew."""
    return [_FEWEST] * (most >= _FEWEST) + [
        count
        for k in range(most.bit_length())
        if (count := _ENOUGH * _GROWTH**k) <= most
    ]


def _ranks(rates: Floats) -> tuple[float, float]:
    """Return the median and a high, but usual rate."""
    last = len(rates) - 1
    ranks = round(0.5 * last), round(_HIGH_SHARE * last)
    ordered = np.partition(rates, ranks)
    return float(ordered[ranks[0]]), float(ordered[ranks[1]])
