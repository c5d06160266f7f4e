"""What the actions do with readings."""

from collections.abc import Iterable
import csv
from functools import partial
import io
from typing import Any, Final
from zoneinfo import ZoneInfo

from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse

from ..engine.domain.local_days import iso
from ..engine.domain.meters import Meter
from ..engine.domain.report import ReadingKind
from ..intake.cells import marked
from ..intake.file_access import write_new_file
from ..intake.found_readings import async_find
from ..intake.importing import GivenFile, async_doubts, async_keep, async_parsed
from ..intake.rights import POLICY_CONTROL, async_caller
from ..intake.understanding import GivenExchange, GivenReading, bounds
from ..journal import readings
from ..journal.records import in_one_line
from ..journal.store import Journal
from ..journal.value_text import number_text
from ..messages.errors import async_in_journal, refuse
from ..messages.texts import async_sentences, async_wording
from .choosing import (
    async_all_or_chosen_physical,
    async_chosen_physical,
    async_one_physical,
    days_of,
    runtime_of,
    zone_of,
)
from .import_response import import_response
from .responses import (
    entered_response,
    findings_response,
    preview_response,
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
        preview = await runtime.desk.async_preview(meter, [new], confirmed=confirmed)
        return preview_response(preview, text)
    (kept,) = await runtime.desk.async_add_all([new], caller, confirmed=confirmed)
    return entered_response(kept, text)


async def replace_meter(hass: HomeAssistant, call: ServiceCall) -> ServiceResponse:
    """Keep the last reading of an old dial and the first of the new one."""
    runtime = runtime_of(hass)
    meter = await async_one_physical(hass, runtime, call, POLICY_CONTROL)
    caller = await async_caller(hass, call)
    given = GivenExchange(
        final=_given(call, "final_value"),
        first=call.data["first_value"],
        serial_number=call.data.get("serial_number"),
    )
    text = await async_wording(hass)
    confirmed = call.data.get("confirmed")
    if call.data["dry_run"]:
        pair = await runtime.desk.async_understand_exchange(meter, given)
        preview = await runtime.desk.async_preview(meter, pair, confirmed=confirmed)
        return preview_response(preview, text)
    removal, install = await runtime.desk.async_exchange(
        meter, given, caller, confirmed=confirmed
    )
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
    return entered_response(kept, await async_wording(hass))


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
    meters = await async_all_or_chosen_physical(hass, runtime, call)
    first = call.data.get("next", 0)
    left = first + call.data["limit"]
    names: dict[str | None, str | None] = {
        user.id: user.name for user in await hass.auth.async_get_users()
    }
    response: dict[str, Any] = {"meters": {}}
    passed = 0
    for meter in meters:
        found = await async_find(runtime.loaded, runtime.queries, meter, days_of(call))
        listed = found.by_hand if call.data["by_hand"] else found.readings
        if call.data["order"] == "newest":
            listed = listed[::-1]
        page = listed[max(first - passed, 0) : max(left - passed, 0)]
        passed += len(listed)
        response["meters"][meter.meter_id] = await hass.async_add_executor_job(
            readings_response, meter, found, page, runtime.loaded.zone, names
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
    given = GivenFile(
        path=call.data.get("path"),
        content=call.data.get("content", ""),
        bare_dates=call.data.get("bare_dates"),
    )
    parsed = await async_parsed(runtime.loaded, given, only[0] if only else None)
    sentences = await async_sentences(hass)
    doubts = await async_doubts(runtime.loaded, parsed)
    said = partial(import_response, parsed, doubts, sentences, runtime.loaded.zone)
    if call.data["dry_run"]:
        return said(None)
    caller = await async_caller(hass, call)
    added = await async_keep(runtime.loaded, parsed, sentences, caller)
    runtime.queue.request({row.meter.key for row in parsed.rows})
    return said(added)


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
