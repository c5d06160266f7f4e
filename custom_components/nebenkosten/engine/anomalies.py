"""Which events does a house have, meter by meter?"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np

from . import calendar, events, outdoors, seasonality, sparse, units, watch
from .detectors import continuous_flow
from .events import Evidence
from .formula import over
from .intervals import Intervals, in_days
from .meter import AnyMeter, Medium, Meter, Virtual
from .model import Anomaly, Context, Finding, MeterReport, Provenance, Severity

if TYPE_CHECKING:
    from .line import Line
    from .model import Floats

# On water, and on gas and heat in warm weather, no use is at first no more than news.
_NEWS_DAYS: Final = 21
_HEATING_LIMIT: Final = 15.0
_WARM_MONTHS: Final = (5, 6, 7, 8, 9)
_DAILY: Final = 60
_HOURLY: Final = 3600.0
_SHORT: Final = 1.5
_PARENT_DAYS: Final = 28
_PARENT_SHARE: Final = 0.5


def with_anomalies(
    reports: Mapping[str, MeterReport], lines: Mapping[str, Line], context: Context
) -> dict[str, MeterReport]:
    """Return the reports with expectation and events."""
    judged = dict(reports)
    for key, evidence in _daily(reports, lines, context):
        found = list(events.events(evidence))
        kept, news = _news(evidence, found, reports, context)
        report = judged[key]
        judged[key] = replace(
            report,
            expected=evidence.expected,
            anomalies=tuple(kept),
            findings=(*report.findings, *news),
        )
    for key, line in lines.items():
        report = judged[key]
        # A master's readings are its sources', which speak for themselves.
        if not isinstance(report.meter, Meter) or not len(report.use):
            continue
        intervals = _sparse_intervals(report, line)
        if intervals is not None:
            by_interval = tuple(_of_intervals(report, intervals, context))
            both = (*report.anomalies, *by_interval)
            judged[key] = replace(report, anomalies=tuple(sorted(both, key=_start)))
    return judged


def _start(anomaly: Anomaly) -> date:
    return anomaly.start


# --- days ------------------------------------------------------------------------


def _daily(
    reports: Mapping[str, MeterReport], lines: Mapping[str, Line], context: Context
) -> Iterable[tuple[str, Evidence]]:
    """Yield what the days of meters with measured days tell, all judged at once."""
    chosen = [key for key, report in reports.items() if _is_daily(report)]
    if not chosen:
        return
    first = min(_first(reports[key]) for key in chosen)
    count = max((_first(reports[k]) - first).days + len(reports[k].use) for k in chosen)
    values = np.full((len(chosen), count), np.nan)
    for row, key in enumerate(chosen):
        report = reports[key]
        start = (_first(report) - first).days
        measured = report.provenance == Provenance.MEASURED
        values[row, start : start + len(report.use)] = np.where(
            measured, report.use, np.nan
        )
    verdicts = watch.judge(
        values,
        first.weekday(),
        outdoors.so_far(context.temperature, first, count),
        [reports[key].meter.sensitivity for key in chosen],
        context.detectors,
    )
    for row, key in enumerate(chosen):
        report = reports[key]
        start = (_first(report) - first).days
        days = slice(start, start + len(report.use))
        evidence = Evidence(
            report.meter,
            _first(report),
            report.use,
            verdicts.expected[row, days],
            verdicts.spread[row, days],
            {
                name: odd[row, days] & ~np.isnan(verdicts.expected[row, days])
                for name, odd in verdicts.by_detector.items()
            },
        )
        yield key, _with_flow(evidence, report, lines.get(key))


def _first(report: MeterReport) -> date:
    return report.first_day or date.min


def _is_daily(report: MeterReport) -> bool:
    """Return whether enough days were measured to know what is usual.

    Days between two equal readings are measured too: alone they prove nothing.
    """
    measured = int((report.provenance == Provenance.MEASURED).sum())
    return measured >= max(_DAILY, len(report.use) / 2)


def _with_flow(evidence: Evidence, report: MeterReport, line: Line | None) -> Evidence:
    """Add the rule for water that runs day and night, where hours are known."""
    meter = evidence.meter
    if meter.medium is not Medium.WATER or line is None or not _by_the_hour(line):
        return evidence
    edges = calendar.hour_edges(report.midnights)
    known = line.known(edges)
    hours = np.where(known[1:] & known[:-1], line.use(edges), np.nan)
    day = np.searchsorted(report.midnights, edges[:-1], "right") - 1
    litres = hours * units.factor(meter.unit, "L")
    flow = continuous_flow.judge(litres, day, len(report.use), meter.sensitivity.value)
    return replace(
        evidence,
        rules={**evidence.rules, "continuous_flow": flow.odd},
        surplus_flow=flow.least - flow.usual,
    )


def _by_the_hour(line: Line) -> bool:
    """Return whether the meter is read, on average, at least every hour."""
    read = [c.register.times for c in line.courses if len(c.register.times) > 1]
    count = sum(len(times) - 1 for times in read)
    length = sum(float(times[-1] - times[0]) for times in read)
    return count > 0 and length / count <= _HOURLY


# --- no use is news first --------------------------------------------------------


def _news(
    evidence: Evidence,
    found: list[Anomaly],
    reports: Mapping[str, MeterReport],
    context: Context,
) -> tuple[list[Anomaly], list[Finding]]:
    """Return the events, and news in place of those too young to be one."""
    kept, news = [], []
    for event in found:
        days = (event.end - event.start).days + 1
        young = event.kind == "stuck" and days < _NEWS_DAYS
        if (
            not young
            or not _may_rest(evidence.meter, event, context)
            or _missed_by_parent(evidence, event, reports)
        ):
            kept.append(event)
        elif event.is_open:
            news.append(
                Finding(
                    code="no_use",
                    severity=Severity.INFO,
                    meter_id=event.meter_id,
                    day=event.start,
                    data={"since": event.start, "days": days},
                )
            )
    return kept, news


def _may_rest(meter: AnyMeter, event: Anomaly, context: Context) -> bool:
    """Return whether people may simply use nothing of this for a while."""
    if meter.medium is Medium.WATER:
        return True
    if meter.medium not in (Medium.GAS, Medium.HEAT):
        return False
    days = (event.end - event.start).days + 1
    outside = outdoors.so_far(context.temperature, event.start, days)
    if outside is None or np.isnan(outside).all():
        return event.start.month in _WARM_MONTHS
    return float(np.nanmean(outside)) > _HEATING_LIMIT


def _missed_by_parent(
    evidence: Evidence, event: Anomaly, reports: Mapping[str, MeterReport]
) -> bool:
    """Return whether the meter above still counts what this one no longer does."""
    parent = reports.get((evidence.meter.part_of or "").lower())
    if parent is None or parent.first_day is None:
        return False
    parts = [
        report
        for report in reports.values()
        if (report.meter.part_of or "").lower() == parent.meter.key
        and not isinstance(report.meter, Virtual)
    ]
    days = (event.end - event.start).days + 1
    now = _uncounted(parent, parts, event.start, days)
    before_start = event.start - timedelta(days=_PARENT_DAYS)
    before = _uncounted(parent, parts, before_start, _PARENT_DAYS)
    return now - before >= _PARENT_SHARE * event.expected / days


def _uncounted(
    parent: MeterReport, parts: list[MeterReport], first: date, days: int
) -> float:
    """Return what the parent counts beyond its parts, per day; NaN if not known."""
    rest = over(parent, parent.use, first, days)
    for part in parts:
        rest = rest - over(part, part.use, first, days)
    return float(np.mean(rest))


# --- intervals -------------------------------------------------------------------


def _sparse_intervals(report: MeterReport, line: Line) -> Intervals | None:
    """Return the intervals between readings whose days were not measured."""
    starts, ends, rises = [], [], []
    for course in line.courses:
        register = course.register
        times = register.times
        if len(times) < 2 or float(times[-1] - times[0]) / (len(times) - 1) < 43200.0:
            continue
        at = in_days(times, report.midnights)
        rise = np.diff(register.values)
        fine = rise >= 0
        for fall in register.falls.tolist():
            fine[fall] = False
        days = np.clip(((at[:-1] + at[1:]) / 2).astype(int), 0, len(report.use) - 1)
        # Days between equal readings are known, and still say nothing by themselves.
        still = (rise == 0) & (np.diff(at) > _SHORT) & (not _is_daily(report))
        fine &= (report.provenance[days] != Provenance.MEASURED) | still
        fine &= (at[:-1] >= 0) & (at[1:] <= len(report.use)) & (np.diff(at) > 0.5)
        starts.append(at[:-1][fine])
        ends.append(at[1:][fine])
        rises.append(rise[fine])
    if not starts:
        return None
    order = np.argsort(np.concatenate(ends))
    columns = (np.concatenate(column)[order] for column in (starts, ends, rises))
    return Intervals(*columns)


def _of_intervals(
    report: MeterReport, intervals: Intervals, context: Context
) -> Iterable[Anomaly]:
    """Yield an event for each odd interval, over the days that it covers."""
    first, count = _first(report), len(report.use)
    shares = seasonality.shares_of(report.meter)
    profile: Floats = np.ones(count)
    if shares is not None:
        profile = seasonality.day_weights(shares, first, count)
    found = sparse.odd_intervals(
        intervals,
        profile,
        outdoors.so_far(context.temperature, first, count, whole=True),
        seasonality.months(first, count),
        report.meter.sensitivity,
        heats=report.meter.medium in (Medium.GAS, Medium.HEAT),
    )
    for odd in found:
        start = int(np.floor(intervals.starts[odd.index] + 1e-9))
        end = max(start, int(np.ceil(intervals.ends[odd.index] - 1e-9)) - 1)
        actual = float(intervals.rise[odd.index])
        day = first + timedelta(days=start)
        yield Anomaly(
            meter_id=report.meter.meter_id,
            kind=odd.kind,
            start=day,
            end=first + timedelta(days=end),
            actual=actual,
            expected=odd.expected,
            score=(actual - odd.expected) / max(odd.spread, 1e-12),
            reason=events.reason(
                report.meter,
                odd.kind,
                day,
                {
                    "days": end - start + 1,
                    "actual": events.rounded(actual),
                    "expected": events.rounded(odd.expected),
                },
            ),
        )
