"""The limits and expectations that a user has set for a meter."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

import numpy as np

from ..domain.report import Consumption, Finding, Severity, Value

# What was longer ago is history.
_RECENT: Final = 31
# The winter half ends before April, the summer half before October.
_APRIL: Final = 4
_OCTOBER: Final = 10
_ONE_DAY: Final = timedelta(days=1)


def unmet(consumption: Consumption) -> Iterator[Finding]:
    """Yield a finding with both numbers for each demand that is not met."""
    if consumption.first_day is None or consumption.last_day is None:
        return
    yield from _limit(consumption)
    if consumption.meter.rises_in_winter:
        yield from _winter(consumption)


def _limit(consumption: Consumption) -> Iterator[Finding]:
    """Tell of the last days that used more than they may."""
    limit = consumption.meter.daily_limit
    if limit is None:
        return
    recent = consumption.use[-_RECENT:]
    over = np.flatnonzero(np.nan_to_num(recent) > limit)
    if not len(over):
        return
    last = len(consumption.use) - len(recent) + int(over[-1])
    yield _finding(
        "limit_exceeded",
        consumption,
        consumption.begin + timedelta(days=last),
        {"value": float(consumption.use[last]), "limit": limit, "days": len(over)},
    )


def _winter(consumption: Consumption) -> Iterator[Finding]:
    """Compare the last winter half that is over with the summer half before it."""
    end = _last_april(consumption.last_day or date.min)
    april, october = (date(end.year - 1, month, 1) for month in (_APRIL, _OCTOBER))
    first = consumption.first_day
    if first is None or april < first:
        return
    edges = [(day - first).days for day in (april, october, end)]
    summer, winter = (
        consumption.use[edges[0] : edges[1]],
        consumption.use[edges[1] : edges[2]],
    )
    if np.isnan(summer).any() or np.isnan(winter).any():
        return
    warm, cold = float(summer.mean()), float(winter.mean())
    if cold <= warm:
        data: dict[str, Value] = {"winter": cold, "summer": warm}
        yield _finding("winter_not_higher", consumption, end - _ONE_DAY, data)


def _last_april(last_day: date) -> date:
    """Return the end (excluded) of the last winter half that is known as a whole."""
    this = date(last_day.year, _APRIL, 1)
    return this if this <= last_day + _ONE_DAY else this.replace(year=this.year - 1)


def _finding(
    code: str, consumption: Consumption, day: date, data: dict[str, Value]
) -> Finding:
    return Finding(
        code=code,
        severity=Severity.WARNING,
        meter_id=consumption.meter.meter_id,
        day=day,
        data=data,
    )
