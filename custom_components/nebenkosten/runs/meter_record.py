"""The record of what a run did with one meter."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from ..analysis.analyse import Analysis
from ..engine.domain import metrics
from .publishing import Done
from .run import MeterRun, Request, RunStatus


@dataclass(frozen=True, slots=True)
class Gathering:
    """How a meter fared until it was computed, and what its sources gave."""

    status: RunStatus
    records: int


def of_meter(
    result: Analysis,
    request: Request,
    gathered: Gathering,
    done: Done,
    zone: ZoneInfo,
) -> MeterRun:
    """Return the part of a run's record that is one meter's."""
    # Loaded by the analysis; never at set-up.
    from ..engine import api

    report = result.report
    period = api.total(report, request.start, request.end)
    changed = {datetime.fromtimestamp(c, zone).date() for c in done.outcome.changed}
    return MeterRun(
        status=gathered.status,
        readings=report.readings,
        collected=gathered.records,
        days=sum(period.days) if period else 0,
        first_day=report.first_day,
        last_day=report.last_day,
        total=metrics.CONSUMPTION.of(report, period) if period else None,
        findings=report.findings,
        report=report,
        changed_days=len(changed),
        months=done.months,
    )
