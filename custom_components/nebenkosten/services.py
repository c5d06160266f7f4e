"""The actions: parse, call, respond."""

from collections.abc import Sequence
import csv
from functools import partial
import io
from typing import Any, Final
from zoneinfo import ZoneInfo

from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.helpers import config_validation as cv, device_registry as dr
from homeassistant.helpers.service import (
    async_get_config_entry,
    async_register_admin_service,
)
import probatio as vol

from . import reading_desk as desk, tibber_history
from .const import DOMAIN
from .coordinator.analytics import Analytics
from .coordinator.run import Request, Trigger
from .engine.days import iso
from .engine.meter import Meter
from .engine.model import ReadingKind
from .errors import async_in_journal, refuse
from .file_access import write_new_file
from .importing import new_readings, parse_given, report
from .journal import readings
from .journal.records import NewReading
from .responses import (
    anomalies_response,
    consumption_rows,
    findings_response,
    reading_response,
    run_response,
    state_response,
)
from .sources.csv_readings import Expectation
from .sources.text import number_text
from .texts import Wording, async_sentences, async_wording

_LIMIT: Final = 10_000
_COLUMNS: Final = ("meter_id", "time", "value", "unit", "kind", "note")

_METERS: Final[dict[Any, Any]] = {
    vol.Optional("meter_id"): vol.All(cv.ensure_list, [cv.string]),
    vol.Optional("device_id"): vol.All(cv.ensure_list, [cv.string]),
}
_DAYS: Final[dict[Any, Any]] = {
    vol.Optional("start"): cv.date,
    vol.Optional("end"): cv.date,
}
_READING: Final[dict[Any, Any]] = {
    vol.Optional("time"): cv.string,
    vol.Optional("unit"): cv.string,
    vol.Optional("kind"): vol.In([kind.value for kind in ReadingKind]),
    vol.Optional("note"): cv.string,
}
_VALUE = vol.Any(float, int, str)
_PERIODS: Final = ("day", "week", "month", "year", "billing_year")


