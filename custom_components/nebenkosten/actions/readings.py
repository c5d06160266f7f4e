"""What the actions do with readings."""

from collections.abc import Iterable, Sequence
import csv
import io
from typing import Any, Final
from zoneinfo import ZoneInfo

from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse

from ..const import SOURCE_HAND
from ..coordinator import Analytics
from ..engine.domain.local_days import iso
from ..engine.domain.meters import Meter
from ..intake import reading_desk as desk
from ..intake.cells import marked
from ..intake.file_access import write_new_file
from ..intake.importing import (
    async_doubts,
    new_readings,
    parse_given,
    report,
)
from ..intake.reading_cells import RowContext
from ..intake.rights import (
    POLICY_CONTROL,
    async_caller,
)
from ..intake.text import number_text
from ..journal import readings
from ..journal.records import NewReading, in_one_line
from ..journal.serial_numbers import NewNumber
from ..journal.store import Journal
from ..messages.errors import (
    async_in_journal,
    refuse,
)
from ..messages.texts import (
    Wording,
    async_sentences,
    async_wording,
)
from .choosing import (
    analytics_of,
    async_all_or_chosen_physical,
    async_chosen_physical,
    async_one_physical,
    zone_of,
)
from .responses import (
    findings_response,
    readings_response,
)

_COLUMNS: Final = ("meter_id", "time", "value", "unit", "kind", "note")


async def add_reading(hass: HomeAssistant, call: ServiceCall) -> ServiceResponse:
    """Keep a reading, or only say what it would bring."""
    analytics = analytics_of(hass)
    meter = await async_one_physical(hass, analytics, call, POLICY_CONTROL)
    caller = await async_caller(hass, call)
    new = await desk.async_understand(hass, analytics, meter, call.data)
    text = await async_wording(hass)
    confirmed = call.data.get("confirmed")
    if call.data["dry_run"]:
        await desk.async_weigh(hass, analytics, [new], confirmed=confirmed)
        return await _async_preview(analytics, meter, [new], text)
    (kept,) = await desk.async_add_all(
        hass, analytics, [new], caller, confirmed=confirmed
    )
    return {
        "reading_id": kept.reading_id,
        "value": kept.value,
        "findings": findings_response(kept.findings, text),
    }


async def replace_meter(hass: HomeAssistant, call: ServiceCall) -> ServiceResponse:
    """Keep the last reading of an old dial and the first of the new one."""
    analytics = analytics_of(hass)
    meter = await async_one_physical(hass, analytics, call, POLICY_CONTROL)
    caller = await async_caller(hass, call)
    serial_number = desk.bounded(call.data.get("serial_number"))
    pair = await desk.async_understand_exchange(hass, analytics, meter, call.data)
    text = await async_wording(hass)
    confirmed = call.data.get("confirmed")
    if call.data["dry_run"]:
        await desk.async_weigh(hass, analytics, pair, confirmed=confirmed)
        return await _async_preview(analytics, meter, pair, text)
    number = None
    if serial_number and serial_number != meter.serial_number:
        old = meter.serial_number
        number = NewNumber(meter=meter.key, old=old, new=serial_number)
    removal, install = await desk.async_add_all(
        hass, analytics, pair, caller, confirmed=confirmed, number=number
    )
    if number:
        analytics.renumber(meter, number.new)
    return {
        "removal_id": removal.reading_id,
        "install_id": install.reading_id,
        "findings": findings_response(removal.findings, text),
    }


async def edit_reading(hass: HomeAssistant, call: ServiceCall) -> ServiceResponse:
    """Change a reading; its old value stays readable."""
    analytics = analytics_of(hass)
    caller = await async_caller(hass, call)
    kept = await desk.async_edit(
        hass, analytics, call.data["reading_id"], call.data, caller
    )
    return {
        "reading_id": kept.reading_id,
        "value": kept.value,
        "findings": findings_response(kept.findings, await async_wording(hass)),
    }


async def delete_reading(hass: HomeAssistant, call: ServiceCall) -> ServiceResponse:
    """Withdraw a reading; it stays readable."""
    caller = await async_caller(hass, call)
    await desk.async_delete(hass, analytics_of(hass), call.data["reading_id"], caller)
    return {"reading_id": call.data["reading_id"]}


