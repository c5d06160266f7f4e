"""A report as JSON, for the demo, bug reports and benchmarks."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

from ..domain import local_days, metrics
from ..domain.answers import Period
from ..domain.calendar_periods import PeriodKind
from ..domain.quality_score import Quality
from ..domain.report import Anomaly, Band, Finding, MeterReport, Provenance, Report
from .periods import periods

type Json = str | int | float | bool | list[Json] | dict[str, Json] | None

_ONE_DAY = timedelta(days=1)
_LABELS = [p.name.lower() for p in Provenance]
_LENGTH: Final = {"month": 7, "year": 4}
_KINDS: Final[tuple[PeriodKind, ...]] = ("month", "year")


def meters_json(report: Report, text: Callable[[Finding], str]) -> dict[str, Json]:
    """Return the contract's `meters` of a report; `text` words its findings."""
    return {
        found.meter.meter_id: _meter_json(found, text)
        for found in report.meters.values()
    }


def run_json(
    report: Report, run_id: str, duration: float, stages: dict[str, float]
) -> dict[str, Json]:
    """Return the contract's `run` of a report; durations [s] by the wall's clock."""
    return {
        "id": run_id,
        "status": "ok",
        "as_of": local_days.iso(report.as_of, ZoneInfo(report.time_zone)),
        "time_zone": report.time_zone,
        "duration_s": duration,
        "stages_s": dict(stages),
    }


def _meter_json(found: MeterReport, text: Callable[[Finding], str]) -> Json:
    return {
        "kind": found.meter.kind,
        "medium": found.meter.medium.value,
        "unit": metrics.CONSUMPTION.unit_of(found.meter),
        "first_day": _day(found.first_day),
        "last_day": _day(found.last_day),
        "readings": found.readings,
        "daily": _daily(found),
        "monthly": _sums(found, "month"),
        "yearly": _sums(found, "year"),
        "partial": {
            name: {
                "known": period.known,
                "days": period.known_days,
                "of": sum(period.days),
            }
            for name, period in _months_and_years(found)
            if metrics.CONSUMPTION.of(found, period) is None
        },
        "estimated": {
            name: 1 - measured
            for name, period in _months_and_years(found)
            if period.known_days
            and (measured := metrics.MEASURED_SHARE.of(found, period)) < 1
        },
        "counter": _counter(found),
        **judgement_json(found, text),
        "findings": [finding_json(finding, text) for finding in found.findings],
    }


def judgement_json(
    found: MeterReport, text: Callable[[Finding], str]
) -> dict[str, Json]:
    """Return what is made of a meter's days: events, quality, forecast and model."""
    return {
        "anomalies": [anomaly_json(anomaly, text) for anomaly in found.anomalies],
        "forecast": None
        if found.forecast is None
        else {
            "month": _band(found.forecast.month),
            "year": _band(found.forecast.year),
        },
        "adjusted_yearly": {str(year): use for year, use in found.adjusted.items()},
        "adjusted_reference": [str(year) for year in found.adjusted],
        "model": None
        if found.model is None
        else {
            "shape": found.model.shape,
            "fit": found.model.fit,
            "model_date": _day(found.model.model_date),
            "provisional": found.model.model_date is None,
        },
        "quality": None if found.quality is None else _quality(found.quality),
    }


def anomaly_json(anomaly: Anomaly, text: Callable[[Finding], str]) -> dict[str, Json]:
    """Return an event with its sentence."""
    return {
        "id": anomaly.anomaly_id,
        "start": anomaly.start.isoformat(),
        "end": anomaly.end.isoformat(),
        "kind": anomaly.kind,
        "actual": anomaly.actual,
        "expected": anomaly.expected,
        "score": anomaly.score,
        "reason": text(anomaly.reason),
    }


def _band(band: Band) -> dict[str, Json]:
    return {"value": band.value, "low": band.low, "high": band.high}


def _quality(quality: Quality) -> dict[str, Json]:
    return {
        "score": metrics.QUALITY.of(quality),
        "estimated": quality.is_estimated,
        "completeness": metrics.COMPLETENESS.of(quality),
        "largest_gap_days": metrics.LARGEST_GAP_DAYS.of(quality),
        "freshness": metrics.FRESHNESS.of(quality),
        "measured_share": quality.measured_share,
        "interpolated_share": quality.interpolated_share,
        "extrapolated_share": quality.extrapolated_share,
        "quarantined": quality.quarantined,
    }


def finding_json(finding: Finding, text: Callable[[Finding], str]) -> dict[str, Json]:
    """Return a finding with its sentence."""
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "day": _day(finding.day),
        "text": text(finding),
    }


def _daily(found: MeterReport) -> list[Json]:
    return [
        [
            period.start.isoformat(),
            metrics.CONSUMPTION.of(found, period),
            _LABELS[int(found.provenance[i])],
        ]
        for i, period in enumerate(periods(found, "day"))
    ]


def _sums(found: MeterReport, kind: PeriodKind) -> dict[str, Json]:
    return {
        period.start.isoformat()[: _LENGTH[kind]]: metrics.CONSUMPTION.of(found, period)
        for period in periods(found, kind)
    }


def _months_and_years(found: MeterReport) -> Iterator[tuple[str, Period]]:
    """Yield a meter's months and years with their names."""
    for kind in _KINDS:
        for period in periods(found, kind):
            yield period.start.isoformat()[: _LENGTH[kind]], period


def _counter(found: MeterReport) -> dict[str, Json]:
    """Return the dial at the end of each month that the meter's days reach."""
    return {
        period.start.isoformat()[:7]: metrics.COUNTER.of(found, period)
        for period in periods(found, "month")
        if found.last_day is not None and period.end <= found.last_day + _ONE_DAY
    }


def _day(day: object) -> str | None:
    return None if day is None else str(day)
