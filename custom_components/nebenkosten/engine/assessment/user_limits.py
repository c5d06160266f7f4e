"""The limits and expectations that a user has set for a meter."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

import numpy as np

from ..domain.report import Consumption, Finding, Severity, Value

# What was longer ago is history, not news.
_RECENT: Final = 31
# The winter half ends before April, the summer half before October.
_APRIL: Final = 4
_OCTOBER: Final = 10
_ONE_DAY: Final = timedelta(days=1)


def unmet(report: Consumption) -> Iterator[Finding]:
    """Yield a finding with both numbers for each demand that is not met."""
    if report.first_day is None or report.last_day is None:
        return
    yield from _limit(report)
    if report.meter.rises_in_winter:
        yield from _winter(report)


def _limit(report: Consumption) -> Iterator[Finding]:
    """Tell of the last days that used more than they may."""
    limit = report.meter.daily_limit
    if limit is None:
        return
    recent = report.use[-_RECENT:]
    over = np.flatnonzero(np.nan_to_num(recent) > limit)
    if not len(over):
        return
    last = len(report.use) - len(recent) + int(over[-1])
    yield _finding(
        "limit_exceeded",
        report,
        report.begin + timedelta(days=last),
        {"value": float(report.use[last]), "limit": limit, "days": len(over)},
    )


def _winter(report: Consumption) -> Iterator[Finding]:
    """Compare the last winter half that is over with the summer half before it."""
    end = _last_april(report.last_day or date.min)
    april, october = (date(end.year - 1, month, 1) for month in (_APRIL, _OCTOBER))
    first = report.first_day
    if first is None or april < first:
        return
    edges = [(day - first).days for day in (april, october, end)]
    summer, winter = report.use[edges[0] : edges[1]], report.use[edges[1] : edges[2]]
    if np.isnan(summer).any() or np.isnan(winter).any():
        return
    warm, cold = float(summer.mean()), float(winter.mean())
    if cold <= warm:
        data: dict[str, Value] = {"winter": cold, "summer": warm}
        yield _finding("winter_not_higher", report, end - _ONE_DAY, data)


def _last_april(last_day: date) -> date:
    """Return the end (excluded) of the last winter half that is known as a whole."""
    this = date(last_day.year, _APRIL, 1)
    return this if this <= last_day + _ONE_DAY else this.replace(year=this.year - 1)


def _finding(
    code: str, report: Consumption, day: date, data: dict[str, Value]
) -> Finding:
    return Finding(
        code=code,
        severity=Severity.WARNING,
        meter_id=report.meter.meter_id,
        day=day,
        data=data,
    )
