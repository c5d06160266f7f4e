"""Sensors of the whole house: a row of `HOUSE_SENSORS` each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from homeassistant.components.sensor import SensorDeviceClass, SensorEntityDescription
from homeassistant.const import EntityCategory, UnitOfInformation

from ..coordinator import Analytics
from ..runs.alerts import current, known_ones
from ..upkeep.health import Level, health
from .consumption import SensorValue, instant


@dataclass(frozen=True, kw_only=True)
class HouseSensorDescription(SensorEntityDescription):
    """A sensor of the house."""

    value_fn: Callable[[Analytics], SensorValue]
    attributes_fn: Callable[[Analytics], Mapping[str, Any]] = lambda _: {}


def _sizes(analytics: Analytics) -> Mapping[str, Any]:
    sizes = analytics.data.sizes
    if sizes is None:
        return {}
    return {"readings": sizes.readings, "amounts": sizes.amounts, "edits": sizes.edits}


def _open_anomalies(analytics: Analytics) -> list[str]:
    alerts = analytics.data.alerts
    return [
        meter.meter_id
        for key, meter in analytics.meters.items()
        if current(alerts, key, muted=meter.muted)
    ]


def _known_anomalies(analytics: Analytics) -> list[Mapping[str, str]]:
    """Return what goes on although somebody knows of it: it is no news, but odd."""
    alerts = analytics.data.alerts
    return [
        {
            "meter_id": meter.meter_id,
            "name": meter.name,
            "kind": one.kind,
            "since": one.start.isoformat(),
            "reason": one.reason,
        }
        for key, meter in analytics.meters.items()
        for one in known_ones(alerts, key, muted=meter.muted)
    ]


HOUSE_SENSORS: tuple[HouseSensorDescription, ...] = (
    HouseSensorDescription(
        key="last_run",
        translation_key="last_run",
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda analytics: instant(analytics.data.last_run),
    ),
    HouseSensorDescription(
        key="journal_size",
        translation_key="journal_size",
        device_class=SensorDeviceClass.DATA_SIZE,
        entity_category=EntityCategory.DIAGNOSTIC,
        native_unit_of_measurement=UnitOfInformation.BYTES,
        suggested_unit_of_measurement=UnitOfInformation.MEBIBYTES,
        value_fn=lambda house: house.data.sizes.file if house.data.sizes else None,
        attributes_fn=_sizes,
    ),
    HouseSensorDescription(
        key="open_anomalies",
        translation_key="open_anomalies",
        value_fn=lambda analytics: len(_open_anomalies(analytics)),
        attributes_fn=lambda analytics: {
            "meters": _open_anomalies(analytics),
            "known": _known_anomalies(analytics),
        },
    ),
    HouseSensorDescription(
        key="health",
        translation_key="health",
        device_class=SensorDeviceClass.ENUM,
        options=[level.value for level in Level],
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda analytics: health(analytics).level.value,
        attributes_fn=lambda analytics: {"reasons": list(health(analytics).reasons)},
    ),
)
