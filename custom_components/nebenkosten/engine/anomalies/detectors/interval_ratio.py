"""The ratio of an interval's use to the season's, against those before it.

A verdict belongs to an interval and is given once, when its closing reading arrives,
from the intervals closed before it: how their use compared with the season's, and how
far that strayed.
"""

from collections.abc import Sequence
from typing import Final, override

import numpy as np

from ...domain.arrays import Floats
from ...domain.meters import Sensitivity
from ...domain.robust_statistics import middle_of
from ...load_model import change_point_model
from .intervals import IntervalDetector, IntervalUse, OddInterval

_ENOUGH: Final = 4
_WEATHER_NEEDS: Final = 8
_WEATHER_EVERY: Final = 6
_LIMIT: Final = {
    Sensitivity.QUIET: 5.0,
    Sensitivity.NORMAL: 3.5,
    Sensitivity.SENSITIVE: 2.7,
}
_HIGH: Final = 1.6
# A garden has its summer each year: what was usual once is not odd the next time.
_NEW: Final = 0.18
_LOW: Final = 0.4
_LEAST_SPREAD: Final = 0.15
# Days stray more than months: their spread shrinks with the root of their number.
_DAY_SPREAD: Final = 0.6
_FLOOR: Final = 0.05
# What was longer ago is another household.
_MEMORY: Final = 60
# Before a whole year is known the season may be to blame.
_YEAR: Final = 330.0
_YOUNG: Final = 2.5
# What strays must be worth mentioning beside an average time of the year.
_MATTERS: Final = 0.25
# Where the profile swings so much, only the weather can tell that little is odd.
_SWINGS: Final = 3.0
# So many odd intervals in a row are the new normal.
_ADOPTED: Final = 3
# What a season lets expect must be worth mentioning before nothing at all is odd.
_WORTH: Final = 0.3


class IntervalRatio(IntervalDetector):
    """An interval whose use against the season's strays from the ratios before."""

    name = "interval_ratio"

    @staticmethod
    @override
    def judge(given: IntervalUse) -> list[OddInterval]:
        found: list[OddInterval] = []
        normal: list[int] = []
        row: list[int] = []
        model = given.intervals.over(given.profile)
        for index in range(len(given.intervals.rise)):
            model = _refitted(given, index, model)
            if len(normal) >= _ENOUGH:
                verdict = _judged(given, model, normal, index)
                if verdict is not None:
                    found.append(verdict)
                    if verdict.kind != "no_use":
                        row.append(index)
                    if len(row) >= _ADOPTED:
                        normal, row = [*normal[-1:], *row], []
                    continue
            row = []
            normal.append(index)
        return found


def _refitted(given: IntervalUse, index: int, model: Floats) -> Floats:
    """Return each interval's use (k,) by a model of those before `index` alone.

    A new one is due now and then, where the weather is known.
    """
    due = index >= _WEATHER_NEEDS and (index - _WEATHER_NEEDS) % _WEATHER_EVERY == 0
    if given.temperature is None or not due:
        return model
    intervals = given.intervals
    before = intervals.until(float(intervals.ends[index - 1]))
    until = max(int(np.ceil(before.ends.max())), 1)
    fitted = change_point_model.fit(
        before, given.temperature, given.profile, given.month, until
    )
    return intervals.over(fitted.daily)


def _tells_low(given: IntervalUse) -> bool:
    """Return whether the season is known well enough to call little use odd."""
    swings = float(given.profile.max()) > _SWINGS * float(given.profile.min())
    return not swings or (given.heats and given.temperature is not None)


def _judged(
    given: IntervalUse, model: Floats, normal: Sequence[int], index: int
) -> OddInterval | None:
    """Compare an interval with the normal ones before it."""
    intervals = given.intervals
    # The one that is judged comes last.
    chosen = np.array([*normal[-_MEMORY:], index])
    lengths = intervals.ends[chosen] - intervals.starts[chosen]
    rises, season = intervals.rise[chosen], model[chosen]
    usual = float(rises[:-1].sum() / lengths[:-1].sum())
    if not usual > 0:
        return None
    floors = _FLOOR * usual * lengths
    ratios = np.log((rises + floors) / (season + floors))
    own, ratio = ratios[:-1], float(ratios[-1])
    middle = middle_of(own)
    stray = 1.4826 * middle_of(np.abs(own - middle))
    length, floor, actual = float(lengths[-1]), float(floors[-1]), float(rises[-1])
    spread = max(stray, _LEAST_SPREAD, _DAY_SPREAD / max(length, 1.0) ** 0.5)
    expected = max(float(np.exp(middle)) * (float(season[-1]) + floor) - floor, 0.0)
    young = bool(intervals.ends[index - 1] - intervals.starts[0] < _YEAR)
    spread *= _YOUNG if young else 1.0
    if abs(actual - expected) < _MATTERS * usual * length:
        return None
    far = (ratio - middle) / spread
    if far > 0 and ratio < float(own.max()) + _NEW:
        return None
    kind = _kind(actual, expected, far, _LIMIT[given.sensitivity])
    # No use is odd where it is new, and where the season lets expect a good deal.
    worth = expected >= _WORTH * usual * length and bool(rises[:-1].all())
    if kind is None or (kind == "no_use" and not worth):
        return None
    if kind == "low" and (young or not _tells_low(given)):
        return None
    return OddInterval(index, kind, expected, spread * max(expected, floor))


def _kind(actual: float, expected: float, far: float, limit: float) -> str | None:
    if far > limit and actual > _HIGH * expected:
        return "high"
    if actual == 0.0 and expected > 0:
        return "no_use"
    if far < -limit and actual < _LOW * expected:
        return "low"
    return None
