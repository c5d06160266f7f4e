"""The snapshot that entities show of a meter."""

from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from ..domain import calendar_periods, local_days, metrics
from ..domain.answers import Period
from ..domain.calendar_periods import PeriodKind
from ..domain.report import MeterReport, PeriodValue, Provenance, Snapshot
from .periods import periods, total


def snapshot(report: MeterReport, as_of: float, zone: ZoneInfo) -> Snapshot:
    """Return yesterday, month, previous month and year as seen at `as_of`."""
    today = local_days.local_day(as_of, zone)
    month = today.replace(day=1)
    at, reading = report.last_reading or (None, None)
    shown = Snapshot(
        seen_on=today,
        reading_at=at,
        reading=reading,
        yesterday=_value(report, "day", today - timedelta(days=1)),
        month=_value(report, "month", month),
        previous_month=_value(
            report,
            "month",
            calendar_periods.period_start(month - timedelta(days=1), "month", (1, 1)),
        ),
        year=_value(report, "year", today.replace(month=1, day=1)),
        forecast=report.forecast,
        quality=report.quality,
    )
    return _with_counter(shown, report)


def _with_counter(shown: Snapshot, report: MeterReport) -> Snapshot:
    life = total(report, None, None)
    counter = None if life is None else metrics.COUNTER.of(report, life)
    if counter is None:
        return shown
    return replace(
        shown,
        counter=counter,
        counter_at=float(report.midnights[-1]),
        counter_provenance=Provenance(int(report.provenance[-1])),
    )


def _value(report: MeterReport, kind: PeriodKind, start: date) -> PeriodValue | None:
    end = calendar_periods.next_period(start, kind) - timedelta(days=1)
    found = list(periods(report, kind, start, end))
    return _plain(report, found[0]) if found else None


def _plain(report: MeterReport, period: Period) -> PeriodValue:
    """Return a period as plain data."""
    return PeriodValue(
        start=period.start,
        end=period.end,
        value=metrics.CONSUMPTION.of(report, period),
        expected=metrics.EXPECTED.of(report, period),
        measured=metrics.MEASURED_SHARE.of(report, period),
        interpolated=metrics.INTERPOLATED_SHARE.of(report, period),
        extrapolated=metrics.EXTRAPOLATED_SHARE.of(report, period),
    )
