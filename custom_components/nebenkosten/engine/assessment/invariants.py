"""Invariants that a result must keep to be published.

Asked of the finished report, not of the steps that led to it: whatever breaks one of
these is a fault of ours, and the last good result stays in its place.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from ..cleaning.registers import unit_scale
from ..domain import gas_conversion
from ..domain.answers import Asked
from ..domain.arrays import Bools, Floats
from ..domain.local_days import DAY, local_day
from ..domain.meters import Meter, Virtual
from ..domain.report import (
    KINDS,
    Finding,
    MeterReport,
    ReadingKind,
    Series,
    Severity,
    Value,
)
from ..meter_kinds.operand_days import operand

_RELATIVE: Final = 1e-9
_ANCHORS: Final = (ReadingKind.ACTUAL, ReadingKind.REMOTE)


def broken(asked: Asked) -> tuple[Finding, ...]:
    """Return an error for each invariant that a meter's result breaks."""
    report = asked.report
    if report.first_day is None or not len(report.use):
        return ()
    return tuple(
        Finding(
            code=f"invariant_{name}",
            severity=Severity.ERROR,
            meter_id=report.meter.meter_id,
            day=report.first_day + timedelta(days=where),
            data={"day": report.first_day + timedelta(days=where), **data},
        )
        for name, check in INVARIANTS.items()
        for where, data in check(asked)
    )


type _Broken = Iterator[tuple[int, dict[str, Value]]]


def _readings(asked: Asked) -> _Broken:
    """The counter passes through each used reading of the dial."""
    report, series = asked.report, asked.series
    if series is None or not isinstance(report.meter, Meter):
        return
    times, values, calm = _anchors(report, series)
    counter = report.counter
    left = np.searchsorted(report.midnights, times, "right") - 1
    inside = (left >= 0) & (left < len(report.use)) & calm
    times, values, left = times[inside], values[inside], left[inside]
    low, high = counter[left], counter[left + 1]
    high = np.where(report.midnights[left] == times, low, high)
    margin = _margin(values)
    missed = (values < low - margin) | (values > high + margin)
    # A dial that rolls over within the day says nothing about its order.
    missed &= high >= low - margin
    if missed.any():
        first = int(np.flatnonzero(missed)[0])
        yield int(left[first]), {"value": float(values[first])}


def _anchors(report: MeterReport, series: Series) -> tuple[Floats, Floats, Bools]:
    """Return instants and values of used readings, and which lie in calm days.

    An exchange, a correction, an estimate or a fall nearby gives a day its own rules.
    """
    columns = series.readings
    ids = np.asarray(columns.ids, np.int64)
    times, values = np.asarray(columns.times), np.asarray(columns.values)
    if not len(ids):
        return times, values, np.empty(0, bool)
    scales = unit_scale(report.meter, columns.unit_names)
    values = values * scales[np.asarray(columns.units, np.int64)]
    dials = [KINDS.index(kind) for kind in _ANCHORS]
    plain = np.isin(np.asarray(columns.kinds, np.int64), dials)
    left_out = np.fromiter(report.quarantined | report.superseded, np.int64)
    used = plain & ~np.isin(ids, left_out) & ~np.isnan(values)
    order = np.argsort(times[used], kind="stable")
    falls = np.flatnonzero(np.diff(values[used][order]) < 0)
    sides = times[used][order][np.concatenate((falls, falls + 1))]
    special = np.sort(np.concatenate((times[~plain], sides)))
    calm = np.ones(len(times), bool)
    if len(special):
        after = np.searchsorted(special, times)
        before = special[np.maximum(after - 1, 0)]
        behind = special[np.minimum(after, len(special) - 1)]
        calm = (np.abs(times - before) > DAY) & (np.abs(times - behind) > DAY)
    return times[used], values[used], calm[used]


def _monotone(asked: Asked) -> _Broken:
    """What is not computed from others never runs backwards."""
    report = asked.report
    if isinstance(report.meter, Virtual):
        return
    below = np.flatnonzero(np.nan_to_num(report.use) < -_margin(report.counter[1:]))
    if len(below):
        yield int(below[0]), {"value": float(report.use[below[0]])}


def _parts(asked: Asked) -> _Broken:
    """A whole is the sum of its parts: of its operands, of its hours."""
    report = asked.report
    if isinstance(report.meter, Virtual):
        wrong = _far(report.use, _from_operands(asked, report.meter))
    else:
        wrong = _far(report.use, _from_hours(report))
    if wrong is not None:
        yield wrong, {"value": float(report.use[wrong])}


def _from_operands(asked: Asked, meter: Virtual) -> Floats:
    """Return a formula's days (n,) from its operands' days."""
    first, count = asked.report.begin, len(asked.report.use)
    total = np.zeros(count)
    for term in meter.terms:
        source = asked.reports[term.meter_id.lower()]
        scale = gas_conversion.daily_factor(
            source.meter, meter, asked.house.gas, first, count
        )
        use = operand(term, asked.reports, first, count).use
        total = total + term.factor * scale * use
    return total


def _from_hours(report: MeterReport) -> Floats:
    """Return the days (n,) from their hours; NaN where no hours are kept."""
    total = np.full(len(report.use), np.nan)
    if report.hours is None:
        return total
    day = np.searchsorted(report.midnights, report.hours.edges[:-1], "right") - 1
    inside = day < len(total)
    sums = np.bincount(
        day[inside], weights=report.hours.use[inside], minlength=len(total)
    )
    some = np.bincount(day[inside], minlength=len(total)) > 0
    total[some] = sums[some]
    return total


def _balance(asked: Asked) -> _Broken:
    """A dial's advance over days in a row is what was used in them."""
    report = asked.report
    if isinstance(report.meter, Virtual) or asked.series is None:
        return
    special = np.asarray(asked.series.readings.kinds, np.int64) != 0
    if special.any() or len(report.quarantined):
        return
    advance = np.diff(report.counter)
    advance[advance < 0] = np.nan
    wrong = _far(report.use, advance, _margin(report.counter[1:]))
    if wrong is not None:
        yield wrong, {"value": float(report.use[wrong])}


def _future(asked: Asked) -> _Broken:
    """No day is told of before it is over."""
    report, zone = asked.report, ZoneInfo(asked.house.time_zone)
    today = local_day(asked.as_of, zone)
    late = report.last_day is not None and report.last_day >= today
    if late or float(report.midnights[-1]) > asked.as_of:
        yield len(report.use) - 1, {"value": float(report.use[-1])}


def _far(one: Floats, other: Floats, margin: Floats | float = 0.0) -> int | None:
    """Return the first index at which two values are known and differ."""
    apart = np.abs(one - other) > _margin(one) + _margin(other) + margin
    return int(np.flatnonzero(apart)[0]) if apart.any() else None


def _margin(values: Floats) -> Floats:
    result: Floats = _RELATIVE * np.maximum(np.abs(np.nan_to_num(values)), 1.0)
    return result


INVARIANTS: Final[Mapping[str, Callable[[Asked], _Broken]]] = {
    "readings": _readings,
    "monotone": _monotone,
    "parts": _parts,
    "balance": _balance,
    "future": _future,
}
