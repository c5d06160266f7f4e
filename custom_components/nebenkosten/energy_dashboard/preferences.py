"""The energy dashboard's settings: read, and changed when asked to."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final, cast

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from ..engine.domain.meters import House
from .plan import DashboardPlace, Entry, Plan, plan

if TYPE_CHECKING:
    from homeassistant.components.energy.data import (
        DeviceConsumption,
        EnergyManager,
        EnergyPreferences,
        SourceType,
    )

_SINGLE: Final = {
    "solar": DashboardPlace.SOLAR,
    "gas": DashboardPlace.GAS,
    "water": DashboardPlace.WATER,
}


async def async_entries(hass: HomeAssistant) -> list[Entry] | None:
    """Return what stands in the dashboard, None where there is no dashboard."""
    if "energy" not in hass.config.components:
        return None
    manager = await _async_manager(hass)
    return list(_entries(manager.data or manager.default_preferences()))


async def async_plan(hass: HomeAssistant, house: House) -> Plan | None:
    """Return what should change there today, None where there is no dashboard."""
    entries = await async_entries(hass)
    if entries is None:
        return None
    today = dt_util.now().date()
    return await hass.async_add_executor_job(plan, house, entries, today)


async def _async_manager(hass: HomeAssistant) -> EnergyManager:
    # Late: it takes the whole frontend along, which a house may do without.
    from homeassistant.components.energy.data import async_get_manager

    return await async_get_manager(hass)


def _entries(preferences: EnergyPreferences) -> Iterator[Entry]:
    for source in preferences["energy_sources"]:
        given: dict[str, Any] = {**source}
        kind = given["type"]
        imported, exported = given.get("stat_energy_from"), given.get("stat_energy_to")
        if kind == "grid":
            yield from _known(
                (DashboardPlace.GRID, imported), (DashboardPlace.FEED_IN, exported)
            )
        elif kind in _SINGLE:
            yield from _known((_SINGLE[kind], imported))
        else:
            yield from _known(
                (DashboardPlace.OTHER, imported), (DashboardPlace.OTHER, exported)
            )
    for device in preferences["device_consumption"]:
        yield Entry(
            DashboardPlace.DEVICE,
            device["stat_consumption"],
            device.get("included_in_stat"),
        )
    for device in preferences.get("device_consumption_water", []):
        yield Entry(
            DashboardPlace.WATER_DEVICE,
            device["stat_consumption"],
            device.get("included_in_stat"),
        )


def _known(*found: tuple[DashboardPlace, str | None]) -> Iterator[Entry]:
    yield from (Entry(place, statistic) for place, statistic in found if statistic)


async def async_change(
    hass: HomeAssistant, additions: Iterable[Entry], removals: Iterable[Entry]
) -> None:
    """Add and take out entries; everything else stays as it is."""
    # Loaded with the dashboard that was asked for its entries before.
    from homeassistant.components.energy.data import EnergyPreferencesUpdate

    manager = await _async_manager(hass)
    preferences = manager.data or manager.default_preferences()
    gone = {(entry.place, entry.statistic_id) for entry in removals}
    new = list(additions)
    sources = [
        kept for one in preferences["energy_sources"] if (kept := _without(one, gone))
    ]
    exports = [entry for entry in new if entry.place is DashboardPlace.FEED_IN]
    for entry in new:
        if entry.place is DashboardPlace.GRID:
            paired = exports.pop(0).statistic_id if exports else None
            sources.append(_grid(entry.statistic_id, paired))
        elif entry.place in _SINGLE.values():
            sources.append(_source(entry))
    sources += [_grid(None, entry.statistic_id) for entry in exports]
    devices = preferences["device_consumption"]
    water = preferences.get("device_consumption_water", [])
    await manager.async_update(
        EnergyPreferencesUpdate(
            energy_sources=cast("list[SourceType]", sources),
            device_consumption=_devices(devices, DashboardPlace.DEVICE, new, gone),
            device_consumption_water=_devices(
                water, DashboardPlace.WATER_DEVICE, new, gone
            ),
        )
    )


def _without(
    source: Any, gone: set[tuple[DashboardPlace, str]]
) -> dict[str, Any] | None:
    """Return a source without what is taken out, None when nothing is left of it."""
    kept = dict(source)
    if kept["type"] == "grid":
        if (DashboardPlace.GRID, kept.get("stat_energy_from")) in gone:
            kept["stat_energy_from"] = None
        if (DashboardPlace.FEED_IN, kept.get("stat_energy_to")) in gone:
            kept["stat_energy_to"] = None
        used = (
            kept.get(k) for k in ("stat_energy_from", "stat_energy_to", "stat_rate")
        )
        return kept if any(used) else None
    place = _SINGLE.get(kept["type"], DashboardPlace.OTHER)
    return None if (place, kept.get("stat_energy_from")) in gone else kept


def _devices(
    known: Iterable[Any],
    place: DashboardPlace,
    new: Iterable[Entry],
    gone: set[tuple[DashboardPlace, str]],
) -> list[DeviceConsumption]:
    kept = [dict(one) for one in known if (place, one["stat_consumption"]) not in gone]
    for entry in new:
        if entry.place is place:
            device = {"stat_consumption": entry.statistic_id}
            if entry.included_in:
                device["included_in_stat"] = entry.included_in
            kept.append(device)
    return cast("list[DeviceConsumption]", kept)


def _grid(imported: str | None, exported: str | None) -> dict[str, Any]:
    return {
        "type": "grid",
        "stat_energy_from": imported,
        "stat_energy_to": exported,
        "stat_cost": None,
        "entity_energy_price": None,
        "number_energy_price": None,
        "stat_compensation": None,
        "entity_energy_price_export": None,
        "number_energy_price_export": None,
        "cost_adjustment_day": 0.0,
    }


def _source(entry: Entry) -> dict[str, Any]:
    kind = next(name for name, place in _SINGLE.items() if place is entry.place)
    source: dict[str, Any] = {"type": kind, "stat_energy_from": entry.statistic_id}
    if kind == "solar":
        return source | {"config_entry_solar_forecast": None}
    return source | {
        "stat_cost": None,
        "entity_energy_price": None,
        "number_energy_price": None,
    }
