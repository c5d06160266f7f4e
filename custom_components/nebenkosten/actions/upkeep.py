"""What the actions do with runs, servers and what was published."""

from functools import partial

from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse
from homeassistant.util.json import JsonValueType

from ..engine.domain.validation import Problem
from ..intake import tibber_history
from ..intake.rights import POLICY_CONTROL, POLICY_READ, async_caller
from ..messages.errors import broken, refuse
from ..messages.texts import (
    Sentences,
    async_sentences,
    async_wording,
    problem_text,
    way_out,
)
from ..outside import OutOfReachError
from ..publication.influxdb import drop_all
from ..publication.statistics import async_clear
from ..runs.run import Request, Trigger
from ..statistic_catalog import statistic_ids
from ..upkeep.problems import house_problems
from .choosing import async_all_or_chosen, runtime_of
from .responses import run_response


async def run_analytics(hass: HomeAssistant, call: ServiceCall) -> ServiceResponse:
    """Run now and return what was done."""
    runtime = runtime_of(hass)
    meters = await async_all_or_chosen(hass, runtime, call, POLICY_CONTROL)
    run = await runtime.runner.async_run(
        Request(
            trigger=Trigger.MANUAL,
            meters=None
            if len(meters) == len(runtime.loaded.meters)
            else frozenset(m.key for m in meters),
            start=call.data.get("start"),
            end=call.data.get("end"),
            full=call.data["full"],
            dry_run=call.data["dry_run"],
        )
    )
    text = await async_wording(hass)
    return await hass.async_add_executor_job(run_response, run, text)


async def get_runs(hass: HomeAssistant, call: ServiceCall) -> ServiceResponse:
    """Return the records of the last runs, newest first."""
    runtime = runtime_of(hass)
    caller = await async_caller(hass, call)
    caller.demand(POLICY_READ, [runtime.loaded.entry.entry_id])
    runs: list[JsonValueType] = [*runtime.stored.run_log.runs]
    return {"runs": runs[: call.data["limit"]]}


async def check_config(hass: HomeAssistant, call: ServiceCall) -> ServiceResponse:
    """Return all that does not fit in the definitions of meters."""
    runtime = runtime_of(hass)
    caller = await async_caller(hass, call)
    caller.demand(POLICY_READ, [runtime.loaded.entry.entry_id])
    sentences = await async_sentences(hass)
    found = house_problems(hass, runtime.loaded.house)
    return {"findings": [_worded(problem, sentences) for problem in found]}


def _worded(problem: Problem, sentences: Sentences) -> JsonValueType:
    return {
        "level": problem.severity.value,
        "code": problem.code.value,
        "meter_id": problem.meter_id,
        "text": problem_text(problem, sentences),
        "way_out": way_out(problem, sentences),
    }


async def wipe_processed(hass: HomeAssistant, call: ServiceCall) -> ServiceResponse:
    """Delete what was published, of all meters; readings are not touched."""
    if not call.data["confirm"]:
        raise refuse("not_confirmed")
    runtime = runtime_of(hass)
    # First: after a kill in the middle nobody must believe that all is still there.
    await runtime.async_doubt_all()
    points = 0
    link = runtime.servers.influx
    if link is not None:
        link.begin()
        place = link.connection.processed
        try:
            points = await link.async_tell(partial(drop_all, place=place))
        except OutOfReachError as error:
            raise broken("influxdb_out_of_reach") from error
    ids = [one for key in runtime.loaded.meters for one in statistic_ids(key)]
    try:
        await async_clear(hass, ids)
    except OutOfReachError as error:
        raise broken("recorder_out_of_reach") from error
    return {"deleted": {"statistics": len(runtime.loaded.meters), "influxdb": points}}


async def import_tibber_history(
    hass: HomeAssistant, call: ServiceCall
) -> ServiceResponse:
    """Read years of hours."""
    runtime = runtime_of(hass)
    try:
        return await tibber_history.async_import(
            runtime.loaded, runtime.servers, call.data["years"]
        )
    finally:
        runtime.watching.tibber_asked()
