"""Findings on a meter's readings that a person should look at."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from ..cleaning.amounts import Use
from ..cleaning.registers import Register
from ..domain.local_days import DAY, local_day
from ..domain.meters import AnyMeter, Meter
from ..domain.report import Finding, Severity
from ..reconstruction.meter_line import Line, RegisterUse

_GAP: Final = 60.0
_DRIFT: Final = 0.01
_ANEW: Final = 0.1
_SEVERITY: Final[Mapping[str, Severity]] = {
    "counter_fell": Severity.ERROR,
    "exchange_suspected": Severity.ERROR,
    "counter_reset": Severity.INFO,
}


def oddities(
    meter: Meter, line: Line, amounts: Use, zone: ZoneInfo
) -> Iterator[Finding]:
    """Yield the findings of one meter's registers."""
    courses = line.courses
    for course in courses:
        yield from _falls(meter, course, zone)
        yield from _drift(meter, course, amounts, zone)
    for old, new in pairwise(courses):
        yield from _bridged(meter, old, new, zone)
    yield from _negative(meter, amounts, zone)
    yield from _overdue(meter, courses[-1], zone)


def _falls(meter: Meter, course: RegisterUse, zone: ZoneInfo) -> Iterator[Finding]:
    """Report each fall that nothing explains, and once those that amounts do."""
    register, flow = course.register, course.flow
    resets: list[int] = []
    for i in register.falls.tolist():
        if flow.unknown.touch(register.times[i : i + 2])[0]:
            code = "exchange_suspected" if _goes_on(register, i) else "counter_fell"
            yield _fall(code, meter, register, [i], zone)
        else:
            resets.append(i)
    if resets:
        yield _fall("counter_reset", meter, register, resets, zone)


def _goes_on(register: Register, i: int) -> bool:
    """Return whether the counter begins anew, near zero, and goes on from there."""
    before, after = register.values[i], register.values[i + 1]
    following = register.values[i + 2 : i + 3]
    return bool(after < _ANEW * before and (following >= after).any())


def _fall(
    code: str, meter: Meter, register: Register, falls: Sequence[int], zone: ZoneInfo
) -> Finding:
    """Name falls of the counter by the last one of them."""
    i = falls[-1]
    return Finding(
        code=code,
        severity=_SEVERITY[code],
        meter_id=meter.meter_id,
        day=local_day(float(register.times[i + 1]), zone),
        data={
            "before": float(register.values[i]),
            "after": float(register.values[i + 1]),
            "since": local_day(float(register.times[i]), zone).isoformat(),
            "count": len(falls),
        },
    )


def _drift(
    meter: Meter, course: RegisterUse, amounts: Use, zone: ZoneInfo
) -> Iterator[Finding]:
    """Report where readings and amounts of the same time differ by over 1 %."""
    times, values = course.register.times, course.register.values
    if len(times) < 2 or not len(amounts.values):
        return
    total = np.append(0.0, np.cumsum(amounts.values))
    length = np.append(0.0, np.cumsum(amounts.ends - amounts.starts))
    knots = np.column_stack((amounts.starts, amounts.ends)).ravel()
    by = np.interp(times, knots, np.repeat(total, 2)[1:-1])
    covered = np.interp(times, knots, np.repeat(length, 2)[1:-1])
    whole = np.isclose(np.diff(covered), np.diff(times), rtol=0, atol=1.0)
    whole &= np.diff(values) >= 0
    read = float(np.diff(values)[whole].sum())
    summed = float(np.diff(by)[whole].sum())
    if whole.any() and abs(summed - read) > _DRIFT * max(read, summed):
        yield Finding(
            code="drift",
            severity=Severity.WARNING,
            meter_id=meter.meter_id,
            day=local_day(float(times[-1]), zone),
            data={"read": read, "summed": summed},
        )


def _bridged(
    meter: Meter, old: RegisterUse, new: RegisterUse, zone: ZoneInfo
) -> Iterator[Finding]:
    """Report an exchange whose two readings lie apart."""
    span = np.array([old.register.times[-1], new.register.times[0]])
    if span[1] - span[0] <= _GAP:
        return
    lost = any(course.flow.unknown.touch(span)[0] for course in (old, new))
    use = sum(float(np.diff(c.flow.used_by(span))[0]) for c in (old, new))
    yield bridged(
        meter,
        local_day(float(span[1]), zone),
        float(np.diff(span)[0]) / DAY,
        None if lost else use,
    )


def bridged(meter: AnyMeter, day: date, days: float, use: float | None) -> Finding:
    """Name an exchange whose readings lie apart: by what is carried between them.

    A use of None is unknown: they lie too far apart.
    """
    if use is None:
        return Finding(
            code="exchange_too_far_apart",
            severity=Severity.WARNING,
            meter_id=meter.meter_id,
            day=day,
            data={"days": days},
        )
    return Finding(
        code="exchange_bridged",
        severity=Severity.INFO,
        meter_id=meter.meter_id,
        day=day,
        data={"days": days, "use": use},
    )


def _negative(meter: Meter, amounts: Use, zone: ZoneInfo) -> Iterator[Finding]:
    """Report amounts below zero: their time counts as unknown."""
    below = np.flatnonzero(amounts.values < 0)
    if len(below):
        yield Finding(
            code="negative_amount",
            severity=Severity.WARNING,
            meter_id=meter.meter_id,
            day=local_day(float(amounts.starts[below[0]]), zone),
            data={"count": len(below), "use": float(amounts.values[below].sum())},
        )


def _overdue(meter: Meter, course: RegisterUse, zone: ZoneInfo) -> Iterator[Finding]:
    """Report a register that can no longer be carried forward to its end."""
    times, flow = course.register.times, course.flow
    if len(times) < 2 or course.register.closed:
        return
    last = float(times[-1])
    if flow.unknown.touch(np.array([max(last, flow.read_until), flow.end]))[0]:
        yield Finding(
            code="reading_overdue",
            severity=Severity.WARNING,
            meter_id=meter.meter_id,
            day=local_day(last, zone),
            data={"days": int((flow.end - last) / DAY)},
        )
