"""A physical meter: from its readings to a line through its life."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from ..cleaning.amounts import Use, believed
from ..cleaning.registers import Cleaned, Register, clean
from ..domain import calendar_edges, local_days
from ..domain.meters import Meter
from ..domain.report import Context, Finding, Series
from ..load_model import seasonal_profiles
from ..load_model.model_selection import choose
from ..load_model.model_time import Pace, pace_of
from ..load_model.outdoor_temperature import temperatures
from ..load_model.training_intervals import Intervals, evidence
from ..reconstruction.extrapolation import Span, reach
from ..reconstruction.interpolation import flow
from ..reconstruction.meter_line import Line, Part, RegisterUse

_ENOUGH: Final = 8


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """What is believed of one physical meter, and the model of its days."""

    meter: Meter
    cleaned: Cleaned
    amounts: Use
    findings: tuple[Finding, ...]
    zone: ZoneInfo
    as_of: float
    pace: Pace | None
    model_date: date | None

    @property
    def registers(self) -> tuple[Register, ...]:
        """Return the registers, one without readings where only amounts are known."""
        if self.cleaned.registers or not len(self.amounts.starts):
            return self.cleaned.registers
        return (_WITHOUT_READINGS,)


_NOTHING: Final = np.empty(0)
_NUMBERLESS: Final = np.empty(0, np.int64)
_WITHOUT_READINGS: Final = Register(
    _NUMBERLESS,
    _NOTHING,
    _NOTHING,
    _NOTHING,
    full=np.inf,
    opened=False,
    closed=False,
    falls=_NUMBERLESS,
)


def prepare(
    meter: Meter,
    series: Series,
    zone: ZoneInfo,
    context: Context,
    model_date: date | None,
) -> Prepared:
    """Clean a meter's records and choose its shape; no `model_date` means no shape."""
    doubting = not len(series.amounts.starts)
    cleaned = clean(meter, series.readings, context.as_of, zone, doubting=doubting)
    amounts, lost = believed(meter, series.amounts, context.as_of)
    prepared = Prepared(
        meter, cleaned, amounts, tuple(lost), zone, context.as_of, None, None
    )
    if model_date is None or not prepared.registers:
        return prepared
    pace, used = _pace(prepared, context, model_date)
    return Prepared(
        meter, cleaned, amounts, tuple(lost), zone, context.as_of, pace, used
    )


def model_date(as_of: float, zone: ZoneInfo) -> date:
    """Return the last 1 January or 1 July before an instant [epoch s]."""
    day = local_days.local_day(as_of, zone)
    dates = (date(day.year - 1, 7, 1), date(day.year, 1, 1), date(day.year, 7, 1))
    return max(one for one in dates if one < day)


def _pace(
    prepared: Prepared, context: Context, until: date
) -> tuple[Pace, date | None]:
    """Return the meter's pace, and the model date if its readings reach that far."""
    zone = prepared.zone
    first = local_days.local_day(_begin(prepared), zone)
    # To the end of the year, which the forecast is made for.
    last = date(local_days.local_day(context.as_of, zone).year, 12, 31)
    midnights = calendar_edges.midnights(first, last, zone)
    passed = (local_days.local_day(context.as_of, zone) - first).days
    intervals = _intervals(prepared, midnights)
    closed = intervals.until(float((until - first).days))
    enough = len(closed.rise) >= _ENOUGH
    shape = choose(
        closed if enough else intervals,
        first,
        len(midnights) - 1,
        seasonal_profiles.shares_of(prepared.meter),
        temperatures(context.temperature, first, len(midnights) - 1, passed),
    )
    return pace_of(first, midnights, shape), until if enough else None


def _begin(prepared: Prepared) -> float:
    """Return the earliest instant that the meter's line can reach."""
    meter, zone = prepared.meter, prepared.zone
    knots = [r.times[0] for r in prepared.registers if len(r.times)]
    knots += prepared.amounts.starts[:1].tolist()
    if meter.installed is not None:
        knots.append(local_days.midnight(meter.installed, zone))
    return float(min(knots))


def _intervals(prepared: Prepared, midnights: np.ndarray) -> Intervals:
    registers = list(prepared.cleaned.registers)
    if not registers or all(len(r.times) < 2 for r in registers):
        registers = [_as_register(prepared.amounts)]
    return evidence(registers, midnights)


def _as_register(amounts: Use) -> Register:
    """Return amounts without a gap as a counter from zero, for the models alone."""
    if not len(amounts.starts):
        return _WITHOUT_READINGS
    times = np.append(amounts.starts[:1], amounts.ends)
    values = np.concatenate(([0.0], np.cumsum(np.maximum(amounts.values, 0.0))))
    return Register(
        _NUMBERLESS,
        times,
        values,
        np.zeros(len(times)),
        full=np.inf,
        opened=False,
        closed=False,
        falls=_NUMBERLESS,
    )


def line_of(prepared: Prepared) -> Line | None:
    """Lay the registers end to end over the meter's life; None without any."""
    if not prepared.registers:
        return None
    courses = courses_of(
        prepared, prepared.registers, installation(prepared), _life_end(prepared)
    )
    part = Part(prepared.meter.key, -np.inf, np.inf, courses, prepared.amounts)
    return Line((part,))


def installation(prepared: Prepared) -> float | None:
    """Return the instant [epoch s] at which the meter's installation day begins."""
    day = prepared.meter.installed
    return None if day is None else local_days.midnight(day, prepared.zone)


def courses_of(
    prepared: Prepared,
    registers: Sequence[Register],
    begin: float | None,
    end: float,
    *,
    bridges: bool = False,
    carried: bool = False,
) -> tuple[RegisterUse, ...]:
    """Lay registers end to end from begin (None: from their first knot) to end.

    The first one `bridges` the time since another meter's last reading; the last one,
    though closed, is `carried` on to where another meter takes over.
    """
    courses: list[RegisterUse] = []
    limit = forward(prepared)
    for i, register in enumerate(registers):
        after = registers[i + 1] if i + 1 < len(registers) else None
        span = Span(
            begin,
            _end_of(register, after) if after else end,
            still_from=_midnight_before(register, prepared.zone),
            forward=limit,
            stops=register.closed and after is None and not carried,
            bridges=bridges and not courses,
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
