"""Interval detection: odd use between two readings of a meter read now and then.

A verdict belongs to an interval and is given once, when its closing reading arrives.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

import numpy as np

from ..domain.arrays import Floats
from ..domain.meters import Medium, Meter
from ..domain.report import Anomaly, Consumption, Context, Provenance
from ..load_model import outdoor_temperature, seasonal_profiles
from ..load_model.training_intervals import Intervals, in_days
from ..meter_kinds.interface import Computed
from ..reconstruction.meter_line import Line
from . import events
from .detectors import INTERVAL_DETECTORS
from .detectors.intervals import IntervalUse, OddInterval

# Shorter intervals [s] are no evidence by themselves, nor is rest for a day.
_INTERVAL: Final = 43200.0
_SHORT: Final = 1.5
# So many days after the reading that shows it an odd interval is open.
_OPEN: Final = 7


def interval_anomalies(one: Computed, context: Context) -> Iterator[Anomaly]:
    """Yield an anomaly for each odd interval, over the days that it covers."""
    consumption, line = one.consumption, one.line
    # A master's readings are its sources', which speak for themselves.
    if (
        line is None
        or not isinstance(consumption.meter, Meter)
        or not len(consumption.use)
    ):
        return
    given = _interval_use(consumption, _sparse_intervals(consumption, line), context)
    for detector in INTERVAL_DETECTORS.values():
        for odd in detector.judge(given):
            yield _anomaly(consumption, given.intervals, odd)


def _sparse_intervals(consumption: Consumption, line: Line) -> Intervals:
    """Return the intervals between readings whose days were not measured."""
    starts, ends, rises = [], [], []
    for course in line.courses:
        register = course.register
        long = np.flatnonzero(np.diff(register.times) > _INTERVAL)
        long = np.setdiff1d(long, register.falls)
        begin = in_days(register.times[long], consumption.midnights)
        end = in_days(register.times[long + 1], consumption.midnights)
        rise = register.values[long + 1] - register.values[long]
        days = np.clip(((begin + end) / 2).astype(int), 0, len(consumption.use) - 1)
        # Days between equal readings are known, and still say nothing by themselves.
        still = (rise == 0) & (end - begin > _SHORT)
        fine = (consumption.provenance[days] != Provenance.MEASURED) | still
        fine &= (begin >= 0) & (end <= len(consumption.use))
        starts.append(begin[fine])
        ends.append(end[fine])
        rises.append(rise[fine])
    order = np.argsort(np.concatenate(ends))
    columns = (np.concatenate(column)[order] for column in (starts, ends, rises))
    return Intervals(*columns)


def _interval_use(
    consumption: Consumption, intervals: Intervals, context: Context
) -> IntervalUse:
    """Return a meter's intervals beside the season and the weather of its days."""
    first, count = consumption.begin, len(consumption.use)
    shares = seasonal_profiles.shares_of(consumption.meter)
    profile: Floats = np.ones(count)
    if shares is not None:
        profile = seasonal_profiles.day_weights(shares, first, count)
    return IntervalUse(
        intervals,
        profile,
        outdoor_temperature.so_far(context.temperature, first, count, whole=True),
        seasonal_profiles.months(first, count),
        consumption.meter.sensitivity,
        heats=consumption.meter.medium in (Medium.GAS, Medium.HEAT),
    )


def _anomaly(
    consumption: Consumption, intervals: Intervals, odd: OddInterval
) -> Anomaly:
    """Return an odd interval as an anomaly of the days that it covers."""
    start = int(np.floor(intervals.starts[odd.index] + 1e-9))
    end = max(start, int(np.ceil(intervals.ends[odd.index] - 1e-9)) - 1)
    actual = float(intervals.rise[odd.index])
    first, newest = consumption.begin, len(intervals.rise) - 1
    day = first + timedelta(days=start)
    return Anomaly(
        meter_id=consumption.meter.meter_id,
        kind=odd.kind,
        start=day,
        end=first + timedelta(days=end),
        actual=actual,
        expected=odd.expected,
        score=(actual - odd.expected) / max(odd.spread, 1e-12),
        is_open=odd.index == newest and len(consumption.use) - 1 - end < _OPEN,
        reason=events.reason(
            consumption.meter,
            odd.kind,
            day,
            {
                "days": end - start + 1,
                "actual": events.rounded(actual),
                "expected": events.rounded(odd.expected),
            },
        ),
    )
