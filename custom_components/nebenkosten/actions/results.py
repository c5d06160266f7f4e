"""What the actions tell of results."""

from dataclasses import replace
from datetime import date, timedelta
from functools import partial

from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse
from homeassistant.util import dt as dt_util

from ..analysis.alerts import as_known
from ..intake.rights import POLICY_CONTROL, POLICY_READ, async_caller
from ..intake.understanding import bounded, bounds, understood_instant
from ..journal.acknowledgements import acknowledge, acknowledged, withdraw
from ..messages.errors import async_in_journal, refuse
from ..messages.texts import async_explaining, async_wording
from .choosing import (
    async_all_or_chosen,
    async_all_or_chosen_physical,
    async_one_meter,
    async_one_physical,
    days_of,
    runtime_of,
    zone_of,
)
from .responses import (
    anomalies_response,
    consumption_response,
    explain_response,
    intervals_response,
    state_response,
)

_ONE_DAY = timedelta(days=1)


async def get_consumption(hass: HomeAssistant, call: ServiceCall) -> ServiceResponse:
    """Return use by period."""
    runtime = runtime_of(hass)
    meters = await async_all_or_chosen(hass, runtime, call)
    analyses = await runtime.queries.async_analyses([meter.key for meter in meters])
    return await hass.async_add_executor_job(
        consumption_response,
        [analysis.report for analysis in analyses],
        call.data["period"],
        days_of(call),
        zone_of(runtime),
        runtime.loaded.house.billing_year_start,
    )


async def get_intervals(hass: HomeAssistant, call: ServiceCall) -> ServiceResponse:
    """Return what was used between readings, and how cold it was meanwhile."""
    runtime = runtime_of(hass)
    zone = zone_of(runtime)
    between = bounds(call.data.get("start"), call.data.get("end"), zone)
    meters = await async_all_or_chosen_physical(hass, runtime, call)
    intervals = await runtime.queries.async_intervals(meters)
    return await hass.async_add_executor_job(
        intervals_response, intervals, between, zone
    )


async def get_anomalies(hass: HomeAssistant, call: ServiceCall) -> ServiceResponse:
    """Return the events that touch some days."""
    runtime = runtime_of(hass)
    meters = await async_all_or_chosen(hass, runtime, call)
    analyses = await runtime.queries.async_analyses([meter.key for meter in meters])
    return await async_in_journal(
        hass,
        anomalies_response,
        [analysis.report for analysis in analyses],
        days_of(call),
        partial(acknowledged, runtime.loaded.journal),
        await async_wording(hass),
    )


async def acknowledge_anomaly(
    hass: HomeAssistant, call: ServiceCall
) -> ServiceResponse:
    """Keep that somebody knows of an event, or that nobody does any more."""
    runtime = runtime_of(hass)
    note = bounded(call.data.get("note"))
    meter = await async_one_meter(hass, runtime, call, POLICY_CONTROL)
    caller = await async_caller(hass, call)
    (analysis,) = await runtime.queries.async_analyses([meter.key])
    wanted = call.data.get("id")
    found = [
        one
        for one in analysis.report.anomalies
        if one.anomaly_id == wanted or (wanted is None and one.is_open)
    ]
    if not found:
        raise refuse("anomaly_unknown", meter=meter.meter_id)
    undo = call.data["undo"]
    journal = runtime.loaded.journal.signed(caller.user_id)
    for one in found:
        known = replace(as_known(one), note=note)
        if undo:
            await async_in_journal(hass, withdraw, journal, meter.key, known)
        else:
            await async_in_journal(
                hass, acknowledge, journal, meter.key, one.anomaly_id, known
            )
        runtime.stored.last_values.acknowledge(
            meter.key, one.anomaly_id, known=not undo
        )
    await runtime.stored.last_values.async_save()
    runtime.coordinator.show()
    return {"acknowledged": not undo}


async def get_counter(hass: HomeAssistant, call: ServiceCall) -> ServiceResponse:
    """Return what a dial showed at an instant."""
    runtime = runtime_of(hass)
    meter = await async_one_physical(hass, runtime, call, POLICY_READ)
    zone = zone_of(runtime)
    at = understood_instant(call.data["at"], zone)
    state = await runtime.queries.async_state(meter, at)
    return state_response(meter, state, zone)


async def get_daily_summary(hass: HomeAssistant, call: ServiceCall) -> ServiceResponse:
    """Return one day, meter by meter."""
    runtime = runtime_of(hass)
    meters = await async_all_or_chosen(hass, runtime, call)
    day = call.data.get("date") or _yesterday()
    return await runtime.summaries.async_of(meters, day)


async def explain(hass: HomeAssistant, call: ServiceCall) -> ServiceResponse:
    """Return where a day's number comes from."""
    runtime = runtime_of(hass)
    meter = await async_one_meter(hass, runtime, call, POLICY_READ)
    day = call.data.get("date") or _yesterday()
    node = await runtime.queries.async_explain(meter, day)
    return explain_response(node, await async_explaining(hass, zone_of(runtime)))


def _yesterday() -> date:
    return dt_util.now().date() - _ONE_DAY
