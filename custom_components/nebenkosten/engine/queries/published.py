"""The rows of a statistic that a report comes to."""

import numpy as np

from ..domain import metrics
from ..domain.arrays import Floats
from ..domain.report import Hours, MeterReport, Rows


def published_rows(report: MeterReport) -> Rows:
    """Return a row per known day, by the hour from where hours are wanted.

    A row begins with its day or hour; its sum is the use up to its end.
    """
    used, dial = metrics.CONSUMPTION.column, metrics.COUNTER.column
    starts, use, shown = report.midnights[:-1], used(report), dial(report)[1:]
    if report.hours is not None:
        cut = np.searchsorted(starts, report.hours.edges[0])
        hours = _of_known_days(report, report.hours)
        starts = np.concatenate((starts[:cut], report.hours.edges[:-1]))
        use = np.concatenate((use[:cut], hours))
        shown = np.concatenate((shown[:cut], dial(report.hours)[1:]))
    known = ~np.isnan(use)
    return Rows(starts[known], np.cumsum(use[known]), shown[known])


def _of_known_days(report: MeterReport, hours: Hours) -> Floats:
    """Return the hours' use without those of days that are unknown as a whole."""
    days, use = (metrics.CONSUMPTION.column(one) for one in (report, hours))
    if not len(days):
        return use
    day = np.searchsorted(report.midnights, hours.edges[:-1], "right") - 1
    inside = day < len(days)
    lost = np.isnan(days[np.where(inside, day, 0)])
    return np.where(inside & lost, np.nan, use)
