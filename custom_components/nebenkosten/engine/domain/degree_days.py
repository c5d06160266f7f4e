"""Facts of days: degree days, weekdays and holidays.

Free of numpy: a day's facts depend on nothing that is metered.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Final

# Per mille of a year's heating, by month (VDI 2067 sheet 1, table 22).
_GRADTAGE: Final = (
    *(Fraction(share) for share in (170, 150, 130, 80, 40)),
    *(Fraction(40, 3) for _ in range(3)),
    *(Fraction(share) for share in (30, 80, 120, 160)),
)
# The months outside of October to April (usual in leases, § 556 BGB).
_SUMMER: Final = range(5, 10)

# VDI 3807: degrees below 20 °C (G20/15) or 15 °C (G15) on days colder than 15 °C.
_INDOORS: Final = 20.0
_LIMIT: Final = 15.0
# Nobody needs heating, many cool [°C, mean of the day].
_HOT: Final = 25.0


class Weather(StrEnum):
    """The kind of a day by its mean temperature."""

    FROST = "frost"
    HEATING = "heating"
    MILD = "mild"
    HOT = "hot"


@dataclass(frozen=True, slots=True)
class DegreeDays:
    """A day's degrees [K d]: `g20_15` and `hgt15` of VDI 3807, and its kind."""

    mean: float
    g20_15: float
    hgt15: float
    weather: Weather


@dataclass(frozen=True, slots=True, kw_only=True)
class DayFacts:
    """A local day of the calendar; `gradtag` is its share of a year's heating [‰]."""

    day: date
    weekday: int
    heating_season: bool
    billing_year: int
    gradtag: Fraction


def facts_of(day: date, year_start: tuple[int, int]) -> DayFacts:
    """Return a day's facts; its billing year is named by the year it begins in."""
    begun = (day.month, day.day) >= year_start
    return DayFacts(
        day=day,
        weekday=day.weekday(),
        heating_season=day.month not in _SUMMER,
        billing_year=day.year if begun else day.year - 1,
        gradtag=_GRADTAGE[day.month - 1] / monthrange(day.year, day.month)[1],
    )


def degree_days(mean: float | None) -> DegreeDays | None:
    """Return the degrees of a day's mean temperature [°C], None where it is unknown."""
    if mean is None:
        return None
    heated = mean < _LIMIT
    return DegreeDays(
        mean=mean,
        g20_15=_INDOORS - mean if heated else 0.0,
        hgt15=_LIMIT - mean if heated else 0.0,
        weather=_weather(mean),
    )


def _weather(mean: float) -> Weather:
    if mean < 0.0:
        return Weather.FROST
    if mean < _LIMIT:
        return Weather.HEATING
    return Weather.HOT if mean >= _HOT else Weather.MILD
