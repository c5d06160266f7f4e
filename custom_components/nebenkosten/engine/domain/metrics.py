"""The catalogue of metrics: names, units, meaning, and whether they add up.

The one catalogue: entities, statistics, points, actions, exports and the documentation
take number and unit from here. Free of numpy: sensors ask for units at set-up.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from .answers import Period
from .arrays import Floats
from .meters import AnyMeter
from .quality_score import Quality
from .report import Forecast, MeterReport, known


class Category(StrEnum):
    """What a metric tells of; costs wait for tariffs."""

    CONSUMPTION = "consumption"
    QUALITY = "quality"
    EFFICIENCY = "efficiency"


class Additivity(StrEnum):
    """How the values of days become that of a longer time."""

    SUM = "sum"
    LAST = "last"
    NONE = "none"


class NotAdditiveError(TypeError):
    """An attempt to add up values that mean nothing added up."""


# The unit of what has none.
NUMBER: Final = "1"
_PERIODS: Final = ("day", "week", "month", "year", "billing_year")
_LIFE: Final = ("life",)
_FIRST: Final = "0.1.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric[**P, T: float | None]:
    """A number that is shown; `unit` None stands for the meter's own.

    `grains` are the times it is shown for, `inputs` what it is computed from, `since`
    the version that had it first. `of` computes it; None where it is not known.
    """

    key: str
    category: Category
    formula: str
    of: Callable[P, T]
    unit: str | None = None
    grains: tuple[str, ...] = _PERIODS
    additivity: Additivity = Additivity.NONE
    inputs: tuple[str, ...] = ("readings",)
    since: str

    def unit_of(self, meter: AnyMeter) -> str:
        """Return the unit of a meter's number."""
        return self.unit or meter.unit

    def total(self, values: Iterable[float]) -> float:
        """Return what values of days in a row come to; raises NotAdditiveError."""
        if self.additivity is not Additivity.SUM:
            raise NotAdditiveError(self.key)
        return sum(values)


class Course(Protocol):
    """Days or hours in a row: their use (n,), and the dial (n+1,) at their bounds."""

    @property
    def use(self) -> Floats:
        """Return the use [unit], NaN where it is unknown."""

    @property
    def counter(self) -> Floats:
        """Return what the dial showed [unit], NaN where nobody can say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnMetric(Metric[[MeterReport, Period], float | None]):
    """A metric that is published by days and hours, too, as a `column` of them."""

    column: Callable[[Course], Floats]


def _at_end(values: Floats, report: MeterReport, period: Period) -> float | None:
    """Return which of the values at midnights (n+1,) stands at a period's end."""
    index = (period.end - (report.first_day or period.end)).days
    return known(float(values[index])) if 0 <= index < len(values) else None


def _spread(report: MeterReport, period: Period) -> float | None:
    return _at_end(report.slack, report, period)


def _expected(report: MeterReport, period: Period) -> float | None:
    """Return the usual use of those days that the meter has.

    None as soon as nobody can say of one of them.
    """
    if report.expected is None or report.first_day is None:
        return None
    begin, end = (
        max((day - report.first_day).days, 0) for day in (period.start, period.end)
    )
    days = report.expected[begin:end]
    return known(float(days.sum())) if len(days) else None


def _deviation(report: MeterReport, period: Period) -> float | None:
    used, usual = CONSUMPTION.of(report, period), EXPECTED.of(report, period)
    return None if used is None or usual is None else used - usual


def _per_day(report: MeterReport, period: Period) -> float | None:
    used = CONSUMPTION.of(report, period)
    return None if used is None else used / max(sum(period.days), 1)


def _foretold(forecast: Forecast) -> float:
    return forecast.year.value


def _score(quality: Quality) -> int:
    return quality.score


def _adjusted(report: MeterReport, period: Period) -> float | None:
    return report.adjusted.get(period.start.year)


def _share(number: int, name: str) -> Metric[[MeterReport, Period], float]:
    def share(_: MeterReport, period: Period) -> float:
        return period.shares[number]

    return Metric(
        key=f"{name}_share",
        category=Category.QUALITY,
        formula=f"{name} days / known days",
        of=share,
        unit=NUMBER,
        inputs=("provenance",),
        since=_FIRST,
    )


