"""Results wiped and back again, an older cache, an exchange by the meter's menu."""

from datetime import timedelta
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
import pytest

from custom_components.nebenkosten.runs.run_log import RunLog
from custom_components.nebenkosten.runtime import NkConfigEntry
from scripts.servers import Influxd

from .conftest import act, add_meter, settle
from .influx_house import Beside, connect
from .meter_forms import go_on, menu
from .reading_back import published


async def _read(hass: HomeAssistant) -> None:
    for time, value in (("2026-01-31", 1000), ("2026-02-28", 1280)):
        await act(hass, "add_reading", meter_id="strom", time=time, value=value)


async def test_results_are_wiped_and_come_back(
    hass: HomeAssistant, house: NkConfigEntry, influxd: Influxd
) -> None:
    beside = Beside(influxd.url)
    await connect(hass, house, beside.form())
    await add_meter(hass, house)
    await _read(hass)
    await act(hass, "run_analytics")
    rows = await published(hass, "strom")
    with pytest.raises(ServiceValidationError) as caught:
        await act(hass, "wipe_processed")
    assert caught.value.translation_key == "not_confirmed"
    assert await published(hass, "strom") == rows
    done = await act(hass, "wipe_processed", confirm=True)
    assert done["deleted"] == {"statistics": 1, "influxdb": 7}
    assert await published(hass, "strom") == []
    readings = (await act(hass, "get_readings"))["meters"]["strom"]["readings"]
    assert len(readings) == 2
    run = await act(hass, "run_analytics")
    assert run["written"]["statistics"] == len(rows)
    assert run["written"]["influxdb"] > 0
    assert await published(hass, "strom") == rows


async def test_a_server_out_of_reach_wipes_nothing(
    hass: HomeAssistant, house: NkConfigEntry, own_influxd: Influxd
) -> None:
    beside = Beside(own_influxd.url)
    await connect(hass, house, beside.form())
    await add_meter(hass, house)
    await _read(hass)
    await act(hass, "run_analytics")
    own_influxd.stop()
    with pytest.raises(HomeAssistantError) as caught:
        await act(hass, "wipe_processed", confirm=True)
    assert caught.value.translation_key == "influxdb_out_of_reach"
    assert await published(hass, "strom")


async def test_values_of_an_older_layout_are_computed_anew(
    hass: HomeAssistant, house: NkConfigEntry, hass_storage: dict[str, Any]
) -> None:
    await add_meter(hass, house)
    await _read(hass)
    await act(hass, "run_analytics")
    await hass.config_entries.async_unload(house.entry_id)
    await settle(hass)
    hass_storage["nebenkosten.last_values"]["data"]["layout"] = 1
    await hass.config_entries.async_setup(house.entry_id)
    await settle(hass)
    run = await act(hass, "run_analytics")
    assert (run["status"], run["written"]["statistics"]) == ("ok", 0)


async def test_the_runs_file_can_go(hass: HomeAssistant) -> None:
    log = RunLog(hass, timedelta(days=30))
    await log.async_save()
    await log.async_remove()
    await log.async_load()
    assert log.runs == []


async def test_an_exchange_is_entered_from_the_meters_menu(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await add_meter(hass, house)
    await _read(hass)
    form = await menu(hass, house, "replace_meter")
    given = {
        "time": "2026-03-05 10:00:00",
        "final_value": "1.330,5",
        "first_value": "2",
    }
    wrong = await go_on(hass, form, **(given | {"first_value": "x"}))
    assert wrong["errors"] == {"base": "not_a_number"}
    shown = await go_on(hass, form, **given)
    assert shown["step_id"] == "confirm_exchange"
    assert shown["description_placeholders"]["use"] == "50.5"
    done = await go_on(hass, shown)
    assert done["reason"] == "meter_replaced"
    await settle(hass)
    response = await act(hass, "get_readings", meter_id="strom")
    kinds = [r["kind"] for r in response["meters"]["strom"]["readings"]]
    assert kinds[-2:] == ["removal", "install"]

    again = await menu(hass, house, "replace_meter")
    later = given | {
        "time": "2026-03-06 10:00:00",
        "final_value": "9",
        "first_value": "0",
    }
    shown = await go_on(hass, again, **later)
    await hass.config_entries.async_unload(house.entry_id)
    done = await go_on(hass, shown)
    assert done["type"] == "abort"


async def test_an_exchange_keeps_both_readings_and_the_number(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await add_meter(hass, house)
    await _read(hass)
    tried = await act(
        hass,
        "replace_meter",
        meter_id="strom",
        time="05.03.2026",
        final_value="1.350,0",
        dry_run=True,
    )
    assert tried["use"] == pytest.approx(70)
    done = await act(
        hass,
        "replace_meter",
        meter_id="strom",
        time="05.03.2026",
        final_value="1.350,0",
        serial_number="NEU",
    )
    assert done["removal_id"] < done["install_id"]
    assert [f["code"] for f in done["findings"]] == ["second_reading_missing"]
    await settle(hass)
    assert next(iter(house.subentries.values())).data["serial_number"] == "NEU"
    with pytest.raises(ServiceValidationError) as caught:
        await act(hass, "replace_meter", meter_id="strom", time="bald", final_value="1")
    assert caught.value.translation_key == "not_a_time"


async def test_a_frontend_is_offered_the_dashboard(
    hass: HomeAssistant, hass_client: Any
) -> None:
    assert await async_setup_component(hass, "http", {})
    hass.config.components.add("frontend")
    from homeassistant.components.frontend import DATA_EXTRA_MODULE_URL, UrlManager

    hass.data[DATA_EXTRA_MODULE_URL] = UrlManager(lambda *_: None, [])
    assert await async_setup_component(hass, "nebenkosten", {})
    (url,) = hass.data[DATA_EXTRA_MODULE_URL].urls
    client = await hass_client()
    answer = await client.get(url)
    assert "ll-strategy-dashboard-nebenkosten" in await answer.text()


async def test_what_a_sensor_makes_needless_is_switched_off(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    hass.states.async_set("sensor.strom", "1", {"unit_of_measurement": "kWh"})
    await add_meter(hass, house, sources=[{"entity": "sensor.strom"}])
    await add_meter(hass, house, name="Hand")
    registry = er.async_get(hass)
    for key, disabled in (("strom", True), ("hand", False)):
        entity_id = registry.async_get_entity_id(
            "sensor", "nebenkosten", f"{key}_last_reading"
        )
        assert entity_id is not None
        entry = registry.async_get(entity_id)
        assert entry is not None
        assert (entry.disabled_by is not None) is disabled
    assert hass.states.get("number.hand_new_reading")
    assert hass.states.get("number.strom_new_reading") is None
