"""In which order, for which meters: from readings to the report."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

from . import calendar, consumption, days
from .amounts import believed
from .cleaning import Cleaned, Register, clean
from .consumption import Course
from .model import (
    Context,
    Finding,
    Hours,
    House,
    Meter,
    MeterReport,
    Report,
    Series,
    Severity,
    empty_series,
)
from .oddities import oddities
from .reconstruction import Span, Use, flow, reach

if TYPE_CHECKING:
    from .model import Floats


def analyse(house: House, readings: Mapping[str, Series], context: Context) -> Report:
    """Turn the readings of each meter (by key) into what is known of it."""
    return Report(
        context.as_of,
        house.time_zone,
        {
            meter.key: analyse_meter(
                meter,
                readings.get(meter.key) or empty_series(),
                ZoneInfo(house.time_zone),
                context,
            )
            for meter in house.meters
        },
    )


def analyse_meter(
    meter: Meter, series: Series, zone: ZoneInfo, context: Context
) -> MeterReport:
    """Turn the readings of one meter into what is known of it."""
    cleaned = clean(meter, series.readings, context.as_of, zone)
    amounts, lost = believed(meter, series.amounts, context.as_of)
    courses = _courses(meter, cleaned.registers, amounts, zone, context.as_of)
    report = _without_days(meter, cleaned, amounts, lost)
    if not courses:
        return report
    first = _first_day(meter, courses[0], zone)
    last = _last_day(meter, courses[-1], zone, context.as_of)
    if last < first - timedelta(days=1):
        return report
    edges = calendar.midnights(first, last, zone)
    use = consumption.use_between(courses, edges)
    return replace(
        report,
        first_day=first if len(use) else None,
        last_day=last if len(use) else None,
        midnights=edges,
        use=use,
        provenance=consumption.provenance(courses, amounts, edges, use),
        counter=consumption.counter(courses, edges),
        findings=(*report.findings, *oddities(meter, courses, amounts, zone)),
        hours=_hours(meter, courses, edges, zone, context),
    )


def _without_days(
    meter: Meter, cleaned: Cleaned, amounts: Use, lost: list[Finding]
) -> MeterReport:
    """Return what can be said of a meter before any of its days is known."""
    none = np.empty(0)
    return MeterReport(
        meter=meter,
        first_day=None,
        last_day=None,
        midnights=none,
        use=none,
        provenance=none.astype(np.int64),
        counter=none,
        readings=_used(cleaned),
        quarantined=cleaned.quarantined,
        superseded=cleaned.superseded,
        last_reading=_last_of(cleaned.registers),
        findings=(*cleaned.findings, *lost, *_too_few(meter, cleaned, amounts)),
    )


def _used(cleaned: Cleaned) -> int:
    return sum(len(register.ids) for register in cleaned.registers)


def _courses(
    meter: Meter,
    registers: tuple[Register, ...],
    amounts: Use,
    zone: ZoneInfo,
    as_of: float,
) -> tuple[Course, ...]:
    """Lay the registers end to end over the meter's life."""
    if not registers:
        if not len(amounts.starts):
            return ()
        registers = (_without_readings(),)
    ahead = reach(registers)

    def forward(knot: float) -> float:
        return days.days_later(knot, ahead, zone)

    begin = None
    if meter.installed is not None:
        begin = days.midnight(meter.installed, zone)
    courses: list[Course] = []
    for i, register in enumerate(registers):
        after = registers[i + 1] if i + 1 < len(registers) else None
        span = Span(
            begin,
            _end_of(register, after) if after else _life_end(meter, zone, as_of),
            still_from=_midnight_before(register, zone),
            forward=forward,
            stops=register.closed and after is None,
        )
        own = amounts
        if courses:
            own = amounts.within(courses[-1].flow.end, np.inf)
        courses.append(Course(register, flow(register, own, span)))
        begin = None if after and after.opened else courses[-1].flow.end
    return tuple(courses)


def _without_readings() -> Register:
    none = np.empty(0)
    return Register(
        none.astype(np.int64), none, none, none, full=np.inf, opened=False, closed=False
    )


def _end_of(register: Register, after: Register) -> float:
    """Return where a register that was exchanged ends."""
    last = float(register.times[-1])
    return max(last, float(after.times[0])) if after.opened else last


def _life_end(meter: Meter, zone: ZoneInfo, as_of: float) -> float:
    if meter.removed is None:
        return as_of
    return min(as_of, days.midnight(meter.removed + timedelta(days=1), zone))


def _midnight_before(register: Register, zone: ZoneInfo) -> float:
    if not len(register.times):
        return -np.inf
    day = days.local_day(float(register.times[0]), zone)
    return days.midnight(day, zone)


def _first_day(meter: Meter, course: Course, zone: ZoneInfo) -> date:
    if meter.installed is not None:
        return meter.installed
    return days.first_midnight_at_or_after(course.flow.start, zone)


def _last_day(meter: Meter, course: Course, zone: ZoneInfo, as_of: float) -> date:
    """Return the removal day, else yesterday."""
    last = days.local_day(as_of, zone) - timedelta(days=1)
    removed = meter.removed
    if removed is None and course.register.closed:
        end = float(course.register.times[-1])
        removed = days.first_midnight_at_or_after(end, zone) - timedelta(days=1)
    return last if removed is None else min(last, removed)


def _last_of(registers: tuple[Register, ...]) -> tuple[float, float] | None:
    if not registers:
        return None
    last = registers[-1]
    return float(last.times[-1]), float(last.values[-1] - last.rolled[-1])


def _too_few(meter: Meter, cleaned: Cleaned, amounts: Use) -> list[Finding]:
    """Say why a dial read once has no days: a start at 0 is never invented."""
    if len(amounts.starts) or not cleaned.registers:
        return []
    last = cleaned.registers[-1]
    if len(last.ids) > 1 or last.closed:
        return []
    return [
        Finding(
            code="second_reading_missing",
            severity=Severity.INFO,
            meter_id=meter.meter_id,
        )
    ]


def _hours(
    meter: Meter,
    courses: tuple[Course, ...],
    edges: Floats,
    zone: ZoneInfo,
    context: Context,
) -> Hours | None:
    """Return the hours since the wanted day, today's up to the last one known."""
    wanted = context.hours_from.get(meter.key)
    if wanted is None:
        return None
    bounds = edges[edges >= days.midnight(wanted, zone)]
    if not len(bounds):
        return None
    today = float(bounds[-1])
    passed = (min(_known_until(courses), context.as_of) - today) // 3600.0
    end = today + 3600.0 * max(passed, 0.0)
    if end > today:
        bounds = np.append(bounds, end)
    instants = calendar.hour_edges(bounds)
    if len(instants) < 2:
        return None
    return Hours(
        instants,
        consumption.use_between(courses, instants),
        consumption.counter(courses, instants),
    )


def _known_until(courses: tuple[Course, ...]) -> float:
    """Return up to when the use is read, not carried forward."""
    course = courses[-1].flow
    read = (np.diff(course.guessed) == 0) & ~np.isnan(course.use)
    steps = np.flatnonzero(read)
    return float(course.edges[steps[-1] + 1]) if len(steps) else course.start
