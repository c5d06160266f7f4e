"""Seasonal profiles: a year's use spread over its days."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

import numpy as np

from ..domain.arrays import Floats
from ..domain.meters import AnyMeter, Medium

_MONTH_DAYS: Final = np.array([31, 28.25, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
_MIDDLES: Final = np.cumsum(_MONTH_DAYS) - _MONTH_DAYS / 2
_YEAR: Final = 365.25

# Shares of January to December [%]. Heating: degree days of VDI 2067 sheet 1, table 22;
# gas and heat keep a fifth for hot water. The others are rounded German load profiles.
_HEATING: Final = (
    17.0,
    15.0,
    13.0,
    8.0,
    4.0,
    4 / 3,
    4 / 3,
    4 / 3,
    3.0,
    8.0,
    12.0,
    16.0,
)
_HEATING_AND_WATER: Final = tuple(0.82 * share + 0.18 * 100 / 12 for share in _HEATING)
PROFILES: Final[Mapping[str, tuple[float, ...]]] = {
    "heating": _HEATING,
    "heating_and_hot_water": _HEATING_AND_WATER,
    "hot_water": (9.6, 8.8, 9.3, 8.6, 8.1, 7.3, 7.0, 7.0, 7.5, 8.3, 8.9, 9.6),
    "household": (9.6, 8.7, 9.0, 8.0, 7.8, 7.3, 7.4, 7.5, 7.7, 8.5, 8.9, 9.6),
    "water": (8.2, 7.5, 8.2, 8.2, 8.6, 8.7, 8.9, 8.8, 8.4, 8.3, 8.0, 8.2),
    "solar": (3.0, 4.7, 8.2, 11.4, 13.0, 13.4, 13.3, 11.7, 8.9, 6.0, 3.6, 2.8),
}
# Heating without a profile of its own follows the degree days of VDI 2067; nobody's
# electricity and water are like anybody else's.
_OF_MEDIUM: Final[Mapping[Medium, str]] = {
    Medium.GAS: "heating_and_hot_water",
    Medium.HEAT: "heating_and_hot_water",
}


def shares_of(meter: AnyMeter) -> tuple[float, ...] | None:
    """Return a meter's twelve monthly shares: its own, or those of heating.

    None where nothing is known, or where the user wants no profile.
    """
    if isinstance(meter.profile, tuple):
        return meter.profile
    name = meter.profile or _OF_MEDIUM.get(meter.medium, "none")
    return PROFILES.get(name)


def day_weights(shares: Sequence[float], first: date, days: int) -> Floats:
    """Return relative weights (days,), mean 1 over a year, from `first` on.

    Straight between the middles of the months, periodic, so that no step falls on the
    first of a month.
    """
    rate = np.asarray(shares, float) / _MONTH_DAYS
    rate = rate / (rate * _MONTH_DAYS).sum() * _YEAR
    knots = np.concatenate((_MIDDLES[-1:] - _YEAR, _MIDDLES, _MIDDLES[:1] + _YEAR))
    values = np.concatenate((rate[-1:], rate, rate[:1]))
    result: Floats = np.interp(_day_of_year(first, days) + 0.5, knots, values)
    return result


def months(first: date, days: int) -> Floats:
    """Return the month 1..12 (days,) of each day from `first` on."""
    dates = np.datetime64(first, "D") + np.arange(days)
    number: Floats = dates.astype("datetime64[M]").astype(int) % 12 + 1.0
    return number


def _day_of_year(first: date, days: int) -> Floats:
    dates = np.datetime64(first, "D") + np.arange(days)
    start = dates.astype("datetime64[Y]").astype("datetime64[D]")
    result: Floats = (dates - start).astype(float)
    return result
