"""How do results look to automations: JSON with unrounded numbers and ISO times."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
import math
from zoneinfo import ZoneInfo

from homeassistant.util.json import JsonObjectType, JsonValueType

from ..analysis.alerts import is_acknowledged
from ..engine.domain import metrics
from ..engine.domain.answers import Neighbour, Node, Period, ReadingInterval, State
from ..engine.domain.calendar_periods import PeriodKind
from ..engine.domain.local_days import iso, start_of
from ..engine.domain.meters import Meter
from ..engine.domain.report import Finding, MeterReport
from ..intake.found_readings import FoundReadings, local_time
from ..intake.reading_desk import EnteredReading, ReadingPreview
from ..journal.acknowledgements import Acknowledgement
from ..journal.records import Status, StoredReading
from ..messages.texts import Wording
from ..runs.run import MeterRun, Run


def run_response(run: Run, text: Wording) -> JsonObjectType:
    """Return a run as the action's response."""
    return {
        "run_id": run.run_id,
        "status": run.status.value,
        "started": run.started.isoformat(),
        "duration_s": run.duration,
        "stages_s": dict(run.stages),
        "meters": {key: _meter_run(one, text) for key, one in run.meters.items()},
        "written": {"statistics": run.written, "influxdb": run.points},
        "errors": list(run.errors),
        "attempts": dict(run.attempts),
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


def entered_response(entered: EnteredReading, text: Wording) -> JsonObjectType:
    """Return a reading that was kept, and what it brought."""
    return {
        "reading_id": entered.reading_id,
        "value": entered.value,
        "findings": findings_response(entered.findings, text),
    }


def preview_response(preview: ReadingPreview, text: Wording) -> JsonObjectType:
    """Return what readings would bring."""
    return {
        "value": preview.value,
        "time": preview.at.isoformat(),
        "use": preview.use,
        "days": preview.days,
        "findings": findings_response(preview.findings, text),
    }


def _meter_run(one: MeterRun, text: Wording) -> JsonObjectType:
    return {
        "status": one.status.value,
        "readings": one.readings,
        "days": one.days,
        "first_day": _iso(one.first_day),
        "last_day": _iso(one.last_day),
        "total": one.total,
        **_judgement(one.report, text),
        "findings": findings_response(one.findings, text),
        "changed_days": one.changed_days,
        **_months(one),
    }


def _months(one: MeterRun) -> JsonObjectType:
    """Return what a dry run found; a real one has nothing to compare."""
    if not one.months:
        return {}
    months: JsonObjectType = {
        month: {"old": found.old, "new": found.new}
        for month, found in one.months.items()
    }
    return {"months": months}


def _judgement(report: MeterReport | None, text: Wording) -> JsonObjectType:
    """Return events, quality, forecast and model; none of a meter that failed."""
    if report is None:
        return {"anomalies": []}
    # Loaded by the run; never at set-up.
    from ..engine import api

    return {**api.judgement_json(report, text)}


def anomalies_response(
    reports: Iterable[MeterReport],
    days: tuple[date | None, date | None],
    acknowledged: Callable[[str], Sequence[Acknowledgement]],
    text: Wording,
) -> JsonObjectType:
    """Return the meters' events that touch some days, first to last included; blocks.

    `acknowledged` tells of a meter (by key) on which days somebody knows of one.
    """
    meters: JsonObjectType = {
        report.meter.meter_id: _anomalies(
            report, days, acknowledged(report.meter.key), text
        )
        for report in reports
    }
    return {"meters": meters}


def _anomalies(
    report: MeterReport,
    days: tuple[date | None, date | None],
    acknowledged: Sequence[Acknowledgement],
    text: Wording,
) -> list[JsonValueType]:
    from ..engine import api

    start, end = days
    return [
        {
            **api.anomaly_json(one, text),
            "acknowledged": is_acknowledged(one, acknowledged),
        }
        for one in report.anomalies
        if (end is None or one.start <= end) and (start is None or one.end >= start)
    ]


def state_response(meter: Meter, state: State, zone: ZoneInfo) -> JsonObjectType:
    """Return what a dial showed, between which readings."""
    band = state.counter
    return {
        "unit": metrics.COUNTER.unit_of(meter),
        "value": None if band is None else band.value,
        "low": None if band is None else band.low,
        "high": None if band is None else band.high,
        "provenance": state.provenance.name.lower(),
        "before": _neighbour(state.before, zone),
        "after": _neighbour(state.after, zone),
        "register": state.register,
        "serial_number": meter.serial_number,
    }


def explain_response(node: Node, how: Callable[[Node], str]) -> JsonObjectType:
    """Return a number and what it is made of, with a sentence for each step."""
    inputs: list[JsonValueType] = [explain_response(one, how) for one in node.inputs]
    return {
        "what": node.what,
        "value": node.value,
        "unit": node.unit,
        "how": how(node),
        "op": node.op,
        "inputs": inputs,
        "reading_ids": list(node.reading_ids),
    }


def intervals_response(
    found: Mapping[Meter, Sequence[ReadingInterval]],
    bounds: tuple[float | None, float | None],
    zone: ZoneInfo,
) -> JsonObjectType:
    """Return what was used between the readings around some instants [epoch s]."""
    low, high = bounds
    meters: JsonObjectType = {
        meter.meter_id: {
            "unit": metrics.CONSUMPTION.unit_of(meter),
            "intervals": [
                _interval(one, zone)
                for one in intervals
                if (high is None or one.start < high) and (low is None or one.end > low)
            ],
        }
        for meter, intervals in found.items()
    }
    return {"meters": meters}


def _interval(interval: ReadingInterval, zone: ZoneInfo) -> JsonObjectType:
    """Return the use between two readings, and per day."""
    days = (interval.end - interval.start) / 86400
    return {
        "start": iso(interval.start, zone),
        "end": iso(interval.end, zone),
        "value": interval.use,
        "days": days,
        "per_day": interval.use / days if days and interval.use is not None else None,
        "degree_days": interval.g20_15,
        "reading_ids": list(interval.reading_ids),
    }


def _neighbour(reading: Neighbour | None, zone: ZoneInfo) -> JsonValueType:
    if reading is None:
        return None
    return {
        "reading_id": reading.reading_id,
        "time": iso(reading.instant, zone),
        "value": reading.value,
    }


def readings_response(
    meter: Meter,
    found: FoundReadings,
    page: Iterable[StoredReading],
    zone: ZoneInfo,
    names: Mapping[str | None, str | None],
) -> JsonObjectType:
    """Return a page of a meter's readings; thousands: not in the event loop.

    `names` are those of users, by id.
    """
    return {
        "unit": meter.unit,
        "readings": [
            _reading(one, found.status(one), zone, names.get(one.user)) for one in page
        ],
    }


def _reading(
    reading: StoredReading,
    status: Status,
    zone: ZoneInfo,
    user: str | None,
) -> JsonObjectType:
    """Return a reading with what became of it, and the name of who said so."""
    at = local_time(reading.instant, zone)
    return {
        "id": reading.reading_id,
        "time": None if at is None else at.isoformat(),
        "value": reading.value if math.isfinite(reading.value) else None,
        "unit": reading.unit,
        "kind": reading.kind.value,
        "source": reading.source,
        "sources": [reading.source, *reading.witnesses],
        "note": next(iter(reading.notes), None),
        "notes": [*reading.notes],
        "user": user,
        "status": status.value,
    }


def consumption_response(
    reports: Iterable[MeterReport],
    kind: PeriodKind,
    days: tuple[date | None, date | None],
    zone: ZoneInfo,
    year_start: tuple[int, int],
) -> JsonObjectType:
    """Return the meters' periods of a kind; thousands of them: not in the event loop.

    `year_start` is the (month, day) of the billing year where a meter has none.
    """
    # Loaded by the analysis; never at set-up.
    from ..engine import api

    meters: JsonObjectType = {
        report.meter.meter_id: {
            "unit": metrics.CONSUMPTION.unit_of(report.meter),
            "rows": [
                _period(report, one, zone)
                for one in api.periods(
                    report, kind, *days, report.meter.billing_year_start or year_start
                )
            ],
        }
        for report in reports
    }
    return {"meters": meters}


def _period(report: MeterReport, period: Period, zone: ZoneInfo) -> JsonObjectType:
    """Return a period, the dial at its end and the shares of its known days."""
    from ..engine import api

    before = api.last_year(report, period)
    return {
        "start": start_of(period.start, zone).isoformat(),
        "end": start_of(period.end, zone).isoformat(),
        "value": metrics.CONSUMPTION.of(report, period),
        "measured": metrics.MEASURED_SHARE.of(report, period),
        "interpolated": metrics.INTERPOLATED_SHARE.of(report, period),
        "extrapolated": metrics.EXTRAPOLATED_SHARE.of(report, period),
        "known": period.known,
        "known_days": period.known_days,
        "days": sum(period.days),
        "counter": metrics.COUNTER.of(report, period),
        "last_year": None if before is None else metrics.CONSUMPTION.of(report, before),
    }


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
