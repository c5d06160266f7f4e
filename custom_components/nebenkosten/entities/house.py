"""Sensors of the whole house: a row of `HOUSE_SENSORS` each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from homeassistant.components.sensor import SensorDeviceClass, SensorEntityDescription
from homeassistant.const import EntityCategory, UnitOfInformation

from ..analysis.alerts import current, known_ones
from ..runtime import Runtime
from ..upkeep.health import Level
from .consumption import SensorValue, instant


@dataclass(frozen=True, kw_only=True)
class HouseSensorDescription(SensorEntityDescription):
    """A sensor of the house."""

    value_fn: Callable[[Runtime], SensorValue]
    attributes_fn: Callable[[Runtime], Mapping[str, Any]] = lambda _: {}


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


HOUSE_SENSORS: tuple[HouseSensorDescription, ...] = (
    HouseSensorDescription(
        key="last_run",
        translation_key="last_run",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda runtime: instant(runtime.coordinator.data.last_run),
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
