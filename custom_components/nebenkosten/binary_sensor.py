"""Binary sensors of a meter: an anomaly goes on, a reading is overdue."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, override

from homeassistant.components.binary_sensor import (
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .analysis.alerts import Alert, current, known_ones
from .engine.domain.meters import AnyMeter
from .entity import MeterEntity, async_add_of_meters, has_dial
from .runs.result import Result
from .runtime import NkConfigEntry
from .upkeep.health import is_stale

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class MeterBinarySensorDescription(BinarySensorEntityDescription):
    """A yes or no about a meter."""

    is_on_fn: Callable[[Result, AnyMeter], bool | None]
    attributes_fn: Callable[[Result, AnyMeter], Mapping[str, Any]]
    has_dial: bool = False


def _alert(result: Result, meter: AnyMeter) -> Alert | None:
    return current(result.alerts, meter.key, muted=meter.muted)


def _about_alert(result: Result, meter: AnyMeter) -> Mapping[str, Any]:
    alert = _alert(result, meter)
    known = known_ones(result.alerts, meter.key, muted=meter.muted)
    beside = {"known": [_about_known(one) for one in known]} if known else {}
    if alert is None:
        return beside
    return {
        **beside,
        "id": alert.anomaly_id,
        "kind": alert.kind,
        "since": alert.start.isoformat(),
        "until": alert.end.isoformat(),
        "actual": alert.actual,
        "expected": alert.expected,
        "reason": alert.reason,
    }


def _about_known(alert: Alert) -> Mapping[str, Any]:
    """Return what goes on and alarms nobody any more."""
    return {
        "id": alert.anomaly_id,
        "kind": alert.kind,
        "since": alert.start.isoformat(),
        "reason": alert.reason,
    }


def _about_age(result: Result, meter: AnyMeter) -> Mapping[str, Any]:
    missed = result.missed.get(meter.key, ())
    unavailable = {"sources_unavailable": list(missed)} if missed else {}
    snapshot = result.meters.get(meter.key)
    quality = None if snapshot is None else snapshot.quality
    if quality is None or quality.read_until is None or quality.due is None:
        return unavailable
    return {
        **unavailable,
        "last": datetime.fromtimestamp(quality.read_until, UTC).isoformat(),
        "due": datetime.fromtimestamp(quality.due, UTC).isoformat(),
    }


BINARY_SENSORS = (
    MeterBinarySensorDescription(
        key="anomaly",
        translation_key="anomaly",
        device_class=BinarySensorDeviceClass.PROBLEM,
        is_on_fn=lambda result, meter: _alert(result, meter) is not None,
        attributes_fn=_about_alert,
    ),
    MeterBinarySensorDescription(
        key="stale",
        translation_key="stale",
        device_class=BinarySensorDeviceClass.PROBLEM,
        entity_category=EntityCategory.DIAGNOSTIC,
        is_on_fn=lambda result, meter: is_stale(meter, result.meters.get(meter.key)),
        attributes_fn=_about_age,
        has_dial=True,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: NkConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add both for each meter; a formula has no reading that could be overdue."""
    runtime = entry.runtime_data
    await async_add_of_meters(
        runtime,
        Platform.BINARY_SENSOR,
        async_add_entities,
        lambda meter: [
            MeterBinarySensor(runtime, meter, description)
            for description in BINARY_SENSORS
            if not description.has_dial or has_dial(meter)
        ],
    )


class MeterBinarySensor(MeterEntity, BinarySensorEntity):
    """On while something wants attention."""

    entity_description: MeterBinarySensorDescription

    @property
    @override
    def is_on(self) -> bool | None:
        """Return whether it does, None if nobody can say."""
        return self.entity_description.is_on_fn(self.coordinator.data, self.meter)

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any]:
        """Return why."""
        return self.entity_description.attributes_fn(self.coordinator.data, self.meter)
