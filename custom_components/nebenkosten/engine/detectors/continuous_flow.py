"""Does water run day and night?

A toilet or a tap that leaks never lets the flow fall to nothing. The rule looks at the
least flow of the last 24 hours, in means of two, and compares it with what is usual for
this home: some have a softener or a hot water loop that always draws a little.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from .. import robust

if TYPE_CHECKING:
    from ..model import Bools, Floats, Ints

# [L/h] above the usual least flow.
_MARGIN: Final = {"quiet": 3.0, "normal": 1.9, "sensitive": 1.6}
_HOURS: Final = 24
_USUAL_DAYS: Final = 30
_USUAL_NEEDS: Final = 7


@dataclass(frozen=True, slots=True, eq=False)
class Flow:
    """Verdict per day (n,): odd, the least flow and the usual one [L/h]."""

    odd: Bools
    least: Floats
    usual: Floats


def judge(litres: Floats, day: Ints, days: int, sensitivity: str = "normal") -> Flow:
    """Judge hourly flows (h,) [L/h], NaN where unknown; `day` (h,) is each hour's day.

    A day is judged by that day and the days before it.
    """
    least = np.full(days, np.nan)
    if len(litres) > _HOURS:
        pairs = (litres[1:] + litres[:-1]) / 2
        lowest = sliding_window_view(pairs, _HOURS).min(axis=1)
        ends = day[_HOURS:]
        known = ~np.isnan(lowest)
        best = np.full(days, -np.inf)
        np.maximum.at(best, ends[known], lowest[known])
        least = np.where(np.isneginf(best), np.nan, best)
    usual = _usual(least)
    odd = least >= np.maximum(usual, 0.0) + _MARGIN[sensitivity]
    return Flow(odd, least, usual)


def _usual(least: Floats) -> Floats:
    """Return the median (n,) of the 30 days before each day, 0 while few are known."""
    padded = np.concatenate((np.full(_USUAL_DAYS, np.nan), least))
    before = sliding_window_view(padded, _USUAL_DAYS)[: len(least)]
    enough = (~np.isnan(before)).sum(axis=1) >= _USUAL_NEEDS
    return np.where(enough, np.nan_to_num(robust.median(before)), 0.0)
