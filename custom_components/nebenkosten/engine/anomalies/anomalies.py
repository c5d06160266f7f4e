"""The anomalies of a house, meter by meter."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

import numpy as np

from ..domain import calendar_edges, units
from ..domain.arrays import Bools, Floats
from ..domain.meters import AnyMeter, Medium, Meter, Virtual
from ..domain.report import (
    Anomaly,
    Consumption,
    Context,
    Finding,
    Judged,
    Provenance,
    Severity,
)
from ..load_model import outdoor_temperature, seasonal_profiles
from ..load_model.training_intervals import Intervals, in_days
from ..meter_kinds.interface import Computed
from ..meter_kinds.operand_days import over
from ..reconstruction import uncertainty
from ..reconstruction.meter_line import Line
from . import daily_detection, events, interval_detection
from .baseline import LEARNED
from .detectors import continuous_flow
from .events import Evidence

# On water, and on gas and heat in warm weather, no use is at first no more than news.
_NEWS_DAYS: Final = 21
_NEWS: Final = 7
_HEATING_LIMIT: Final = 15.0
_WARM_MONTHS: Final = (5, 6, 7, 8, 9)
_DAILY: Final = LEARNED + 1
_NEAR: Final = 60.0
# Shorter intervals [s] are no evidence by themselves, nor is rest for a day.
_INTERVAL: Final = 43200.0
_SHORT: Final = 1.5
_PARENT_DAYS: Final = 28
_PARENT_SHARE: Final = 0.5


def judge(computed: Mapping[str, Computed], context: Context) -> dict[str, Judged]:
    """Return the meters' consumption beside what was expected, with its anomalies."""
    meters = {key: one.consumption for key, one in computed.items()}
    daily = dict(_daily(computed, context))
    return {
        key: _judged(one, daily.get(key), meters, context)
        for key, one in computed.items()
    }


def _judged(
    one: Computed,
    evidence: Evidence | None,
    meters: Mapping[str, Consumption],
    context: Context,
) -> Judged:
    """Return one meter judged by its days, where measured, and by its intervals."""
    of_days: list[Anomaly] = []
    news: list[Finding] = []
    if evidence is not None:
        of_days, news = _news(evidence, list(events.events(evidence)), meters, context)
    found = (*of_days, *_of_intervals(one, context))
    return Judged(
        consumption=one.consumption,
        expected=None if evidence is None else evidence.expected,
        anomalies=tuple(sorted(found, key=lambda anomaly: anomaly.start)),
        findings=tuple(news),
    )


# --- days ------------------------------------------------------------------------


def _daily(
    computed: Mapping[str, Computed], context: Context
) -> Iterable[tuple[str, Evidence]]:
    """Yield what the days of meters with measured days tell, all judged at once."""
    reports = {key: one.consumption for key, one in computed.items()}
    days = {key: _evidence(one) for key, one in computed.items()}
    chosen = [key for key, known in days.items() if int(known.sum()) >= _DAILY]
    if not chosen:
        return
    first = min(_first(reports[key]) for key in chosen)
    count = max((_first(reports[k]) - first).days + len(reports[k].use) for k in chosen)
    values = np.full((len(chosen), count), np.nan)
    for row, key in enumerate(chosen):
        report = reports[key]
        start = (_first(report) - first).days
        place = slice(start, start + len(report.use))
        values[row, place] = np.where(days[key], report.use, np.nan)
    verdicts = daily_detection.judge(
        values,
        first.weekday(),
        outdoor_temperature.so_far(context.temperature, first, count),
        [reports[key].meter.sensitivity for key in chosen],
        context.detectors,
    )
    for row, key in enumerate(chosen):
        report = reports[key]
        start = (_first(report) - first).days
        place = slice(start, start + len(report.use))
        evidence = Evidence(
            report.meter,
            _first(report),
            report.use,
            verdicts.expected[row, place],
            verdicts.spread[row, place],
            {
                name: odd[row, place] & ~np.isnan(verdicts.expected[row, place])
                for name, odd in verdicts.by_detector.items()
            },
        )
        yield key, _with_flow(evidence, report, computed[key].line)


