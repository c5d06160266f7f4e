"""The summary of a day, meter by meter."""

from datetime import date
from zoneinfo import ZoneInfo

from ..domain.answers import DaySummary
from ..domain.report import MeterReport, Provenance, Temperature, known
from . import metrics
from .day_parts import by_part, quiet_use


def summary_of(report: MeterReport, day: date, zone: ZoneInfo) -> DaySummary | None:
    """Return a meter's day, None for a day that it does not have."""
    if report.first_day is None or report.last_day is None:
        return None
    if not report.first_day <= day <= report.last_day:
        return None
    index = (day - report.first_day).days
    hours = report.hours
    return DaySummary(
        consumption=metrics.consumption(report, day, day),
        expected=metrics.expected(report, day, day),
        deviation=metrics.deviation(report, day, day),
        provenance=Provenance(int(report.provenance[index])),
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
