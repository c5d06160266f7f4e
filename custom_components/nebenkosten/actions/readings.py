"""What the actions do with readings."""

from collections.abc import Iterable, Sequence
import csv
import io
from typing import Any, Final
from zoneinfo import ZoneInfo

from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse

from ..const import SOURCE_HAND
from ..engine.domain.local_days import iso
from ..engine.domain.meters import Meter
from ..engine.domain.report import ReadingKind
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
from ..intake.understanding import GivenReading, bounded, bounds, latest_instant
from ..journal import readings
from ..journal.records import NewReading, in_one_line
from ..journal.serial_numbers import NewNumber
from ..journal.store import Journal
from ..journal.value_text import number_text
from ..messages.errors import (
    async_in_journal,
    refuse,
)
from ..messages.texts import (
    Wording,
    async_sentences,
    async_wording,
)
from ..runtime import Runtime
from ..upkeep.serial_numbers import give_number
from .choosing import (
    async_all_or_chosen_physical,
    async_chosen_physical,
    async_one_physical,
    runtime_of,
    zone_of,
)
from .responses import (
    findings_response,
    readings_response,
)

_COLUMNS: Final = ("meter_id", "time", "value", "unit", "kind", "note")


async def add_reading(hass: HomeAssistant, call: ServiceCall) -> ServiceResponse:
    """Keep a reading, or only say what it would bring."""
    runtime = runtime_of(hass)
    meter = await async_one_physical(hass, runtime, call, POLICY_CONTROL)
    caller = await async_caller(hass, call)
    new = await runtime.desk.async_understand(meter, _given(call))
    text = await async_wording(hass)
    confirmed = call.data.get("confirmed")
    if call.data["dry_run"]:
        await runtime.desk.async_weigh([new], confirmed=confirmed)
        return await _async_preview(runtime, meter, [new], text)
    (kept,) = await runtime.desk.async_add_all([new], caller, confirmed=confirmed)
    return {
        "reading_id": kept.reading_id,
        "value": kept.value,
        "findings": findings_response(kept.findings, text),
    }


async def replace_meter(hass: HomeAssistant, call: ServiceCall) -> ServiceResponse:
    """Keep the last reading of an old dial and the first of the new one."""
    runtime = runtime_of(hass)
    meter = await async_one_physical(hass, runtime, call, POLICY_CONTROL)
    caller = await async_caller(hass, call)
    serial_number = bounded(call.data.get("serial_number"))
    pair = await runtime.desk.async_understand_exchange(
        meter, _given(call, "final_value"), call.data["first_value"]
    )
    text = await async_wording(hass)
    confirmed = call.data.get("confirmed")
    if call.data["dry_run"]:
        await runtime.desk.async_weigh(pair, confirmed=confirmed)
        return await _async_preview(runtime, meter, pair, text)
    number = None
    if serial_number and serial_number != meter.serial_number:
        old = meter.serial_number
        number = NewNumber(meter=meter.key, old=old, new=serial_number)
    removal, install = await runtime.desk.async_add_all(
        pair, caller, confirmed=confirmed, number=number
    )
    if number:
        subentry = runtime.loaded.subentry(meter.key)
        give_number(hass, runtime.loaded.entry, subentry, number.new)
    return {
        "removal_id": removal.reading_id,
        "install_id": install.reading_id,
        "findings": findings_response(removal.findings, text),
    }


async def edit_reading(hass: HomeAssistant, call: ServiceCall) -> ServiceResponse:
    """Change a reading; its old value stays readable."""
    runtime = runtime_of(hass)
    caller = await async_caller(hass, call)
    kept = await runtime.desk.async_edit(
        call.data["reading_id"],
        _given(call),
        caller,
        confirmed=call.data.get("confirmed"),
    )
    return {
        "reading_id": kept.reading_id,
        "value": kept.value,
        "findings": findings_response(kept.findings, await async_wording(hass)),
    }


async def delete_reading(hass: HomeAssistant, call: ServiceCall) -> ServiceResponse:
    """Withdraw a reading; it stays readable."""
    caller = await async_caller(hass, call)
    await runtime_of(hass).desk.async_delete(call.data["reading_id"], caller)
    return {"reading_id": call.data["reading_id"]}


def _given(call: ServiceCall, value: str = "value") -> GivenReading:
    """Return what a call says of a reading, its number under the name `value`."""
    kind = call.data.get("kind")
    return GivenReading(
        value=call.data.get(value),
        time=call.data.get("time"),
        unit=call.data.get("unit"),
        kind=ReadingKind(kind) if kind else None,
        note=call.data.get("note"),
    )


async def get_readings(hass: HomeAssistant, call: ServiceCall) -> ServiceResponse:
    """Return readings page by page, with what became of each."""
    runtime = runtime_of(hass)
    zone = zone_of(runtime)
    meters = await async_all_or_chosen_physical(hass, runtime, call)
    first = call.data.get("next", 0)
    left = first + call.data["limit"]
    names: dict[str | None, str | None] = {
        user.id: user.name for user in await hass.auth.async_get_users()
    }
    response: dict[str, Any] = {"meters": {}}
    passed = 0
    for meter in meters:
        (analysis,) = await runtime.queries.async_analyses([meter.key])
        found = await async_in_journal(
            hass,
            readings.find,
            runtime.loaded.journal,
            meter.key,
            *bounds(call.data.get("start"), call.data.get("end"), zone),
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
    runtime = runtime_of(hass)
    only = await async_chosen_physical(hass, runtime, call, POLICY_CONTROL)
    if only is not None and len(only) != 1:
        raise refuse("one_meter_only")
    zone = zone_of(runtime)
    expected = RowContext(
        meters=runtime.loaded.physical,
        zone=zone,
        latest=latest_instant(zone),
        only_meter=only[0] if only else None,
        bare_dates=call.data.get("bare_dates"),
    )
    parsed = await hass.async_add_executor_job(parse_given, hass, call.data, expected)
    sentences = await async_sentences(hass)
    doubts = await async_doubts(runtime.loaded, parsed, sentences)
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
        runtime.loaded.journal.signed((await async_caller(hass, call)).user_id),
        new_readings(parsed),
    )
    runtime.queue.request({row.meter.key for row in parsed.rows})
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
    runtime = runtime_of(hass)
    zone = zone_of(runtime)
    between = bounds(call.data.get("start"), call.data.get("end"), zone)
    meters = await async_all_or_chosen_physical(hass, runtime, call)
    content, left_out = await async_in_journal(
        hass, _exported, runtime.loaded.journal, meters, between, zone
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
    runtime: Runtime, meter: Meter, new: Sequence[NewReading], text: Wording
) -> ServiceResponse:
    preview = await runtime.queries.async_preview(meter, new)
    first, zone = new[0], zone_of(runtime)
    days = None if preview.since is None else (first.instant - preview.since) / 86400
    return {
        "value": first.value,
        "time": iso(first.instant, zone),
        "use": preview.use,
        "days": days,
        "findings": findings_response(preview.findings, text),
    }
