"""How do results look to automations: JSON with unrounded numbers and ISO times."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from homeassistant.util.json import JsonObjectType, JsonValueType

from .coordinator.run import MeterRun, Run
from .engine.days import iso, start_of
from .engine.model import Finding, MeterReport
from .journal.records import Status, StoredReading

if TYPE_CHECKING:
    from .engine.consumption import Period

type Wording = Callable[[Finding], str]


def run_response(run: Run, text: Wording) -> JsonObjectType:
    """Return a run as the action's response."""
    return {
        "run_id": run.run_id,
        "status": run.status.value,
        "started": run.started.isoformat(),
        "duration_s": run.duration,
        "stages_s": dict(run.stages),
        "meters": {key: _meter_run(one, text) for key, one in run.meters.items()},
        "written": {"statistics": run.written, "influxdb": 0},
        "errors": list(run.errors),
    }


def findings_response(
    findings: Iterable[Finding], text: Wording
) -> list[JsonValueType]:
    """Return findings with their sentences."""
    return [
        {
            "code": finding.code,
            "severity": finding.severity.value,
            "day": _iso(finding.day),
            "text": text(finding),
        }
        for finding in findings
    ]


def _meter_run(one: MeterRun, text: Wording) -> JsonObjectType:
    return {
        "status": one.status.value,
        "readings": one.readings,
        "days": one.days,
        "first_day": _iso(one.first_day),
        "last_day": _iso(one.last_day),
        "total": one.total,
        "anomalies": [],
        "findings": findings_response(one.findings, text),
        "changed_days": one.changed_days,
    }


def reading_response(
    reading: StoredReading, report: MeterReport, zone: ZoneInfo
) -> JsonObjectType:
    """Return a reading with what became of it."""
    return {
        "id": reading.reading_id,
        "time": iso(reading.instant, zone),
        "value": reading.value,
        "unit": reading.unit,
        "kind": reading.kind.value,
        "source": reading.source,
        "note": reading.note,
        "status": _status(reading, report).value,
    }


def _status(reading: StoredReading, report: MeterReport) -> Status:
    if reading.deleted:
        return Status.DELETED
    if reading.superseded or reading.reading_id in report.superseded:
        return Status.SUPERSEDED
    if reading.reading_id in report.quarantined:
        return Status.QUARANTINED
    return Status.USED


def consumption_rows(
    found: Iterable[tuple[Period, float | None]], zone: ZoneInfo
) -> list[JsonValueType]:
    """Return periods with the dial at their end and the shares of their known days."""
    rows: list[JsonValueType] = []
    for period, counter in found:
        measured, interpolated, extrapolated = period.shares
        rows.append(
            {
                "start": start_of(period.start, zone).isoformat(),
                "end": start_of(period.end, zone).isoformat(),
                "value": period.value,
                "measured": measured,
                "interpolated": interpolated,
                "extrapolated": extrapolated,
                "known": period.known,
                "known_days": period.known_days,
                "days": sum(period.days),
                "counter": counter,
            }
        )
    return rows


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
