"""The meters an action concerns, as far as its caller may see or control them."""

from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.service import async_get_config_entry

from ..const import DOMAIN
from ..engine.domain.meters import AnyMeter, Meter
from ..intake.rights import POLICY_READ, async_caller
from ..messages.errors import broken, refuse
from ..runtime import Runtime


def runtime_of(hass: HomeAssistant) -> Runtime:
    """Return the house; raises HomeAssistantError while none is loaded.

    While it is being loaded anew, the error says so: nothing was done, try again.
    """
    for entry in hass.config_entries.async_entries(DOMAIN):
        if entry.state is not ConfigEntryState.LOADED and entry.setup_lock.locked():
            raise broken("house_reloading")
    runtime: Runtime = async_get_config_entry(hass, DOMAIN, None).runtime_data
    return runtime


def zone_of(runtime: Runtime) -> ZoneInfo:
    """Return the zone whose calendar the house is counted in."""
    return ZoneInfo(runtime.loaded.house.time_zone)


def days_of(call: ServiceCall) -> tuple[date | None, date | None]:
    """Return the first and the last day asked for."""
    return call.data.get("start"), call.data.get("end")


async def async_chosen(
    hass: HomeAssistant, runtime: Runtime, call: ServiceCall, policy: str
) -> Sequence[AnyMeter] | None:
    """Return the meters named by id or device; None when no field was given.

    Raises Unauthorized where the policy keeps one of them from the user.
    """
    caller = await async_caller(hass, call)
    found = _named(hass, runtime, call)
    caller.demand(policy, () if found is None else [meter.key for meter in found])
    return found


async def async_all_or_chosen(
    hass: HomeAssistant,
    runtime: Runtime,
    call: ServiceCall,
    policy: str = POLICY_READ,
) -> Sequence[AnyMeter]:
    """Return the meters named; where none is, all that are open to the user."""
    found = await async_chosen(hass, runtime, call, policy)
    if found is not None:
        return found
    return (await async_caller(hass, call)).only(
        policy, runtime.loaded.house.all_meters
    )


async def async_all_or_chosen_physical(
    hass: HomeAssistant, runtime: Runtime, call: ServiceCall
) -> Sequence[Meter]:
    """Return the same of those that are read; a named one has to be one of them."""
    found = await async_chosen_physical(hass, runtime, call, POLICY_READ)
    if found is not None:
        return found
    return (await async_caller(hass, call)).only(
        POLICY_READ, runtime.loaded.house.meters
    )


async def async_chosen_physical(
    hass: HomeAssistant, runtime: Runtime, call: ServiceCall, policy: str
) -> Sequence[Meter] | None:
    """Return the meters named; those computed from others have no readings."""
    found = await async_chosen(hass, runtime, call, policy)
    return None if found is None else [_physical(runtime, one) for one in found]


async def async_one_meter(
    hass: HomeAssistant, runtime: Runtime, call: ServiceCall, policy: str
) -> AnyMeter:
    """Return the one meter named."""
    return _only(await async_chosen(hass, runtime, call, policy))


async def async_one_physical(
    hass: HomeAssistant, runtime: Runtime, call: ServiceCall, policy: str
) -> Meter:
    """Return the one meter named, which must be one that is read."""
    return _physical(runtime, await async_one_meter(hass, runtime, call, policy))


def _named(
    hass: HomeAssistant, runtime: Runtime, call: ServiceCall
) -> Sequence[AnyMeter] | None:
    if "meter_id" not in call.data and "device_id" not in call.data:
        return None
    meters = runtime.loaded.meters
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


def _only(found: Sequence[AnyMeter] | None) -> AnyMeter:
    if not found:
        raise refuse("meter_missing")
    if len(found) != 1:
        raise refuse("one_meter_only")
    return found[0]


def _physical(runtime: Runtime, meter: AnyMeter) -> Meter:
    if isinstance(meter, Meter):
        return meter
    known = runtime.loaded.meters
    names = [known[key].meter_id for key in meter.operands if key in known]
    raise refuse("not_read", meter=meter.meter_id, operands=", ".join(names))
