"""A physical meter's readings made ready: cleaned, with the model of its days."""

from dataclasses import dataclass
from datetime import date
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

_ENOUGH: Final = 8
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


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A physical meter's cleaned records, and the model of its days."""

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
