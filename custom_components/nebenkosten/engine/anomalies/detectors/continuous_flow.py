"""Continuous flow: water that runs day and night.

A toilet or a tap that leaks never lets the flow fall to nothing. The rule looks at the
least flow of the last 24 hours, in means of two, and compares it with what is usual for
this home: some have a softener or a hot water loop that always draws a little.
"""

from collections import deque
from statistics import median
from typing import Final, override

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ...domain import units
from ...domain.arrays import Floats, Ints
from ...domain.meters import AnyMeter, Medium, Sensitivity
from .hourly import HourlyDetector, HourlyUse, HourlyVerdict

# [L/h] above the usual least flow.
_MARGIN: Final = {
    Sensitivity.QUIET: 3.0,
    Sensitivity.NORMAL: 1.9,
    Sensitivity.SENSITIVE: 1.6,
}
_HOURS: Final = 24
_USUAL_DAYS: Final = 30
_USUAL_NEEDS: Final = 7


class ContinuousFlow(HourlyDetector):
    """Water whose least flow stays above the usual one."""

    name = "continuous_flow"

    @staticmethod
    @override
    def applies(meter: AnyMeter) -> bool:
        return meter.medium is Medium.WATER

    @staticmethod
    @override
    def judge(hourly: HourlyUse) -> HourlyVerdict:
        litres = hourly.use * units.factor(hourly.meter.unit, "L")
        least = least_flow(litres, hourly.day, hourly.days)
        return _compared(least, _MARGIN[hourly.meter.sensitivity])


def least_flow(litres: Floats, day: Ints, days: int) -> Floats:
    """Return the least flow (n,) of each day and the 23 hours before it [L/h].

    `litres` (h,) are hourly flows [L/h], NaN where unknown; `day` (h,) is the index of
    each hour's day. NaN where no 24 hours in a row are known.
    """
    if len(litres) <= _HOURS:
        return np.full(days, np.nan)
    pairs = (litres[1:] + litres[:-1]) / 2
    lowest = sliding_window_view(pairs, _HOURS).min(axis=1)
    ends = day[_HOURS:]
    known = ~np.isnan(lowest)
    best = np.full(days, -np.inf)
    np.maximum.at(best, ends[known], lowest[known])
    return np.where(np.isneginf(best), np.nan, best)


def _compared(least: Floats, margin: float) -> HourlyVerdict:
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
    return HourlyVerdict(odd, least - usual)
