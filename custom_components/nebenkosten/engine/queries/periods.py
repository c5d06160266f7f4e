"""Use by days, months and years, with its provenance."""

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np

from ..domain import calendar_periods
from ..domain.answers import Period
from ..domain.arrays import Floats
from ..domain.calendar_periods import PeriodKind
from ..domain.report import Hours, MeterReport, Provenance, Rows


def periods(
    report: MeterReport,
    kind: PeriodKind,
    first: date | None = None,
    last: date | None = None,
    year_start: tuple[int, int] = (1, 1),
) -> Iterator[Period]:
    """Yield the periods of a meter's days, cut to first..last (both included)."""
    if report.first_day is None or report.last_day is None:
        return
    first = max(filter(None, (first, report.first_day)))
    last = min(filter(None, (last, report.last_day)))
    start = calendar_periods.period_start(first, kind, year_start)
    while start <= last:
        end = calendar_periods.next_period(start, kind)
        inside = max(start, first), min(end, last + timedelta(days=1))
        yield _period(report, start, end, inside)
        start = end


def total(report: MeterReport, first: date | None, last: date | None) -> Period | None:
    """Return the meter's days first..last (both included) as one period."""
    if report.first_day is None or report.last_day is None:
        return None
    first = max(filter(None, (first, report.first_day)))
    end = min(filter(None, (last, report.last_day))) + timedelta(days=1)
    return _period(report, first, end, (first, end)) if first < end else None


def last_year(report: MeterReport, period: Period) -> Period | None:
    """Return the same days a year earlier; of a running period those that are over.

    None where the meter has no such days. 29 February is compared with the 28th.
    """
    if report.first_day is None or report.last_day is None:
        return None
    start = max(period.start, report.first_day)
    end = min(period.end, report.last_day + timedelta(days=1))
    first, last = _year_before(start), _year_before(end - timedelta(days=1))
    if first < report.first_day or last > report.last_day:
        return None
    return total(report, first, last)


def _year_before(day: date) -> date:
    leap = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year - 1, day=28 if leap else day.day)


def _period(
    report: MeterReport, start: date, end: date, inside: tuple[date, date]
) -> Period:
    origin = report.first_day or start
    days = slice((inside[0] - origin).days, (inside[1] - origin).days)
    use = report.use[days]
    counts = np.bincount(report.provenance[days], minlength=4)
    known = float(np.nansum(use))
    return Period(
        start,
        end,
        None if counts[Provenance.UNKNOWN] else known,
        known,
        (int(counts[0]), int(counts[1]), int(counts[2]), int(counts[3])),
    )


def counter_at(report: MeterReport, day: date) -> float | None:
    """Return what the dial showed at the midnight that begins a day, if known."""
    index = (day - (report.first_day or day)).days
    if not 0 <= index < len(report.counter) or np.isnan(report.counter[index]):
        return None
    return float(report.counter[index])


def published_rows(report: MeterReport) -> Rows:
    """Return a row per known day, by the hour from where hours are wanted.

    A row begins with its day or hour; its sum is the use up to its end.
    """
    starts, use, shown = report.midnights[:-1], report.use, report.counter[1:]
    if report.hours is not None:
        cut = np.searchsorted(starts, report.hours.edges[0])
        hours = _of_known_days(report, report.hours)
        starts = np.concatenate((starts[:cut], report.hours.edges[:-1]))
        use = np.concatenate((use[:cut], hours))
        shown = np.concatenate((shown[:cut], report.hours.counter[1:]))
    known = ~np.isnan(use)
    return Rows(starts[known], np.cumsum(use[known]), shown[known])


def _of_known_days(report: MeterReport, hours: Hours) -> Floats:
    """Return the hours' use without those of days that are unknown as a whole."""
    if not len(report.use):
        return hours.use
    day = np.searchsorted(report.midnights, hours.edges[:-1], "right") - 1
    inside = day < len(report.use)
    lost = np.isnan(report.use[np.where(inside, day, 0)])
    return np.where(inside & lost, np.nan, hours.use)
