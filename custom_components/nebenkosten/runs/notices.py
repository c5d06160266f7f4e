"""Events for automations: the end of a run, and what became of anomalies."""

from collections.abc import Mapping
from typing import Any, Final, cast

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.util.json import JsonObjectType, JsonValueType

from ..analysis.alerts import Phase, Told
from ..const import DOMAIN, EVENT_ANOMALY, EVENT_RUN_FINISHED, EVENT_STALE
from ..engine.domain.meters import AnyMeter, Definition
from .run import Run, RunStatus, Trigger

# Errors, and places that were mended, that an event names.
_NAMED: Final = 10
# Runs that somebody or the night asked for; the others come each hour, or oftener.
_SOLEMN: Final = (Trigger.MANUAL, Trigger.NIGHTLY)


def is_worth_a_line(told: Mapping[str, Any]) -> bool:
    """Return whether logbook and history should show the end of a run by its event."""
    by_clock = told["status"] == RunStatus.OK and told["trigger"] not in _SOLEMN
    return not by_clock or bool(told["mended"])


@callback
def tell(hass: HomeAssistant, entry_id: str, run: Run, record: JsonObjectType) -> None:
    """Fire the events of a run that is over."""
    for told in run.told:
        known = told.alert.acknowledged and told.phase is not Phase.ENDED
        if not told.meter.muted and not known:
            hass.bus.async_fire(EVENT_ANOMALY, _anomaly(hass, entry_id, told))
    names = ("run_id", "trigger", "status", "started", "duration_s")
    told_of: JsonObjectType = {name: record[name] for name in names}
    for name in ("errors", "mended"):
        # The recorder drops an event of more than 32 KiB; the record holds them all.
        told_of[name] = cast(list[JsonValueType], record[name])[:_NAMED]
    hass.bus.async_fire(EVENT_RUN_FINISHED, told_of)


@callback
def tell_stale(
    hass: HomeAssistant, entry_id: str, meter: AnyMeter, is_stale: bool
) -> None:
    """Fire once when a meter's reading becomes overdue, and once when it has come."""
    phase = Phase.OPENED if is_stale else Phase.ENDED
    hass.bus.async_fire(
        EVENT_STALE,
        {
            "meter_id": meter.meter_id,
            "device_id": _device_id(hass, entry_id, meter),
            "phase": phase.value,
        },
    )


def _device_id(hass: HomeAssistant, entry_id: str, meter: Definition) -> str | None:
    device = dr.async_get(hass).async_get_device_by_identifier(
        (DOMAIN, meter.key), config_entry_id=entry_id
    )
    return device.id if device else None


def _anomaly(hass: HomeAssistant, entry_id: str, told: Told) -> dict[str, object]:
    meter, alert = told.meter, told.alert
    return {
        "meter_id": meter.meter_id,
        "device_id": _device_id(hass, entry_id, meter),
        "id": alert.anomaly_id,
        "phase": told.phase.value,
        "kind": alert.kind,
        "start": alert.start.isoformat(),
        "end": alert.end.isoformat(),
        "actual": alert.actual,
        "expected": alert.expected,
        "unit": meter.unit,
        "score": alert.score,
        "reason": alert.reason,
    }