def _of_quality(
    key: str, formula: str, of: Callable[[Quality], float], unit: str = NUMBER
) -> Metric[[Quality], float]:
    return Metric(
        key=key,
        category=Category.QUALITY,
        formula=formula,
        of=of,
        unit=unit,
        grains=_LIFE,
        since=_FIRST,
    )


CONSUMPTION = ColumnMetric(
    key="consumption",
    category=Category.CONSUMPTION,
    formula="Σ (counter(midnight after) - counter(midnight before))",
    of=lambda _, period: period.value,
    column=lambda course: course.use,
    additivity=Additivity.SUM,
    since=_FIRST,
)
COUNTER = ColumnMetric(
    key="counter",
    category=Category.CONSUMPTION,
    formula="counter(midnight after the last day)",
    of=lambda report, period: _at_end(report.counter, report, period),
    column=lambda course: course.counter,
    grains=("day", "month"),
    additivity=Additivity.LAST,
    since=_FIRST,
)
COUNTER_SPREAD = Metric(
    key="counter_spread",
    category=Category.QUALITY,
    formula="half width of the counter's 80 % band",
    of=_spread,
    grains=("day",),
    additivity=Additivity.LAST,
    since=_FIRST,
)
EXPECTED = Metric(
    key="expected",
    category=Category.CONSUMPTION,
    formula="Σ model(day)",
    of=_expected,
    additivity=Additivity.SUM,
    inputs=("readings", "outdoor temperature"),
    since=_FIRST,
)
DEVIATION = Metric(
    key="deviation",
    category=Category.CONSUMPTION,
    formula="consumption - expected",
    of=_deviation,
    additivity=Additivity.SUM,
    inputs=("consumption", "expected"),
    since=_FIRST,
)
PER_DAY = Metric(
    key="per_day",
    category=Category.EFFICIENCY,
    formula="consumption / days",
    of=_per_day,
    inputs=("consumption",),
    since=_FIRST,
)


FORECAST_YEAR = Metric(
    key="forecast_year",
    category=Category.CONSUMPTION,
    formula="Σ known days + Σ model(days to come)",
    of=_foretold,
    grains=("year",),
    inputs=("consumption", "outdoor temperature"),
    since=_FIRST,
)


ADJUSTED_YEAR = Metric(
    key="adjusted_year",
    category=Category.EFFICIENCY,
    formula="base + heating x mean degree days / the year's",
    of=_adjusted,
    grains=("year",),
    inputs=("consumption", "outdoor temperature"),
    since=_FIRST,
)
MEASURED_SHARE = _share(0, "measured")
INTERPOLATED_SHARE = _share(1, "interpolated")
EXTRAPOLATED_SHARE = _share(2, "extrapolated")
QUALITY = Metric(
    key="quality",
    category=Category.QUALITY,
    formula="100 x (0.5 completeness + 0.2 (1 - extrapolated) + 0.2 freshness"
    " + 0.1 (1 - quarantined / readings))",
    of=_score,
    unit=NUMBER,
    grains=_LIFE,
    inputs=("provenance", "readings"),
    since=_FIRST,
)
COMPLETENESS = _of_quality(
    "completeness",
    "(measured + interpolated days) / days of its life",
    lambda quality: quality.completeness,
)
FRESHNESS = _of_quality(
    "freshness", "clamp(2 - age / limit, 0, 1)", lambda quality: quality.freshness
)
LARGEST_GAP_DAYS = _of_quality(
    "largest_gap_days",
    "longest time between readings",
    lambda quality: quality.largest_gap_days,
    unit="d",
)
METRICS: Final[Mapping[str, Metric[..., float | None]]] = {
    metric.key: metric
    for metric in (
        *(CONSUMPTION, COUNTER, COUNTER_SPREAD, EXPECTED, DEVIATION, PER_DAY),
        *(FORECAST_YEAR, ADJUSTED_YEAR),
        *(MEASURED_SHARE, INTERPOLATED_SHARE, EXTRAPOLATED_SHARE),
        *(QUALITY, COMPLETENESS, FRESHNESS, LARGEST_GAP_DAYS),
    )
}
