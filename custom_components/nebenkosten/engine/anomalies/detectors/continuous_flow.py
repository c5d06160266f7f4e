"""Continuous flow: water that runs day and night.

A toilet or a tap that leaks never lets the flow fall to nothing. The rule looks at the
least flow of the last 24 hours, in means of two, and compares it with what is usual for
this home: some have a softener or a hot water loop that always draws a little.
"""

from collections import deque
from dataclasses import dataclass
from statistics import median
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ...domain.arrays import Bools, Floats, Ints

# [L/h] above the usual least flow.
_MARGIN: Final = {"quiet": 3.0, "normal": 1.9, "sensitive": 1.6}
_HOURS: Final = 24
_USUAL_DAYS: Final = 30
_USUAL_NEEDS: Final = 7


@dataclass(frozen=True, slots=True, eq=False)
class FlowVerdict:
    """Verdict per day (n,): odd, the least flow and the usual one [L/h]."""

    odd: Bools
    least: Floats
    usual: Floats


def judge(
    litres: Floats, day: Ints, days: int, sensitivity: str = "normal"
) -> FlowVerdict:
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
    return _compared(least, _MARGIN[sensitivity])


def _compared(least: Floats, margin: float) -> FlowVerdict:
    """Compare each day with the median of the last 30 days that were not odd.

    What lasts longer than that is how this home is.
    """
    odd, usual = np.zeros(len(least), bool), np.zeros(len(least))
    known: deque[float] = deque(maxlen=_USUAL_DAYS)
    lasting = 0
    for day, flow in enumerate(least.tolist()):
        usual[day] = median(known) if len(known) >= _USUAL_NEEDS else 0.0
        odd[day] = flow >= max(usual[day], 0.0) + margin
        lasting = lasting + 1 if odd[day] else 0
        if not np.isnan(flow) and (not odd[day] or lasting > _USUAL_DAYS):
            known.append(flow)
    return FlowVerdict(odd, least, usual)
