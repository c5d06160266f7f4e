"""The assessments that make judged consumption a report."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from ..domain import gas_conversion
from ..domain.meters import Meter, Virtual
from ..domain.quality_score import Quality
from ..domain.report import Band, Consumption, Finding, Forecast, Judged, MeterReport
from ..meter_kinds.interface import Computed, Setting
from . import (
    calibration_expiry,
    data_quality,
    exchange_findings,
    gas_findings,
    model_change,
    negative_residual,
    reading_findings,
    submeter_balance,
    user_limits,
    weather_normalization,
)
from .forecast import forecast


@dataclass(frozen=True, slots=True, eq=False)
class Assessed:
    """A meter's findings, quality and forecast, and its years in usual weather."""

    findings: tuple[Finding, ...] = ()
    quality: Quality | None = None
    forecast: Forecast | None = None
    adjusted: Mapping[int, float] = field(default_factory=dict)


def assess(
    computed: Mapping[str, Computed], judged: Mapping[str, Judged], setting: Setting
) -> dict[str, MeterReport]:
    """Return the reports of meters, by key in the order of their evaluation."""
    meters = {key: one.consumption for key, one in computed.items()}
    checked = _cross_checked(computed, meters, setting)
    reports: dict[str, MeterReport] = {}
    for key, one in computed.items():
        meter = one.consumption.meter
        read = tuple(_read_findings(one, setting))
        if isinstance(meter, Virtual):
            operands = [reports[k] for k in meter.operands if k in reports]
            quality = data_quality.of_operands(one.consumption, operands)
            ahead = _summed(meter, one.consumption, reports, setting)
            adjusted: Mapping[int, float] = {}
        else:
            quality = data_quality.of_line(one, read, setting.context.as_of)
            ahead, adjusted = _ahead(one, setting.today)
        findings = (*read, *judged[key].findings, *checked[key])
        reports[key] = report_of(
            judged[key], Assessed(findings, quality, ahead, adjusted)
        )
    return reports


def report_of(judged: Judged, assessed: Assessed) -> MeterReport:
    """Return the report of a meter from all of its stages."""
    consumption = judged.consumption
    return MeterReport(
        meter=consumption.meter,
        first_day=consumption.first_day,
        last_day=consumption.last_day,
        midnights=consumption.midnights,
        use=consumption.use,
        provenance=consumption.provenance,
        counter=consumption.counter,
        slack=consumption.slack,
        readings=consumption.readings,
        quarantined=consumption.quarantined,
        superseded=consumption.superseded,
        last_reading=consumption.last_reading,
        findings=(*consumption.findings, *assessed.findings),
        hours=consumption.hours,
        model=consumption.model,
        shares=consumption.shares,
        expected=judged.expected,
        anomalies=judged.anomalies,
        quality=assessed.quality,
        forecast=assessed.forecast,
        adjusted=assessed.adjusted,
    )


def _read_findings(one: Computed, setting: Setting) -> Iterator[Finding]:
    """Yield the findings on the readings behind a meter's days."""
    consumption, line = one.consumption, one.line
    meter, zone = consumption.meter, setting.zone
    if line is None or not len(consumption.midnights):
        return
    if one.joined is not None:
        yield from exchange_findings.findings(meter, one.joined, zone)
    if isinstance(meter, Meter):
        amounts = one.prepared[meter.key].amounts
        yield from reading_findings.oddities(meter, line, amounts, zone)
        yield from model_change.reshaped(meter, one, setting)


def _cross_checked(
    computed: Mapping[str, Computed],
    meters: Mapping[str, Consumption],
    setting: Setting,
) -> dict[str, list[Finding]]:
    """Return the findings of the checks of meters beside each other, by key."""
    house = setting.house
    found: dict[str, list[Finding]] = {key: [] for key in meters}
    for key, one in computed.items():
        if key in one.prepared:
            found[key] += calibration_expiry.expiry(one.prepared[key], setting.today)
    for key, finding in submeter_balance.balances(house, meters):
        found[key].append(finding)
    for key, meter in meters.items():
        found[key] += negative_residual.negative(meter, meters)
        found[key] += user_limits.unmet(meter)
        found[key] += gas_findings.odd_factors(meter, house.gas)
    return found


def _ahead(one: Computed, today: date) -> tuple[Forecast | None, dict[int, float]]:
    """Return the forecast, and the years in usual weather where a model holds."""
    pace, consumption = one.pace, one.consumption
    if pace is None or consumption.first_day is None:
        return None, {}
    start = (consumption.first_day - pace.first_day).days
    if start < 0:
        return None, {}
    weather = pace.shape.weather
    weights = pace.shape.weights[start:]
    ahead = forecast(
        consumption, weights, one.half, today, weathered=weather is not None
    )
    if weather is None:
        return ahead, {}
    inside = slice(start, start + len(consumption.use))
    return ahead, weather_normalization.adjusted_years(
        consumption, weather, weather.heating[inside], weather.daily[inside]
    )


def _summed(
    meter: Virtual,
    consumption: Consumption,
    reports: Mapping[str, MeterReport],
    setting: Setting,
) -> Forecast | None:
    """Return a computed meter's forecast from those of its operands."""
    if not len(consumption.use):
        return None
    months, years = [], []
    for term in meter.terms:
        operand = reports[term.meter_id.lower()]
        if operand.forecast is None:
            return None
        scale = gas_conversion.daily_factor(
            operand.meter, meter, setting.house.gas, setting.today, 1
        )[0]
        if np.isnan(scale):
            return None
        months.append((term.factor * scale, operand.forecast.month))
        years.append((term.factor * scale, operand.forecast.year))
    return Forecast(month=_sum(months), year=_sum(years))


def _sum(bands: Sequence[tuple[float, Band]]) -> Band:
    """Return the sum of scaled values; their bands are independent."""
    value = sum(scale * band.value for scale, band in bands)
    below = np.sqrt(sum((scale * (b.value - b.low)) ** 2 for scale, b in bands))
    above = np.sqrt(sum((scale * (b.high - b.value)) ** 2 for scale, b in bands))
    return Band(value=value, low=value - float(below), high=value + float(above))
