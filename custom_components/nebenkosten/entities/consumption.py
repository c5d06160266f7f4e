"""Sensors of a meter's results: a row of `METER_SENSORS` each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from homeassistant.components.sensor import SensorDeviceClass, SensorEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.helpers.typing import StateType
from homeassistant.util import dt as dt_util

from ..engine.domain import metrics
from ..engine.domain.meters import AnyMeter, Meter
from ..engine.domain.metrics import Metric
from ..engine.domain.quality_score import Quality
from ..engine.domain.report import PeriodValue, Snapshot
from ..sources.registry import is_dense

type SensorValue = StateType | datetime


@dataclass(frozen=True, kw_only=True)
class MeterSensorDescription(SensorEntityDescription):
    """A sensor of a meter; its unit is that of its `metric`, none without one.

    One that `has_dial` is of meters that are read; `identity_fn` tells dashboards and
    actions about the meter itself.
    """

    value_fn: Callable[[Snapshot], SensorValue]
    attributes_fn: Callable[[Snapshot], Mapping[str, Any]]
    identity_fn: Callable[[AnyMeter], Mapping[str, Any]] = lambda _: {}
    enabled_fn: Callable[[AnyMeter], bool] = lambda _: True
    metric: Metric[..., float | None] | None = None
    has_dial: bool = False

    def unit_of(self, meter: AnyMeter) -> str | None:
        """Return a meter's unit for it; None for a plain number or an instant."""
        unit = None if self.metric is None else self.metric.unit_of(meter)
        return None if unit == metrics.NUMBER else unit


def _period(
    key: str,
    period_fn: Callable[[Snapshot], PeriodValue | None],
    identity_fn: Callable[[AnyMeter], Mapping[str, Any]] = lambda _: {},
) -> MeterSensorDescription:
    return MeterSensorDescription(
        key=key,
        translation_key=key,
        value_fn=lambda snapshot: _amount(period_fn(snapshot)),
        attributes_fn=lambda snapshot: _bounds(period_fn(snapshot)),
        identity_fn=identity_fn,
        metric=metrics.CONSUMPTION,
    )


def _amount(period: PeriodValue | None) -> float | None:
    return None if period is None else period.value


def _bounds(period: PeriodValue | None) -> Mapping[str, Any]:
    if period is None:
        return {}
    return {
        "start": _midnight(period.start),
        "end": _midnight(period.end),
        "expected": period.expected,
        "measured": round(period.measured, 3),
        "interpolated": round(period.interpolated, 3),
        "extrapolated": round(period.extrapolated, 3),
        "estimated": period.is_estimated,
    }


def _identity(meter: AnyMeter) -> Mapping[str, Any]:
    """Return how actions and dashboards name a meter."""
    return {"meter_id": meter.meter_id, "medium": meter.medium.value}


def _forecast(snapshot: Snapshot) -> float | None:
    forecast = snapshot.forecast
    return None if forecast is None else metrics.FORECAST_YEAR.of(forecast)


def _about_forecast(snapshot: Snapshot) -> Mapping[str, Any]:
    if snapshot.forecast is None:
        return {}
    band, year = snapshot.forecast.year, snapshot.seen_on.replace(month=1, day=1)
    return {
        "low": band.low,
        "high": band.high,
        "start": _midnight(year),
        "end": _midnight(year.replace(year=year.year + 1)),
    }


def _aged(snapshot: Snapshot) -> Quality | None:
    """Return the quality as of last midnight: without new readings it gets worse."""
    if snapshot.quality is None:
        return None
    return snapshot.quality.at(dt_util.start_of_local_day().timestamp())


def _score(snapshot: Snapshot) -> float | None:
    quality = _aged(snapshot)
    return None if quality is None else metrics.QUALITY.of(quality)


def _about_quality(snapshot: Snapshot) -> Mapping[str, Any]:
    quality = _aged(snapshot)
    if quality is None:
        return {}
    return {
        "completeness": round(metrics.COMPLETENESS.of(quality), 3),
        "largest_gap_days": round(metrics.LARGEST_GAP_DAYS.of(quality), 1),
        "freshness": round(metrics.FRESHNESS.of(quality), 3),
        "measured": round(quality.measured_share, 3),
        "interpolated": round(quality.interpolated_share, 3),
        "extrapolated": round(quality.extrapolated_share, 3),
        "estimated": quality.is_estimated,
        "quarantined": quality.quarantined,
        "unexplained": quality.unexplained,
    }


def _is_rarely_read(meter: AnyMeter) -> bool:
    """Return whether a meter's last reading may be long ago."""
    return not (isinstance(meter, Meter) and any(map(is_dense, meter.sources)))


def _midnight(day: date) -> str:
    return dt_util.start_of_local_day(day).isoformat()


def instant(seconds: float | None) -> datetime | None:
    """Return an instant [epoch s] as a timestamp sensor shows it."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


METER_SENSORS: tuple[MeterSensorDescription, ...] = (
    MeterSensorDescription(
        key="counter",
        translation_key="counter",
        value_fn=lambda snapshot: snapshot.counter,
        attributes_fn=lambda snapshot: {
            "at": instant(snapshot.counter_at),
            "provenance": snapshot.counter_provenance.name.lower(),
        },
        metric=metrics.COUNTER,
        has_dial=True,
    ),
    _period("yesterday", lambda snapshot: snapshot.yesterday),
    _period("month", lambda snapshot: snapshot.month),
    _period("previous_month", lambda snapshot: snapshot.previous_month),
    _period("year", lambda snapshot: snapshot.year, _identity),
    MeterSensorDescription(
        key="forecast_year",
        translation_key="forecast_year",
        value_fn=_forecast,
        attributes_fn=_about_forecast,
        metric=metrics.FORECAST_YEAR,
    ),
    MeterSensorDescription(
        key="quality",
        translation_key="quality",
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=_score,
        attributes_fn=_about_quality,
        metric=metrics.QUALITY,
    ),
    MeterSensorDescription(
        key="last_reading",
        translation_key="last_reading",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda snapshot: instant(snapshot.reading_at),
        attributes_fn=lambda snapshot: {"value": snapshot.reading},
        enabled_fn=_is_rarely_read,
        has_dial=True,
    ),
)
