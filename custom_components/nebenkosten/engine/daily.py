"""What was a day like, meter by meter?"""

from dataclasses import dataclass
from datetime import date

from .model import MeterReport, Provenance, Temperature, known

# VDI 3807: heating degrees up to 20 °C indoors on days colder than 15 °C outside.
_INDOORS = 20.0
_LIMIT = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DaySummary:
    """One meter's day: use and usual use [unit], and the kinds of events on it."""

    consumption: float | None
    expected: float | None
    provenance: Provenance
    flags: tuple[str, ...]

    @property
    def deviation(self) -> float | None:
        """Return the use beyond the usual [unit]."""
        if self.consumption is None or self.expected is None:
            return None
        return self.consumption - self.expected


def summary_of(report: MeterReport, day: date) -> DaySummary | None:
    """Return a meter's day, None for a day that it does not have."""
    if report.first_day is None or report.last_day is None:
        return None
    if not report.first_day <= day <= report.last_day:
        return None
    index = (day - report.first_day).days
    expected = None if report.expected is None else float(report.expected[index])
    return DaySummary(
        consumption=known(float(report.use[index])),
        expected=None if expected is None else known(expected),
        provenance=Provenance(int(report.provenance[index])),
        flags=tuple(a.kind for a in report.anomalies if a.start <= day <= a.end),
    )


def degree_days(temperature: Temperature | None, day: date) -> float | None:
    """Return a day's heating degrees [K d] (VDI 3807 G20/15), None if not known."""
    if temperature is None:
        return None
    index = (day - temperature.first_day).days
    if not 0 <= index < len(temperature.means):
        return None
    mean = known(float(temperature.means[index]))
    if mean is None:
        return None
    return _INDOORS - mean if mean < _LIMIT else 0.0
