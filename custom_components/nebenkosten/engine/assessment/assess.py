"""The assessments that need the days of all meters."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from zoneinfo import ZoneInfo

import numpy as np

from ..anomalies.anomalies import with_anomalies
from ..domain import gas_conversion, local_days
from ..domain.arrays import Floats
from ..domain.meters import House, Virtual
from ..domain.report import Band, Context, Finding, Forecast, MeterReport
from ..load_model.model_time import Pace
from ..meter_kinds.physical import Prepared
from ..reconstruction.meter_line import Line
from . import (
    calibration_expiry,
    data_quality,
    gas_findings,
    negative_residual,
    submeter_balance,
    user_limits,
    weather_normalization,
)
from .forecast import forecast


@dataclass(frozen=True, slots=True, eq=False)
class Basis:
    """What the reports were made from, by meter key.

    `half` are the half widths of each day's band, `paces` the model that is valid now.
    """

    prepared: dict[str, Prepared]
    lines: dict[str, Line]
    half: dict[str, Floats]
    paces: dict[str, Pace]


def finished(
    house: House, reports: Mapping[str, MeterReport], basis: Basis, context: Context
) -> dict[str, MeterReport]:
    """Return the reports with anomalies, quality, forecast and cross-checks."""
    found = with_anomalies(reports, basis.lines, context)
    for key, line in basis.lines.items():
        found[key] = data_quality.with_quality(found[key], line, context.as_of)
    today = local_days.local_day(context.as_of, ZoneInfo(house.time_zone))
    for key in basis.paces:
        found[key] = _ahead(found[key], basis, key, today)
    for key, report in found.items():
        if isinstance(report.meter, Virtual):
            found[key] = _computed(house, report, found, today)
    said = _said(house, found, basis, context)
    return {
        key: replace(report, findings=(*report.findings, *said[key]))
        for key, report in found.items()
    }


def _computed(
    house: House, report: MeterReport, reports: Mapping[str, MeterReport], today: date
) -> MeterReport:
    """Add what a computed meter has from its operands."""
    operands = [reports[k] for k in report.meter.operands if k in reports]
    report = data_quality.of_operands(report, operands)
    return replace(report, forecast=_summed(house, report, reports, today))


def _said(
    house: House, reports: Mapping[str, MeterReport], basis: Basis, context: Context
) -> dict[str, list[Finding]]:
    """Return what the cross-checks find, by meter key."""
    zone = ZoneInfo(house.time_zone)
    said: dict[str, list[Finding]] = {key: [] for key in reports}
    for key, prepared in basis.prepared.items():
        said[key] += calibration_expiry.expiry(prepared, zone, context.as_of)
    for key, finding in submeter_balance.balances(house, reports):
        said[key].append(finding)
    for key, report in reports.items():
        said[key] += negative_residual.negative(report, reports)
        said[key] += user_limits.unmet(report)
        said[key] += gas_findings.odd_factors(report, house.gas)
    return said


def _ahead(report: MeterReport, basis: Basis, key: str, today: date) -> MeterReport:
    """Add the forecast, and the years in usual weather where a model holds."""
    pace = basis.paces[key]
    if report.first_day is None:
        return report
    start = (report.first_day - pace.first_day).days
    if start < 0:
        return report
    weights = pace.shape.weights[start:]
    weather = pace.shape.weather
    ahead = forecast(
        report.first_day,
        report.use,
        weights,
        basis.half[key],
        today,
        weathered=weather is not None,
    )
    report = replace(report, forecast=ahead)
    if weather is None:
        return report
    inside = slice(start, start + len(report.use))
    return replace(
        report,
        adjusted=weather_normalization.adjusted_years(
            report, weather, weather.heating[inside], weather.daily[inside]
        ),
    )


def _summed(
    house: House, report: MeterReport, reports: Mapping[str, MeterReport], today: date
) -> Forecast | None:
    """Return a computed meter's forecast from those of its operands."""
    meter = report.meter
    if not isinstance(meter, Virtual) or not len(report.use):
        return None
    months, years = [], []
    for term in meter.terms:
        operand = reports[term.meter_id.lower()]
        if operand.forecast is None:
            return None
        scale = gas_conversion.daily_factor(operand.meter, meter, house.gas, today, 1)[
            0
        ]
        if np.isnan(scale):
            return None
        months.append((term.factor * scale, operand.forecast.month))
        years.append((term.factor * scale, operand.forecast.year))
    return Forecast(month=_sum(months), year=_sum(years))


def _sum(bands: list[tuple[float, Band]]) -> Band:
    value = sum(scale * band.value for scale, band in bands)
    below = np.sqrt(sum((scale * (b.value - b.low)) ** 2 for scale, b in bands))
    above = np.sqrt(sum((scale * (b.high - b.value)) ** 2 for scale, b in bands))
    return Band(value=value, low=value - float(below), high=value + float(above))
