"""Sensors of meters and of the house."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
)
from homeassistant.const import EntityCategory, Platform, UnitOfInformation
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.typing import StateType
from homeassistant.util import dt as dt_util

from .analysis.alerts import current, known_ones
from .engine.domain import units
from .engine.domain.meters import AnyMeter, Medium, Meter
from .engine.domain.quality_score import Quality
from .engine.domain.report import PeriodValue, Snapshot
from .entities.live import RateSensor, TodaySensor
from .entities.servers import async_add_server_sensors
from .entity import HouseEntity, MeterEntity, async_add_of_meters, has_dial
from .runtime import NkConfigEntry, Runtime
from .sources.registry import is_dense
from .upkeep.health import Level

PARALLEL_UPDATES = 0

type Value = StateType | datetime

_DEVICE_CLASSES = {
    Medium.ELECTRICITY: SensorDeviceClass.ENERGY,
    Medium.HEAT: SensorDeviceClass.ENERGY,
    Medium.WATER: SensorDeviceClass.WATER,
}
_BY_DIMENSION = {
    "energy": SensorDeviceClass.ENERGY,
    "volume": SensorDeviceClass.VOLUME,
}


# A day's use of a flat still shows something; a year's does not need more.
_PRECISION = {"kWh": 1, "Wh": 0, "MWh": 3, "GJ": 3, "m³": 2, "L": 0}


@dataclass(frozen=True, kw_only=True)
class MeterSensorDescription(SensorEntityDescription):
    """A sensor of a meter; without a `period` its value is a reading or an instant."""

    value_fn: Callable[[Snapshot], Value]
    attributes_fn: Callable[[Snapshot], Mapping[str, Any]]
    quantity: bool = True
    has_dial: bool = False


@dataclass(frozen=True, kw_only=True)
class HouseSensorDescription(SensorEntityDescription):
    """A sensor of the house."""

    value_fn: Callable[[Runtime], Value]
    attributes_fn: Callable[[Runtime], Mapping[str, Any]] = lambda _: {}


def _period(
    key: str,
    period_fn: Callable[[Snapshot], PeriodValue | None],
) -> MeterSensorDescription:
    return MeterSensorDescription(
        key=key,
        translation_key=key,
        value_fn=lambda snapshot: _amount(period_fn(snapshot)),
        attributes_fn=lambda snapshot: _bounds(period_fn(snapshot)),
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


def _forecast(snapshot: Snapshot) -> Mapping[str, Any]:
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


def _quality(snapshot: Snapshot) -> Mapping[str, Any]:
    quality = _aged(snapshot)
    if quality is None:
        return {}
    return {
        "completeness": round(quality.completeness, 3),
        "largest_gap_days": round(quality.largest_gap_days, 1),
        "freshness": round(quality.freshness, 3),
        "measured": round(quality.measured_share, 3),
        "interpolated": round(quality.interpolated_share, 3),
        "extrapolated": round(quality.extrapolated_share, 3),
        "estimated": quality.is_estimated,
        "quarantined": quality.quarantined,
        "unexplained": quality.unexplained,
    }


def _sizes(runtime: Runtime) -> Mapping[str, Any]:
    sizes = runtime.coordinator.data.sizes
    if sizes is None:
        return {}
    return {"readings": sizes.readings, "amounts": sizes.amounts, "edits": sizes.edits}


def _file_size(runtime: Runtime) -> int | None:
    sizes = runtime.coordinator.data.sizes
    return None if sizes is None else sizes.file


def _open_anomalies(runtime: Runtime) -> list[str]:
    alerts = runtime.coordinator.data.alerts
    return [
        meter.meter_id
        for key, meter in runtime.loaded.meters.items()
        if current(alerts, key, muted=meter.muted)
    ]


def _known_anomalies(runtime: Runtime) -> list[Mapping[str, str]]:
    """Return what goes on although somebody knows of it: it is no news, but odd."""
    alerts = runtime.coordinator.data.alerts
    return [
        {
            "meter_id": meter.meter_id,
            "name": meter.name,
            "kind": one.kind,
            "since": one.start.isoformat(),
            "reason": one.reason,
        }
        for key, meter in runtime.loaded.meters.items()
        for one in known_ones(alerts, key, muted=meter.muted)
    ]


def _midnight(day: date) -> str:
    return dt_util.start_of_local_day(day).isoformat()


def _time(instant: float | None) -> datetime | None:
    return None if instant is None else datetime.fromtimestamp(instant, UTC)


METER_SENSORS = (
    MeterSensorDescription(
        key="counter",
        translation_key="counter",
        value_fn=lambda snapshot: snapshot.counter,
        attributes_fn=lambda snapshot: {
            "at": _time(snapshot.counter_at),
            "provenance": snapshot.counter_provenance.name.lower(),
        },
        has_dial=True,
    ),
    _period("yesterday", lambda snapshot: snapshot.yesterday),
    _period("month", lambda snapshot: snapshot.month),
    _period("previous_month", lambda shown: shown.previous_month),
    _period("year", lambda snapshot: snapshot.year),
    MeterSensorDescription(
        key="forecast_year",
        translation_key="forecast_year",
        value_fn=lambda shown: shown.forecast.year.value if shown.forecast else None,
        attributes_fn=_forecast,
    ),
    MeterSensorDescription(
        key="quality",
        translation_key="quality",
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda shown: quality.score if (quality := _aged(shown)) else None,
        attributes_fn=_quality,
        quantity=False,
    ),
    MeterSensorDescription(
        key="last_reading",
        translation_key="last_reading",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda snapshot: _time(snapshot.reading_at),
        attributes_fn=lambda snapshot: {"value": snapshot.reading},
        quantity=False,
        has_dial=True,
    ),
)
HOUSE_SENSORS = (
    HouseSensorDescription(
        key="last_run",
        translation_key="last_run",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda runtime: _time(runtime.coordinator.data.last_run),
    ),
    HouseSensorDescription(
        key="journal_size",
        translation_key="journal_size",
        device_class=SensorDeviceClass.DATA_SIZE,
        entity_category=EntityCategory.DIAGNOSTIC,
        native_unit_of_measurement=UnitOfInformation.BYTES,
        suggested_unit_of_measurement=UnitOfInformation.MEBIBYTES,
        value_fn=_file_size,
        attributes_fn=_sizes,
    ),
    HouseSensorDescription(
        key="open_anomalies",
        translation_key="open_anomalies",
        value_fn=lambda runtime: len(_open_anomalies(runtime)),
        attributes_fn=lambda runtime: {
            "meters": _open_anomalies(runtime),
            "known": _known_anomalies(runtime),
        },
    ),
    HouseSensorDescription(
        key="health",
        translation_key="health",
        device_class=SensorDeviceClass.ENUM,
        options=[level.value for level in Level],
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda runtime: runtime.health.now().level.value,
        attributes_fn=lambda runtime: {"reasons": list(runtime.health.now().reasons)},
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: NkConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the sensors of each meter and of the house."""
    runtime = entry.runtime_data
    async_add_entities(HouseSensor(runtime, d) for d in HOUSE_SENSORS)
    async_add_server_sensors(entry, async_add_entities)

    def sensors(meter: AnyMeter) -> Iterable[MeterEntity]:
        for description in METER_SENSORS:
            if not description.has_dial or has_dial(meter):
                yield MeterSensor(runtime, meter, description)
        window = runtime.live.windows.get(meter.key)
        if window is not None:
            yield TodaySensor(runtime, meter, window)
            yield RateSensor(runtime, meter, window)

    await async_add_of_meters(runtime, Platform.SENSOR, async_add_entities, sensors)


