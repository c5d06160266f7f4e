"""The energy of a cubic metre of gas on a day."""

from collections.abc import Sequence
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from . import units
from .arrays import Floats
from .gas_factor_bounds import GasFactorError, is_possible
from .local_days import midnight
from .meters import AnyMeter, GasFactor, Medium
from .report import MeterReport, Rows
from .unit_conversion import Conversion

_NORMAL_KELVIN: Final = 273.15
_METER_KELVIN: Final = 288.15
_NORMAL_PRESSURE: Final = 1013.25
_METER_OVERPRESSURE: Final = 22.0


def zustandszahl(altitude: float) -> float:
    """Return the state number z [1] of household gas at an altitude [m].

    DVGW G 685: z = 273.15 / T x (p_amb + p_e) / 1013.25 with T = 288.15 K, p_amb =
    1016 - 0.12 x altitude [mbar], p_e = 22 mbar and dry gas.
    """
    ambient = 1016.0 - 0.12 * altitude
    pressure = (ambient + _METER_OVERPRESSURE) / _NORMAL_PRESSURE
    return _NORMAL_KELVIN / _METER_KELVIN * pressure


def energy_per_volume(gas: Sequence[GasFactor], first: date, days: int) -> Floats:
    """Return the factor (days,) [kWh/m³] of each day from `first` on.

    The earliest factor holds before its first day too, the latest one ever after. NaN
    where it is one that no gas has: nothing is counted with it.
    """
    dated = sorted(gas, key=lambda factor: factor.valid_from)
    begins = np.array([factor.valid_from.toordinal() for factor in dated])
    which = np.searchsorted(begins, first.toordinal() + np.arange(days), "right") - 1
    kwh = [factor.kwh if is_possible(factor) else np.nan for factor in dated]
    return np.array(kwh)[np.clip(which, 0, None)]


def valid_on(gas: Sequence[GasFactor], day: date) -> GasFactor:
    """Return the factor of a day; the earliest one holds before its first day too."""
    dated = sorted(gas, key=lambda factor: factor.valid_from)
    begun = [factor for factor in dated if factor.valid_from <= day]
    return begun[-1] if begun else dated[0]


def energy_rows(report: MeterReport, rows: Rows, gas: Sequence[GasFactor]) -> Rows:
    """Return published rows of gas [m³] in kWh, each by the factor of its day.

    Energy has no dial. Days whose factor cannot be have no row.
    """
    if report.first_day is None or not len(rows.starts):
        return rows
    day = np.searchsorted(report.midnights, rows.starts, "right") - 1
    factor = energy_per_volume(gas, report.first_day, len(report.midnights))[day]
    scale = units.factor(report.meter.unit, "m³")
    counts = ~np.isnan(factor)
    use = np.diff(rows.sums, prepend=0.0) * scale
    sums = np.cumsum(use[counts] * factor[counts])
    return Rows(rows.starts[counts], sums, np.full(len(sums), np.nan))


def conversion(
    given: AnyMeter, wanted: AnyMeter, gas: Sequence[GasFactor], zone: ZoneInfo
) -> Conversion:
    """Return `daily_factor` for any instants; raises UnitMismatchError as it does.

    GasFactorError where one of the factors needed cannot be: a line has no holes.
    """
    days = sorted({factor.valid_from for factor in gas if factor.valid_from > date.min})
    factors = [daily_factor(given, wanted, gas, day, 1)[0] for day in (date.min, *days)]
    if np.isnan(factors).any():
        wrong = next(factor for factor in gas if not is_possible(factor))
        raise GasFactorError(given.unit, wanted.unit, wrong)
    if len(set(factors)) == 1:
        return Conversion(np.empty(0), np.array(factors[:1]))
    return Conversion(
        np.array([midnight(day, zone) for day in days]), np.array(factors)
    )


def daily_factor(
    given: AnyMeter, wanted: AnyMeter, gas: Sequence[GasFactor], first: date, days: int
) -> Floats:
    """Return what (days,) a day's use of one meter is multiplied with for another.

    Volume becomes energy, or energy volume, only where the volume is gas. Raises
    UnitMismatchError for any other pair without a fixed factor. NaN where the gas
    factor of the day cannot be.
    """
    source, target = (units.dimension(units.canonical(m.unit)) for m in (given, wanted))
    if {source, target} != {"energy", "volume"}:
        return np.full(days, units.factor(given.unit, wanted.unit))
    volume = given if source == "volume" else wanted
    if volume.medium is not Medium.GAS:
        raise units.UnitMismatchError(given.unit, wanted.unit)
    kwh = energy_per_volume(gas, first, days)
    if source == "volume":
        scale = units.factor(given.unit, "m³") * units.factor("kWh", wanted.unit)
        return kwh * scale
    scale = units.factor(given.unit, "kWh") * units.factor("m³", wanted.unit)
    return scale / kwh