def _first(report: Consumption) -> date:
    return report.first_day or date.min


def _evidence(one: Computed) -> Bools:
    """Return the days (n,) that were measured by a reading of their own.

    Days between two equal readings are measured too: they say nothing by themselves.
    """
    report, line = one.consumption, one.line
    measured: Bools = report.provenance == Provenance.MEASURED
    if line is None or any(len(part.amounts.starts) for part in line.parts):
        return measured
    read = np.searchsorted(uncertainty.knots(line), report.midnights + _NEAR, "right")
    return measured & (np.diff(read) > 0)


def _with_flow(evidence: Evidence, report: Consumption, line: Line | None) -> Evidence:
    """Add the rule for water that runs day and night, where hours are known."""
    meter = evidence.meter
    if meter.medium is not Medium.WATER or line is None:
        return evidence
    edges = calendar_edges.hour_edges(report.midnights)
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


# --- no use is news first --------------------------------------------------------


def _news(
    evidence: Evidence,
    found: list[Anomaly],
    reports: Mapping[str, Consumption],
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
    outside = outdoor_temperature.so_far(context.temperature, event.start, days)
    if outside is None or np.isnan(outside).all():
        return event.start.month in _WARM_MONTHS
    return float(np.nanmean(outside)) > _HEATING_LIMIT


def _missed_by_parent(
    evidence: Evidence, event: Anomaly, reports: Mapping[str, Consumption]
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
    parent: Consumption, parts: list[Consumption], first: date, days: int
) -> float:
    """Return what the parent counts beyond its parts, per day; NaN if not known."""
    rest = over(parent, parent.use, first, days)
    for part in parts:
        rest = rest - over(part, part.use, first, days)
    return float(np.mean(rest))


# --- intervals -------------------------------------------------------------------


def _sparse_intervals(report: Consumption, line: Line) -> Intervals:
    """Return the intervals between readings whose days were not measured."""
    starts, ends, rises = [], [], []
    for course in line.courses:
        register = course.register
        long = np.flatnonzero(np.diff(register.times) > _INTERVAL)
        long = np.setdiff1d(long, register.falls)
        begin = in_days(register.times[long], report.midnights)
        end = in_days(register.times[long + 1], report.midnights)
        rise = register.values[long + 1] - register.values[long]
        days = np.clip(((begin + end) / 2).astype(int), 0, len(report.use) - 1)
        # Days between equal readings are known, and still say nothing by themselves.
        still = (rise == 0) & (end - begin > _SHORT)
        fine = (report.provenance[days] != Provenance.MEASURED) | still
        fine &= (begin >= 0) & (end <= len(report.use))
        starts.append(begin[fine])
        ends.append(end[fine])
        rises.append(rise[fine])
    order = np.argsort(np.concatenate(ends))
    columns = (np.concatenate(column)[order] for column in (starts, ends, rises))
    return Intervals(*columns)


def _of_intervals(one: Computed, context: Context) -> Iterable[Anomaly]:
    """Yield an event for each odd interval, over the days that it covers."""
    report, line = one.consumption, one.line
    # A master's readings are its sources', which speak for themselves.
    if line is None or not isinstance(report.meter, Meter) or not len(report.use):
        return
    intervals = _sparse_intervals(report, line)
    first, count = _first(report), len(report.use)
    shares = seasonal_profiles.shares_of(report.meter)
    profile: Floats = np.ones(count)
    if shares is not None:
        profile = seasonal_profiles.day_weights(shares, first, count)
    found = interval_detection.odd_intervals(
        intervals,
        profile,
        outdoor_temperature.so_far(context.temperature, first, count, whole=True),
        seasonal_profiles.months(first, count),
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
            # News for a week after the reading that shows it.
            is_open=odd.index == len(intervals.rise) - 1 and count - 1 - end < _NEWS,
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