class MeterSensor(MeterEntity, SensorEntity):
    """A value of a meter; never a statistic of its own, which would count twice."""

    entity_description: MeterSensorDescription

    def __init__(
        self, runtime: Runtime, meter: AnyMeter, description: MeterSensorDescription
    ) -> None:
        """Give quantities the meter's unit, class and precision."""
        super().__init__(runtime, meter, description)
        if description.quantity:
            self._attr_native_unit_of_measurement = meter.unit
            self._attr_device_class = _device_class(meter)
            self._attr_suggested_display_precision = _precision(meter)
        if description.key == "last_reading" and _reports_by_itself(meter):
            self._attr_entity_registry_enabled_default = False

    @property
    @override
    def native_value(self) -> Value:
        """Return the value, None where it is unknown."""
        snapshot = self.snapshot
        return None if snapshot is None else self.entity_description.value_fn(snapshot)

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any]:
        """Return the period's bounds and how its days are known."""
        snapshot, description = self.snapshot, self.entity_description
        return {
            **({} if snapshot is None else description.attributes_fn(snapshot)),
            **(self._identity if description.key == "year" else {}),
        }

    @property
    def _identity(self) -> Mapping[str, Any]:
        """Return how actions and dashboards name the meter."""
        return {"meter_id": self.meter.meter_id, "medium": self.meter.medium.value}


def _reports_by_itself(meter: AnyMeter) -> bool:
    """Return whether a meter's last reading is never long ago."""
    return isinstance(meter, Meter) and any(map(is_dense, meter.sources))


def _precision(meter: AnyMeter) -> int:
    """Return how many decimals a meter's values are shown with."""
    if isinstance(meter, Meter) and meter.decimals is not None:
        return meter.decimals
    return _PRECISION.get(meter.unit, 1)


def _device_class(meter: AnyMeter) -> SensorDeviceClass | None:
    dimension = units.dimension(meter.unit)
    if meter.medium is Medium.GAS and dimension == "volume":
        return SensorDeviceClass.GAS
    known = _DEVICE_CLASSES.get(meter.medium)
    return (
        known if dimension is not None and known else _BY_DIMENSION.get(dimension or "")
    )


class HouseSensor(HouseEntity, SensorEntity):
    """A value of the house."""

    entity_description: HouseSensorDescription

    @property
    @override
    def native_value(self) -> Value:
        """Return the value, None where it is unknown."""
        return self.entity_description.value_fn(self._runtime)

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any]:
        """Return what stands behind the value."""
        return self.entity_description.attributes_fn(self._runtime)
