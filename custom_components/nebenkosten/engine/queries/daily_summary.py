"""The summary of a day, meter by meter."""

from datetime import date
from zoneinfo import ZoneInfo

from ..domain import metrics
from ..domain.answers import DaySummary
from ..domain.report import MeterReport, Temperature, known
from .day_parts import by_part, quiet_use
from .periods import total


def summary_of(report: MeterReport, day: date, zone: ZoneInfo) -> DaySummary | None:
    """Return a meter's day, None for a day that it does not have."""
    period = total(report, day, day)
    if period is None:
        return None
    hours = report.hours
    return DaySummary(
        consumption=metrics.CONSUMPTION.of(report, period),
        expected=metrics.EXPECTED.of(report, period),
        deviation=metrics.DEVIATION.of(report, period),
        provenance=period.provenance,
        flags=tuple(a.kind for a in report.anomalies if a.start <= day <= a.end),
        parts={} if hours is None else by_part(hours, day, zone),
        quiet=None if hours is None else quiet_use(hours, day, zone),
    )


def mean_of(temperature: Temperature | None, day: date) -> float | None:
    """Return a day's mean outdoor temperature [°C], None if not known."""
    if temperature is None:
        return None
    index = (day - temperature.first_day).days
    if not 0 <= index < len(temperature.means):
        return None
    return known(float(temperature.means[index]))