_RUN: Final[dict[Any, Any]] = {
    vol.Optional("full", default=False): cv.boolean,
    vol.Optional("dry_run", default=False): cv.boolean,
}
_ADD: Final[dict[Any, Any]] = {
    vol.Required("value"): _VALUE,
    vol.Optional("dry_run", default=False): cv.boolean,
}
_ID: Final[dict[Any, Any]] = {vol.Required("reading_id"): cv.positive_int}
_EDIT: Final[dict[Any, Any]] = _ID | {vol.Optional("value"): _VALUE}
_PAGE: Final[dict[Any, Any]] = _DAYS | {
    vol.Optional("limit", default=_LIMIT): cv.positive_int,
    vol.Optional("next"): cv.positive_int,
}
_BY: Final[dict[Any, Any]] = _DAYS | {
    vol.Optional("period", default="day"): vol.In(_PERIODS)
}
_AT: Final[dict[Any, Any]] = {vol.Required("at"): cv.string}
_IMPORT: Final[dict[Any, Any]] = {
    vol.Exclusive("path", "file"): cv.string,
    vol.Exclusive("content", "file"): cv.string,
    vol.Optional("bare_dates"): vol.In(("start", "end")),
    vol.Optional("dry_run", default=False): cv.boolean,
}
_YEARS: Final[dict[Any, Any]] = {
    vol.Required("years"): vol.All(vol.Coerce(int), vol.Range(min=1, max=10))
}
_EXPORT: Final[dict[Any, Any]] = {vol.Optional("path"): cv.string}


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register all actions; some only for administrators."""
    optional = SupportsResponse.OPTIONAL
    for name, handler, fields, response in (
        ("run_analytics", _run_analytics, _METERS | _DAYS | _RUN, optional),
        ("add_reading", _add_reading, _METERS | _READING | _ADD, optional),
        ("get_readings", _get_readings, _METERS | _PAGE, SupportsResponse.ONLY),
        ("get_consumption", _get_consumption, _METERS | _BY, SupportsResponse.ONLY),
        ("get_anomalies", _get_anomalies, _METERS | _DAYS, SupportsResponse.ONLY),
        ("get_counter", _get_counter, _METERS | _AT, SupportsResponse.ONLY),
    ):
        hass.services.async_register(
            DOMAIN, name, partial(handler, hass), vol.Schema(fields), response
        )
    for name, handler, fields in (
        ("edit_reading", _edit_reading, _READING | _EDIT),
        ("delete_reading", _delete_reading, _ID),
        ("import_readings", _import_readings, _METERS | _IMPORT),
        ("export_readings", _export_readings, _METERS | _DAYS | _EXPORT),
        ("import_tibber_history", _import_tibber_history, _YEARS),
    ):
        async_register_admin_service(
            hass, DOMAIN, name, partial(handler, hass), vol.Schema(fields), optional
        )


async def _run_analytics(hass: HomeAssistant, call: ServiceCall) -> ServiceResponse:
    analytics = _analytics(hass)
    chosen = _chosen(hass, analytics, call)
    run = await analytics.async_run(
        Request(
            trigger=Trigger.MANUAL,
            meters=None if chosen is None else frozenset(m.key for m in chosen),
            start=call.data.get("start"),
            end=call.data.get("end"),
            full=call.data["full"],
            dry_run=call.data["dry_run"],
        )
    )
    return run_response(run, await async_wording(hass))


async def _add_reading(hass: HomeAssistant, call: ServiceCall) -> ServiceResponse:
    analytics = _analytics(hass)
    meter = _one_meter(hass, analytics, call)
    new = await desk.async_understand(hass, analytics, meter, call.data)
    text = await async_wording(hass)
    if call.data["dry_run"]:
        return await _async_preview(analytics, meter, new, text)
    kept = await desk.async_add(hass, analytics, new)
    return {
        "reading_id": kept.reading_id,
        "value": kept.value,
        "findings": findings_response(kept.findings, text),
    }


async def _async_preview(
    analytics: Analytics, meter: Meter, new: NewReading, text: Wording
) -> ServiceResponse:
    preview = await analytics.async_preview(meter.key, new)
    zone = ZoneInfo(analytics.house.time_zone)
    days = None if preview.since is None else (new.instant - preview.since) / 86400
    return {
        "value": new.value,
        "time": iso(new.instant, zone),
        "use": preview.use,
        "days": days,
        "findings": findings_response(preview.findings, text),
    }


async def _edit_reading(hass: HomeAssistant, call: ServiceCall) -> ServiceResponse:
    analytics = _analytics(hass)
    kept = await desk.async_edit(hass, analytics, call.data["reading_id"], call.data)
    return {
        "reading_id": kept.reading_id,
        "value": kept.value,
        "findings": findings_response(kept.findings, await async_wording(hass)),
    }


async def _delete_reading(hass: HomeAssistant, call: ServiceCall) -> ServiceResponse:
    await desk.async_delete(hass, _analytics(hass), call.data["reading_id"])
    return {"reading_id": call.data["reading_id"]}


async def _get_readings(hass: HomeAssistant, call: ServiceCall) -> ServiceResponse:
    analytics = _analytics(hass)
    zone = ZoneInfo(analytics.house.time_zone)
    meters = _chosen(hass, analytics, call) or analytics.house.meters
    first = call.data.get("next", 0)
    left = first + call.data["limit"]
    response: dict[str, Any] = {"meters": {}}
    passed = 0
    for meter in meters:
        (analysis,) = await analytics.async_analyses([meter.key])
        found = await async_in_journal(
            hass,
            readings.find,
            analytics.journal,
            meter.key,
            *desk.bounds(call.data.get("start"), call.data.get("end"), zone),
            history=True,
        )
        page = found[max(first - passed, 0) : max(left - passed, 0)]
        passed += len(found)
        response["meters"][meter.meter_id] = {
            "unit": meter.unit,
            "readings": [reading_response(r, analysis.report, zone) for r in page],
        }
    if passed > left:
        response["next"] = left
    return response


async def _get_consumption(hass: HomeAssistant, call: ServiceCall) -> ServiceResponse:
    analytics = _analytics(hass)
    zone = ZoneInfo(analytics.house.time_zone)
    meters = _chosen(hass, analytics, call) or analytics.house.meters
    analyses = await analytics.async_analyses([meter.key for meter in meters])
    # Loaded by the analysis above; never at set-up.
    from .engine.consumption import counter_at, last_year, periods

    days = call.data.get("start"), call.data.get("end")
    year_start = analytics.house.billing_year_start
    return {
        "meters": {
            report.meter.meter_id: {
                "unit": report.meter.unit,
                "rows": consumption_rows(
                    (
                        (
                            period,
                            counter_at(report, period.end),
                            last_year(report, period),
                        )
                        for period in periods(
                            report,
                            call.data["period"],
                            *days,
                            report.meter.billing_year_start or year_start,
                        )
                    ),
                    zone,
                ),
            }
            for report in (analysis.report for analysis in analyses)
        }
    }


async def _get_anomalies(hass: HomeAssistant, call: ServiceCall) -> ServiceResponse:
    analytics = _analytics(hass)
    meters = _chosen(hass, analytics, call) or analytics.house.meters
    analyses = await analytics.async_analyses([meter.key for meter in meters])
    text = await async_wording(hass)
    days = call.data.get("start"), call.data.get("end")
    return {
        "meters": {
            one.report.meter.meter_id: anomalies_response(one.report, *days, text)
            for one in analyses
        }
    }


async def _get_counter(hass: HomeAssistant, call: ServiceCall) -> ServiceResponse:
    analytics = _analytics(hass)
    meter = _one_meter(hass, analytics, call)
    zone = ZoneInfo(analytics.house.time_zone)
    at = desk.understood_instant(call.data["at"], zone)
    state = await analytics.async_state(meter.key, at)
    return state_response(meter, state, zone)


async def _import_readings(hass: HomeAssistant, call: ServiceCall) -> ServiceResponse:
    analytics = _analytics(hass)
    only = _chosen(hass, analytics, call)
    if only is not None and len(only) != 1:
        raise refuse("one_meter_only")
    zone = ZoneInfo(analytics.house.time_zone)
    expected = Expectation(
        meters=analytics.meters,
        zone=zone,
        latest=desk.latest_instant(zone),
        only_meter=only[0] if only else None,
        bare_dates=call.data.get("bare_dates"),
    )
    parsed = await hass.async_add_executor_job(parse_given, hass, call.data, expected)
    sentences = await async_sentences(hass)
    if call.data["dry_run"]:
        return report(parsed, sentences, imported=0, duplicates=0)
    if parsed.rejected:
        first = parsed.rejected[0]
        raise refuse(
            "rows_rejected",
            line=str(first.line),
            column=first.column,
            count=str(len(parsed.rejected)),
            reason=sentences[first.code],
        )
    added = await async_in_journal(
        hass, readings.append, analytics.journal, new_readings(parsed)
    )
    analytics.request({row.meter.key for row in parsed.rows})
    return report(
        parsed,
        sentences,
        imported=len(added.ids) - added.duplicates,
        duplicates=added.duplicates,
    )


async def _export_readings(hass: HomeAssistant, call: ServiceCall) -> ServiceResponse:
    analytics = _analytics(hass)
    zone = ZoneInfo(analytics.house.time_zone)
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(_COLUMNS)
    bounds = desk.bounds(call.data.get("start"), call.data.get("end"), zone)
    for meter in _chosen(hass, analytics, call) or analytics.house.meters:
        found = await async_in_journal(
            hass, readings.find, analytics.journal, meter.key, *bounds
        )
        for one in found:
            writer.writerow(
                (
                    meter.meter_id,
                    iso(one.instant, zone),
                    number_text(one.value),
                    one.unit or meter.unit,
                    one.kind.value,
                    one.note or "",
                )
            )
    if "path" not in call.data:
        return {"content": file.getvalue()}
    path = await hass.async_add_executor_job(
        write_new_file, hass, call.data["path"], file.getvalue()
    )
    return {"path": path}


async def _import_tibber_history(
    hass: HomeAssistant, call: ServiceCall
) -> ServiceResponse:
    return await tibber_history.async_import(hass, _analytics(hass), call.data["years"])


# --- what the actions share ------------------------------------------------------


def _analytics(hass: HomeAssistant) -> Analytics:
    analytics: Analytics = async_get_config_entry(hass, DOMAIN, None).runtime_data
    return analytics


def _chosen(
    hass: HomeAssistant, analytics: Analytics, call: ServiceCall
) -> Sequence[Meter] | None:
    """Return the meters named by id or device; None when no field was given."""
    if "meter_id" not in call.data and "device_id" not in call.data:
        return None
    meters = analytics.meters
    keys = [name.lower() for name in call.data.get("meter_id", ())]
    devices = dr.async_get(hass)
    for device_id in call.data.get("device_id", ()):
        device = devices.async_get(device_id)
        identifiers = device.identifiers if device else set()
        keys += [key for domain, key in identifiers if domain == DOMAIN] or [device_id]
    if not any(keys):
        raise refuse("meter_missing")
    for key in keys:
        if key not in meters:
            raise refuse("unknown_meter_named", meter=key)
    return [meters[key] for key in dict.fromkeys(keys)]


def _one_meter(hass: HomeAssistant, analytics: Analytics, call: ServiceCall) -> Meter:
    chosen = _chosen(hass, analytics, call)
    if not chosen:
        raise refuse("meter_missing")
    if len(chosen) != 1:
        raise refuse("one_meter_only")
    return chosen[0]
