"""The line through a physical meter's life, laid along its registers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np

from ..cleaning.registers import Register
from ..domain import local_days
from ..reconstruction.extrapolation import Span, reach
from ..reconstruction.interpolation import flow
from ..reconstruction.meter_line import Line, Part, RegisterUse
from .preparation import Prepared


def line_of(prepared: Prepared) -> Line | None:
    """Lay the registers end to end over the meter's life; None without any."""
    if not prepared.registers:
        return None
    whole_life = Stretch(installation(prepared), _life_end(prepared))
    courses = courses_of(prepared, prepared.registers, whole_life)
    part = Part(prepared.meter.key, -np.inf, np.inf, courses, prepared.amounts)
    return Line((part,))


def installation(prepared: Prepared) -> float | None:
    """Return the instant [epoch s] at which the meter's installation day begins."""
    day = prepared.meter.installed
    return None if day is None else local_days.midnight(day, prepared.zone)


@dataclass(frozen=True, slots=True)
class Stretch:
    """The time that registers account for, from begin (None: their first knot) to end.

    The first one `bridges` the time since another meter's last reading; the last one,
    though closed, is `carried` on to where another meter takes over [epoch s].
    """

    begin: float | None
    end: float
    bridges: bool = False
    carried: bool = False


def courses_of(
    prepared: Prepared, registers: Sequence[Register], stretch: Stretch
) -> tuple[RegisterUse, ...]:
    """Lay registers end to end over a stretch of time."""
    courses: list[RegisterUse] = []
    begin = stretch.begin
    limit = forward(prepared)
    for i, register in enumerate(registers):
        after = registers[i + 1] if i + 1 < len(registers) else None
        span = Span(
            begin,
            _end_of(register, after) if after else stretch.end,
            still_from=_midnight_before(register, prepared.zone),
            forward=limit,
            stops=register.closed and after is None and not stretch.carried,
            bridges=stretch.bridges and not courses,
        )
        own = prepared.amounts
        if courses:
            own = own.within(courses[-1].flow.end, np.inf)
        courses.append(RegisterUse(register, flow(register, own, span, prepared.pace)))
        begin = None if after and after.opened else courses[-1].flow.end
    return tuple(courses)


def forward(prepared: Prepared) -> Callable[[float], float]:
    """Return up to when use may be carried on from a last knot."""
    # Asked for once where it is asked for at all: a removed meter goes nowhere.
    ahead = cache(lambda: reach(prepared.registers))

    def limit(knot: float) -> float:
        return local_days.days_later(knot, ahead(), prepared.zone)

    return limit


def _end_of(register: Register, after: Register) -> float:
    """Return where a register that was exchanged ends."""
    last = float(register.times[-1])
    return max(last, float(after.times[0])) if after.opened else last


def _life_end(prepared: Prepared) -> float:
    removed = prepared.meter.removed
    if removed is None:
        return prepared.as_of
    end = local_days.midnight(removed + timedelta(days=1), prepared.zone)
    return min(prepared.as_of, end)


def _midnight_before(register: Register, zone: ZoneInfo) -> float:
    if not len(register.times):
        return -np.inf
    day = local_days.local_day(float(register.times[0]), zone)
    return local_days.midnight(day, zone)


def life(prepared: Prepared, line: Line) -> tuple[date, date]:
    """Return the first and the last day that the meter reports."""
    meter, zone = prepared.meter, prepared.zone
    courses = line.courses
    first = meter.installed
    if first is None:
        first = local_days.first_midnight_at_or_after(courses[0].flow.start, zone)
    last = local_days.local_day(prepared.as_of, zone) - timedelta(days=1)
    removed = meter.removed
    if removed is None and courses[-1].register.closed:
        end = float(courses[-1].register.times[-1])
        removed = local_days.first_midnight_at_or_after(end, zone) - timedelta(days=1)
    return first, last if removed is None else min(last, removed)
