"""The record of what a run did with one meter."""

from datetime import datetime
from zoneinfo import ZoneInfo

from ..analysis.analyse import Analysis
from ..engine.queries import metrics
from .publishing import Done
from .run import MeterRun, Request, RunStatus


def of_meter(
    result: Analysis,
    request: Request,
    status: RunStatus,
    collected: int,
    done: Done,
    time_zone: str,
) -> MeterRun:
    """Return the part of a run's record that is one meter's."""
    # Loaded by the analysis; never at set-up.
    from ..engine.queries.periods import total

    report, zone = result.report, ZoneInfo(time_zone)
    period = total(report, request.start, request.end)
    changed = {datetime.fromtimestamp(c, zone).date() for c in done.outcome.changed}
    return MeterRun(
        status=status,
        readings=report.readings,
        collected=collected,
        days=sum(period.days) if period else 0,
        first_day=report.first_day,
        last_day=report.last_day,
        total=metrics.CONSUMPTION.of(report, period) if period else None,
        findings=report.findings,
        report=report,
        changed_days=len(changed),
        months=done.months,
    )
