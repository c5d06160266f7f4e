"""The catalogue of metrics: names, units, meaning, and whether they add up.

The one catalogue: entities, statistics, points, actions and the documentation show
these, and each is computed in one place only. All are asked of a report for the local
days first..last, both included.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

import numpy as np

from ..domain.report import MeterReport, known
from .periods import counter_at, total

_ONE_DAY: Final = timedelta(days=1)
_PERIODS: Final = ("day", "week", "month", "year", "billing_year")


class Category(StrEnum):
    """The subject of a metric."""

    CONSUMPTION = "consumption"
    QUALITY = "quality"
    EFFICIENCY = "efficiency"


class Additivity(StrEnum):
    """The rule by which values of days become that of a longer time."""

    SUM = "sum"
    LAST = "last"
    NONE = "none"


class NotAdditiveError(TypeError):
    """An attempt to add up values that mean nothing added up."""


type Compute = Callable[[MeterReport, date, date], float | None]


@dataclass(frozen=True, slots=True)
class Metric:
    """A number that is shown; `unit` None stands for the meter's own.

    `grains` are the times it is shown for, `inputs` what it is computed from, `since`
    the version that had it first. `of` computes it; None where it is not known.
    """

    key: str
    category: Category
    formula: str
    of: Compute
    unit: str | None = None
    grains: tuple[str, ...] = _PERIODS
    additivity: Additivity = Additivity.NONE
    inputs: tuple[str, ...] = ("readings",)
    since: str = "0.1.0"

    def total(self, values: Iterable[float]) -> float:
        """Return what values of days in a row come to; raises NotAdditiveError."""
        if self.additivity is not Additivity.SUM:
            raise NotAdditiveError(self.key)
        return sum(values)


def consumption(report: MeterReport, first: date, last: date) -> float | None:
    """Return the use [unit]; None as soon as one of the days is unknown."""
    period = total(report, first, last)
    return None if period is None else period.value


def counter(report: MeterReport, _first: date, last: date) -> float | None:
    """Return what the dial showed at the end of the last day [unit]."""
    return counter_at(report, last + _ONE_DAY)


def expected(report: MeterReport, first: date, last: date) -> float | None:
    """Return what the days would usually have been [unit].

    Only those that the meter has; None as soon as nobody can say of one of them.
    """
    if report.expected is None or report.first_day is None:
        return None
    low = max((first - report.first_day).days, 0)
    days = report.expected[low : max((last - report.first_day).days + 1, 0)]
    return known(float(days.sum())) if len(days) else None


def deviation(report: MeterReport, first: date, last: date) -> float | None:
    """Return the use beyond the usual [unit]."""
    used, usual = consumption(report, first, last), expected(report, first, last)
    return None if used is None or usual is None else used - usual


def _share(kind: int) -> Compute:
    def share(report: MeterReport, first: date, last: date) -> float | None:
        period = total(report, first, last)
        return None if period is None else period.shares[kind]

    return share


def _quality(name: str) -> Compute:
    def quality(report: MeterReport, _first: date, _last: date) -> float | None:
        return None if report.quality is None else float(getattr(report.quality, name))

    return quality


def _forecast(report: MeterReport, _first: date, _last: date) -> float | None:
    return None if report.forecast is None else report.forecast.year.value


def _adjusted(report: MeterReport, first: date, _last: date) -> float | None:
    return report.adjusted.get(first.year)


def _per_day(report: MeterReport, first: date, last: date) -> float | None:
    period = total(report, first, last)
    if period is None or period.value is None:
        return None
    return period.value / max(sum(period.days), 1)


def _spread(report: MeterReport, first: date, last: date) -> float | None:
    """Return the half width of the dial's 80 % band at the end of the last day."""
    if report.first_day is None:
        return None
    index = (last - report.first_day).days + 1
    if not 0 <= index < len(report.slack) or np.isnan(report.slack[index]):
        return None
    return float(report.slack[index])


_USE, _GOOD, _EFFICIENT = Category
METRICS: Final[Mapping[str, Metric]] = {
    metric.key: metric
    for metric in (
        Metric(
            "consumption",
            _USE,
            "Σ (counter(midnight after) - counter(midnight before))",
            consumption,
            additivity=Additivity.SUM,
        ),
        Metric(
            "counter",
            _USE,
            "counter(midnight after the last day)",
            counter,
            grains=("day", "month"),
            additivity=Additivity.LAST,
        ),
        Metric(
            "counter_spread",
            _GOOD,
            "half width of the counter's 80 % band",
            _spread,
            grains=("day",),
            additivity=Additivity.LAST,
        ),
        Metric(
            "expected",
            _USE,
            "Σ model(day)",
            expected,
            additivity=Additivity.SUM,
            inputs=("readings", "outdoor temperature"),
        ),
        Metric(
            "deviation",
            _USE,
            "consumption - expected",
            deviation,
            additivity=Additivity.SUM,
            inputs=("consumption", "expected"),
        ),
        Metric(
            "per_day",
            _EFFICIENT,
            "consumption / days",
            _per_day,
            inputs=("consumption",),
        ),
        Metric(
            "forecast_year",
            _USE,
            "Σ known days + Σ model(days to come)",
            _forecast,
            grains=("year",),
            inputs=("consumption", "outdoor temperature"),
        ),
        Metric(
            "adjusted_year",
            _EFFICIENT,
            "base + heating x mean degree days / the year's",
            _adjusted,
            grains=("year",),
            inputs=("consumption", "outdoor temperature"),
        ),
        *(
            Metric(
                f"{name}_share",
                _GOOD,
                f"{name} days / known days",
                _share(number),
                unit="1",
                inputs=("provenance",),
            )
            for number, name in enumerate(("measured", "interpolated", "extrapolated"))
        ),
        Metric(
            "quality",
            _GOOD,
            "100 x (0.5 completeness + 0.2 (1 - extrapolated) + 0.2 freshness"
            " + 0.1 (1 - quarantined / readings))",
            _quality("score"),
            unit="1",
            grains=("life",),
            inputs=("provenance", "readings"),
        ),
        *(
            Metric(
                name,
                _GOOD,
                formula,
                _quality(name),
                unit=unit,
                grains=("life",),
            )
            for name, formula, unit in (
                (
                    "completeness",
                    "(measured + interpolated days) / days of its life",
                    "1",
                ),
                ("freshness", "clamp(2 - age / limit, 0, 1)", "1"),
                ("largest_gap_days", "longest time between readings", "d"),
            )
        ),
    )
}
