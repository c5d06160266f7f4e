"""How our statistics get into the energy dashboard, and out where they count twice."""

from typing import Any

from homeassistant.components.energy.data import async_get_manager
from homeassistant.config_entries import SOURCE_RECONFIGURE
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

from custom_components.nebenkosten.const import DOMAIN, SUBENTRY_MASTER
from custom_components.nebenkosten.runtime import NkConfigEntry

from .computed_meters import CHAIN, add_computed, exchanged
from .conftest import act, add_meter
from .repairing import issues, mend

__all__ = ["exchanged"]


async def _assistant(hass: HomeAssistant, house: NkConfigEntry) -> Any:
    menu = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_RECONFIGURE, "entry_id": house.entry_id}
    )
    return await hass.config_entries.flow.async_configure(
        menu["flow_id"], {"next_step_id": "energy_dashboard"}
    )


async def _house_of_all_media(hass: HomeAssistant, house: NkConfigEntry) -> None:
    for name, medium, unit, more in (
        ("Haus", "electricity", "kWh", {"role": "main"}),
        ("Wohnung", "electricity", "kWh", {"part_of": "haus"}),
        ("Zimmer", "electricity", "kWh", {"part_of": "wohnung"}),
        ("Dach", "electricity", "kWh", {"role": "production"}),
        ("Netz", "electricity", "kWh", {"role": "feed_in"}),
        ("Gas", "gas", "m³", {}),
        ("Wasser", "water", "m³", {"role": "main"}),
        ("Garten", "water", "m³", {"part_of": "wasser"}),
        ("Heizkreis", "heat", "kWh", {"role": "main"}),
    ):
        await add_meter(hass, house, name=name, medium=medium, unit=unit, more=more)


async def test_the_assistant_wires_the_energy_dashboard(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    missing = await _assistant(hass, house)
    assert missing["reason"] == "energy_missing"
    assert await async_setup_component(hass, "energy", {})
    await _house_of_all_media(hass, house)
    manager = await async_get_manager(hass)
    form = await _assistant(hass, house)
    assert form["step_id"] == "energy_dashboard"
    added = form["description_placeholders"]["added"].splitlines()
    assert len(added) == 8
    done = await hass.config_entries.flow.async_configure(form["flow_id"], {})
    assert done["reason"] == "energy_done"
    data = manager.data
    assert data is not None
    grid, solar, gas, water = data["energy_sources"]
    assert grid["type"] == "grid"
    assert grid["stat_energy_from"] == "nebenkosten:haus_consumption"
    assert grid["stat_energy_to"] == "nebenkosten:netz_consumption"
    assert [one["type"] for one in (solar, gas, water)] == ["solar", "gas", "water"]
    assert data["device_consumption"] == [
        {"stat_consumption": "nebenkosten:wohnung_consumption"},
        {
            "stat_consumption": "nebenkosten:zimmer_consumption",
            "included_in_stat": "nebenkosten:wohnung_consumption",
        },
    ]
    assert data["device_consumption_water"] == [
        {"stat_consumption": "nebenkosten:garten_consumption"}
    ]
    again = await _assistant(hass, house)
    assert again["reason"] == "energy_complete"


async def test_what_is_counted_twice_is_found_and_taken_out(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    assert await async_setup_component(hass, "energy", {})
    await _house_of_all_media(hass, house)
    hass.states.async_set("sensor.keller", "1", {"unit_of_measurement": "kWh"})
    await add_meter(
        hass,
        house,
        name="Keller",
        sources=[{"entity": "sensor.keller"}],
        more={"part_of": "haus"},
    )
    await act(hass, "run_analytics")
    manager = await async_get_manager(hass)

    def grid(statistic: str | None, export: str | None = None) -> dict[str, Any]:
        return {
            "type": "grid",
            "stat_energy_from": statistic,
            "stat_energy_to": export,
            "cost_adjustment_day": 0.0,
        }

    def device(statistic: str) -> dict[str, Any]:
        return {"stat_consumption": statistic}

    ours = "nebenkosten:{}_consumption".format
    wired: Any = {
        "energy_sources": [
            grid("sensor.other"),
            grid(ours("haus"), ours("netz")),
            grid(ours("wohnung")),
            grid(None, ours("gone")),
            {"type": "gas", "stat_energy_from": ours("gas")},
            {"type": "gas", "stat_energy_from": ours("wasser")},
            {"type": "battery", "stat_energy_from": "a:b", "stat_energy_to": "a:c"},
        ],
        "device_consumption": [device("sensor.keller"), device(ours("keller"))],
        "device_consumption_water": [],
    }
    await manager.async_update(wired)
    await act(hass, "run_analytics")
    assert issues(hass) == {"energy_wiring"}
    shown = await mend(hass, "energy_wiring", {})
    said = shown[0]["description_placeholders"]["text"]
    assert len(said.splitlines()) == 4
    assert "sensor.keller" in said
    assert shown[1]["type"] == "create_entry"
    data: Any = manager.data
    kept = [one.get("stat_energy_from") for one in data["energy_sources"]]
    assert kept == ["sensor.other", ours("haus"), ours("gas"), "a:b"]
    assert data["device_consumption"] == [device("sensor.keller")]
    await act(hass, "run_analytics")
    assert issues(hass) == set()


async def test_without_a_dashboard_its_repair_changes_nothing(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    assert await async_setup_component(hass, "energy", {})
    await add_meter(hass, house, name="Wasser", medium="water", unit="m³")
    manager = await async_get_manager(hass)
    gas: Any = {"type": "gas", "stat_energy_from": "nebenkosten:wasser_consumption"}
    await manager.async_update({"energy_sources": [gas], "device_consumption": []})
    await act(hass, "run_analytics")
    assert issues(hass) == {"energy_wiring"}
    # The issue outlives a restart; the dashboard may have been switched off by then.
    hass.config.components.remove("energy")
    shown = await mend(hass, "energy_wiring", {})
    assert shown[1]["type"] == "create_entry"
    data: Any = manager.data
    assert data["energy_sources"] == [gas]


async def test_a_master_stands_for_its_sources(
    hass: HomeAssistant, exchanged: NkConfigEntry
) -> None:
    assert await async_setup_component(hass, "energy", {})
    await add_computed(
        hass,
        exchanged,
        SUBENTRY_MASTER,
        name="Haus",
        periods=CHAIN,
        more={"role": "main"},
    )
    form = await _assistant(hass, exchanged)
    added = form["description_placeholders"]["added"].splitlines()
    assert [line[2:6] for line in added] == ["Haus"]
    manager = await async_get_manager(hass)
    sources: Any = [
        {
            "type": "grid",
            "stat_energy_from": f"nebenkosten:{key}_consumption",
            "stat_energy_to": None,
            "cost_adjustment_day": 0.0,
        }
        for key in ("haus", "neu")
    ]
    await manager.async_update({"energy_sources": sources, "device_consumption": []})
    form = await _assistant(hass, exchanged)
    assert "Haus" in form["description_placeholders"]["wrong"]
    hass.config_entries.flow.async_abort(form["flow_id"])
