"""What is asked of a meter, a server or a station ends when that is gone."""

from typing import Any

from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.nebenkosten.const import DOMAIN, SUBENTRY_WATER
from custom_components.nebenkosten.runtime import NkConfigEntry

from .conftest import add_meter, settle
from .repairing import FALL, SLIP, issues, say


def _raised(hass: HomeAssistant, issue: str, key: str) -> None:
    ir.async_create_issue(
        hass,
        DOMAIN,
        issue,
        is_fixable=False,
        severity=ir.IssueSeverity.ERROR,
        translation_key=key,
    )


@pytest.mark.parametrize("rows", [FALL, SLIP])
async def test_a_removed_meter_takes_its_questions_along(
    hass: HomeAssistant, house: NkConfigEntry, rows: Any
) -> None:
    subentry_id = await add_meter(hass, house)
    await add_meter(hass, house, name="Strom_2")
    await say(hass, *rows)
    (issue,) = issues(hass)
    assert "strom" in issue
    hass.config_entries.async_remove_subentry(house, subentry_id)
    await settle(hass)
    assert issues(hass) == {"meter_removed_strom"}


async def test_what_is_asked_of_a_meter_that_is_there_stays(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await add_meter(hass, house)
    other = await add_meter(hass, house, name="Gas", medium="gas", unit="m³")
    await say(hass, *FALL)
    before = issues(hass)
    hass.config_entries.async_remove_subentry(house, other)
    await settle(hass)
    assert issues(hass) == before | {"meter_removed_gas"}


async def test_servers_and_stations_that_were_let_go_are_asked_about_no_more(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    _raised(hass, "influxdb", "influxdb_rights")
    _raised(hass, "influxdb_original", "influxdb_original")
    _raised(hass, "tibber", "tibber_place")
    _raised(hass, "water_temperature_isar", "water_temperature_page")
    _raised(hass, "house_newer", "house_newer")
    await hass.config_entries.async_reload(house.entry_id)
    await settle(hass)
    assert issues(hass) == {"house_newer"}


async def test_what_is_asked_of_servers_in_use_stays(hass: HomeAssistant) -> None:
    tibber = {"token": "a", "homes": []}
    station = ConfigSubentryData(
        data={"url": "http://127.0.0.1:9/"},
        subentry_type=SUBENTRY_WATER,
        title="Isar",
        unique_id="water_temperature:isar",
    )
    house = MockConfigEntry(
        domain=DOMAIN, data={"tibber": tibber}, subentries_data=[station]
    )
    house.add_to_hass(hass)
    _raised(hass, "tibber", "tibber_place")
    _raised(hass, "water_temperature_isar", "water_temperature_page")
    _raised(hass, "influxdb", "influxdb_rights")
    assert await hass.config_entries.async_setup(house.entry_id)
    assert issues(hass) >= {"tibber", "water_temperature_isar"}
    assert "influxdb" not in issues(hass)
