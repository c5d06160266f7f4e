"""The verdicts of the original's rules on the days of an anomaly.

They are published beside the anomaly itself, for dashboards made for the original.
"""

from datetime import timedelta

import numpy as np

from ..domain.answers import FlaggedDay
from ..domain.arrays import Floats
from ..domain.report import Anomaly, MeterReport
from .detectors.global_z import LIMIT
from .detectors.interquartile import DAYS, FENCE, LENGTH


def flagged_days(report: MeterReport) -> list[FlaggedDay]:
    """Return the days of a meter's anomalies that have a use, in order."""
    if report.first_day is None:
        return []
    days: dict[int, FlaggedDay] = {}
    for anomaly in report.anomalies:
        start = (anomaly.start - report.first_day).days
        history = report.use[max(start - LENGTH, 0) : start]
        history = history[history > 0]
        for shift in range((anomaly.end - anomaly.start) // timedelta(days=1) + 1):
            use = float(report.use[start + shift])
            if not np.isnan(use):
                days[start + shift] = _day(report, anomaly, start + shift, use, history)
    return [days[index] for index in sorted(days)]


def _day(
    report: MeterReport, anomaly: Anomaly, index: int, use: float, history: Floats
) -> FlaggedDay:
    usual = float("nan") if report.expected is None else float(report.expected[index])
    expected = None if np.isnan(usual) else usual
    if len(history) < DAYS:
        return FlaggedDay(index, anomaly, use, expected, None, None, None, 1)
    first, third = (float(one) for one in np.quantile(history, (0.25, 0.75)))
    low = first - FENCE * (third - first)
    high = third + FENCE * (third - first)
    deviation = float(np.std(history))
    z = (use - float(np.mean(history))) / deviation if deviation else None
    outside = not low <= use <= high
    far = z is not None and abs(z) > LIMIT
    return FlaggedDay(
        index, anomaly, use, expected, z, low, high, 1 + int(outside) + int(far)
    )
