"""Diagnostics: what helps to find a fault, without what is private."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from homeassistant.components.diagnostics import REDACTED, async_redact_data
from homeassistant.core import HomeAssistant
from homeassistant.helpers.device_registry import DeviceEntry

from .configuration import NkConfigEntry
from .const import DOMAIN
from .coordinator import Analytics
from .engine.domain.meters import AnyMeter
from .engine.domain.report import MeterReport
from .engine.domain.serialization import meter_data
from .journal import readings
from .journal.records import StoredReading
from .journal.size import sizes
from .messages.errors import async_in_journal
from .messages.texts import (
    Wording,
    async_wording,
)
from .stores.plain import plain
from .upkeep.health import health
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
    analytics = entry.runtime_data
    house = health(analytics)
    told = {
        "data": async_redact_data(dict(entry.data), _REDACTED),
        "options": dict(entry.options),
        "health": {"level": house.level.value, "reasons": list(house.reasons)},
        "servers": {link.name: link.is_down for link in analytics.servers.links},
        "journal": await _async_sizes(hass, analytics),
        "meters": await hass.async_add_executor_job(_meters, analytics),
        "runs": analytics.run_log.runs[:_RUNS],
    }
    return await _async_nameless(hass, analytics, told)


async def async_get_device_diagnostics(
    hass: HomeAssistant, entry: NkConfigEntry, device: DeviceEntry
) -> Mapping[str, Any]:
    """Return one meter with its last readings and all that is said of it."""
    told = await _async_of_device(hass, entry.runtime_data, device)
    return await _async_nameless(hass, entry.runtime_data, told)


async def _async_nameless(
    hass: HomeAssistant, analytics: Analytics, told: Mapping[str, Any]
) -> Mapping[str, Any]:
    """Return the same without names; hundreds of meters have thousands of them."""
    return await hass.async_add_executor_job(
        lambda: cast(Mapping[str, Any], pseudonyms_of(analytics).hidden(told))
    )


async def _async_of_device(
    hass: HomeAssistant, analytics: Analytics, device: DeviceEntry
) -> Mapping[str, Any]:
    keys = [key for domain, key in device.identifiers if domain == DOMAIN]
    meter = analytics.meters.get(keys[0]) if keys else None
    if meter is None or not analytics.has_journal:
        return {"meter": REDACTED if meter is None else _meter(analytics, meter)}
    (analysis,) = await analytics.lookup.async_analyses([meter.key])
    text = await async_wording(hass)
    found = await async_in_journal(
        hass, readings.find, analytics.journal, meter.key, history=True
    )
    return await hass.async_add_executor_job(
        _told, analytics, meter, analysis.report, found[-_READINGS:], text
    )


def _told(
    analytics: Analytics,
    meter: AnyMeter,
    report: MeterReport,
    last: Sequence[StoredReading],
    text: Wording,
) -> Mapping[str, Any]:
    # Loaded by the analysis; never at set-up.
    from .engine import api

    return {
        "meter": _meter(analytics, meter),
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


def _meters(analytics: Analytics) -> dict[str, Any]:
    return {
        meter.meter_id: _meter(analytics, meter) for meter in analytics.house.all_meters
    }


def _meter(analytics: Analytics, meter: AnyMeter) -> dict[str, Any]:
    return {
        "kind": meter.kind,
        "definition": async_redact_data(meter_data(meter), _REDACTED),
        "snapshot": plain(analytics.data.meters.get(meter.key)),
        "alerts": [plain(one) for one in analytics.data.alerts.get(meter.key, ())],
    }


async def _async_sizes(hass: HomeAssistant, analytics: Analytics) -> object:
    if not analytics.has_journal:
        return None
    return plain(await async_in_journal(hass, sizes, analytics.journal))