async def get_readings(hass: HomeAssistant, call: ServiceCall) -> ServiceResponse:
    """Return readings page by page, with what became of each."""
    analytics = analytics_of(hass)
    zone = zone_of(analytics)
    meters = await async_all_or_chosen_physical(hass, analytics, call)
    first = call.data.get("next", 0)
    left = first + call.data["limit"]
    names: dict[str | None, str | None] = {
        user.id: user.name for user in await hass.auth.async_get_users()
    }
    response: dict[str, Any] = {"meters": {}}
    passed = 0
    for meter in meters:
        (analysis,) = await analytics.lookup.async_analyses([meter.key])
        found = await async_in_journal(
            hass,
            readings.find,
            analytics.journal,
            meter.key,
            *desk.bounds(call.data.get("start"), call.data.get("end"), zone),
            history=True,
        )
        if call.data["by_hand"]:
            found = [one for one in found if one.source == SOURCE_HAND]
        if call.data["order"] == "newest":
            found.reverse()
        page = found[max(first - passed, 0) : max(left - passed, 0)]
        passed += len(found)
        response["meters"][meter.meter_id] = await hass.async_add_executor_job(
            readings_response, meter, page, analysis.report, zone, names
        )
    if passed > left:
        response["next"] = left
    return response


async def import_readings(hass: HomeAssistant, call: ServiceCall) -> ServiceResponse:
    """Take a file of readings, all or nothing."""
    analytics = analytics_of(hass)
    only = await async_chosen_physical(hass, analytics, call, POLICY_CONTROL)
    if only is not None and len(only) != 1:
        raise refuse("one_meter_only")
    zone = zone_of(analytics)
    expected = RowContext(
        meters=analytics.physical,
        zone=zone,
        latest=desk.latest_instant(zone),
        only_meter=only[0] if only else None,
        bare_dates=call.data.get("bare_dates"),
    )
    parsed = await hass.async_add_executor_job(parse_given, hass, call.data, expected)
    sentences = await async_sentences(hass)
    doubts = await async_doubts(hass, analytics, parsed, sentences)
    if call.data["dry_run"]:
        return report(parsed, sentences, doubts, imported=0, duplicates=0)
    if parsed.rejected:
        first = parsed.rejected[0]
        raise refuse(
            "rows_rejected",
            line=str(first.line),
            column=first.column,
            count=str(len(parsed.rejected)),
            reason=sentences[first.code].format(**first.data),
        )
    added = await async_in_journal(
        hass,
        readings.append,
        analytics.journal.signed((await async_caller(hass, call)).user_id),
        new_readings(parsed),
    )
    analytics.request({row.meter.key for row in parsed.rows})
    return report(
        parsed,
        sentences,
        doubts,
        imported=len(added.ids) - added.duplicates,
        duplicates=added.duplicates,
    )


async def export_readings(hass: HomeAssistant, call: ServiceCall) -> ServiceResponse:
    """Return readings as a file that import takes back.

    Those that cannot be are left out, and counted: import would refuse the whole file.
    """
    analytics = analytics_of(hass)
    zone = zone_of(analytics)
    bounds = desk.bounds(call.data.get("start"), call.data.get("end"), zone)
    meters = await async_all_or_chosen_physical(hass, analytics, call)
    content, left_out = await async_in_journal(
        hass, _exported, analytics.journal, meters, bounds, zone
    )
    if "path" not in call.data:
        return {"content": content, "left_out": left_out}
    path = await hass.async_add_executor_job(
        write_new_file, hass, call.data["path"], content
    )
    return {"path": path, "left_out": left_out}


def _exported(
    journal: Journal,
    meters: Iterable[Meter],
    bounds: tuple[float | None, float | None],
    zone: ZoneInfo,
) -> tuple[str, int]:
    """Return readings between bounds [epoch s] as CSV, and how many are left out."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(_COLUMNS)
    left_out = 0
    for meter in meters:
        for one in readings.find(journal, meter.key, *bounds):
            if not one.is_possible:
                left_out += 1
                continue
            writer.writerow(
                (
                    meter.meter_id,
                    iso(one.instant, zone),
                    number_text(one.value),
                    marked(one.unit or meter.unit),
                    one.kind.value,
                    marked(in_one_line(one.notes)),
                )
            )
    return file.getvalue(), left_out


async def _async_preview(
    analytics: Analytics, meter: Meter, new: Sequence[NewReading], text: Wording
) -> ServiceResponse:
    preview = await analytics.lookup.async_preview(meter, new)
    first, zone = new[0], zone_of(analytics)
    days = None if preview.since is None else (first.instant - preview.since) / 86400
    return {
        "value": first.value,
        "time": iso(first.instant, zone),
        "use": preview.use,
        "days": days,
        "findings": findings_response(preview.findings, text),
    }
