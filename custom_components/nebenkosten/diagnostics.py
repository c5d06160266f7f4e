"""Diagnostics: what helps to find a fault, without what is private."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from homeassistant.components.diagnostics import REDACTED, async_redact_data
from homeassistant.core import HomeAssistant
from homeassistant.helpers.device_registry import DeviceEntry

from .const import DOMAIN
from .engine.domain.meters import AnyMeter
from .engine.domain.report import MeterReport
from .engine.domain.serialization import meter_data
from .journal import readings
from .journal.records import StoredReading
from .journal.size import sizes
from .messages.errors import async_in_journal
from .messages.texts import Wording, async_wording
from .runtime import NkConfigEntry, Runtime
from .stores.plain import plain
from .upkeep.pseudonyms import pseudonyms_of

# Secrets, addresses, and what names people or their flats.
_REDACTED: Final = {
    *("token", "password", "username", "url", "organisation", "raw", "processed"),
    *("name", "title", "note", "serial_number", "model"),
}
_RUNS: Final = 20
_READINGS: Final = 50


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant, entry: NkConfigEntry
) -> Mapping[str, Any]:
    """Return the house: settings, meters, last results and runs; nobody is named."""
    runtime = entry.runtime_data
    house = runtime.health.now()
    told = {
        "data": async_redact_data(dict(entry.data), _REDACTED),
        "options": dict(entry.options),
        "health": {"level": house.level.value, "reasons": list(house.reasons)},
        "servers": {link.name: link.is_down for link in runtime.servers.links},
        "journal": await _async_sizes(hass, runtime),
        "meters": await hass.async_add_executor_job(_meters, runtime),
        "runs": runtime.stored.run_log.runs[:_RUNS],
    }
    return await _async_nameless(hass, runtime, told)


async def async_get_device_diagnostics(
    hass: HomeAssistant, entry: NkConfigEntry, device: DeviceEntry
) -> Mapping[str, Any]:
    """Return one meter with its last readings and all that is said of it."""
    told = await _async_of_device(hass, entry.runtime_data, device)
    return await _async_nameless(hass, entry.runtime_data, told)


async def _async_nameless(
    hass: HomeAssistant, runtime: Runtime, told: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Return the same without names; hundreds of meters have thousands of them."""
    names = pseudonyms_of(runtime.loaded, runtime.servers, runtime.stored.run_log)
    return await hass.async_add_executor_job(
        lambda: cast(Mapping[str, Any], names.hidden(told))
    )


async def _async_of_device(
    hass: HomeAssistant, runtime: Runtime, device: DeviceEntry
) -> Mapping[str, Any]:
    keys = [key for domain, key in device.identifiers if domain == DOMAIN]
    meter = runtime.loaded.meters.get(keys[0]) if keys else None
    if meter is None or not runtime.loaded.has_journal:
        return {"meter": REDACTED if meter is None else _meter(runtime, meter)}
    (analysis,) = await runtime.queries.async_analyses([meter.key])
    text = await async_wording(hass)
    found = await async_in_journal(
        hass, readings.find, runtime.loaded.journal, meter.key, history=True
    )
    return await hass.async_add_executor_job(
        _told, runtime, meter, analysis.report, found[-_READINGS:], text
    )


def _told(
    runtime: Runtime,
    meter: AnyMeter,
    report: MeterReport,
    last: Sequence[StoredReading],
    text: Wording,
) -> Mapping[str, Any]:
    # Loaded by the analysis; never at set-up.
    from .engine import api

    return {
        "meter": _meter(runtime, meter),
        "days": [str(report.first_day), str(report.last_day), len(report.use)],
        "readings": [
            async_redact_data(
                {
                    "instant": one.instant,
                    "value": one.value,
                    "unit": one.unit,
                    "kind": one.kind.value,
                    "source": one.source,
                    "note": one.note,
                    "deleted": one.deleted,
                },
                _REDACTED,
            )
            for one in last
        ],
        "findings": [api.finding_json(one, text) for one in report.findings],
        **api.judgement_json(report, text),
    }


def _meters(runtime: Runtime) -> dict[str, Any]:
    return {
        meter.meter_id: _meter(runtime, meter)
        for meter in runtime.loaded.house.all_meters
    }


def _meter(runtime: Runtime, meter: AnyMeter) -> dict[str, Any]:
    return {
        "kind": meter.kind,
        "definition": async_redact_data(meter_data(meter), _REDACTED),
        "snapshot": plain(runtime.coordinator.data.meters.get(meter.key)),
        "alerts": [
            plain(one) for one in runtime.coordinator.data.alerts.get(meter.key, ())
        ],
    }


async def _async_sizes(hass: HomeAssistant, runtime: Runtime) -> object:
    if not runtime.loaded.has_journal:
        return None
    return plain(await async_in_journal(hass, sizes, runtime.loaded.journal))
