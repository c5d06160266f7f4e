"""Diagnostics, system health and logbook: what they tell, and what they keep back."""

import json
from typing import Any

from homeassistant.core import Event, HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.translation import async_get_translations
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.nebenkosten import logbook, system_health
from custom_components.nebenkosten.const import DOMAIN
from custom_components.nebenkosten.diagnostics import (
    async_get_config_entry_diagnostics,
    async_get_device_diagnostics,
)
from custom_components.nebenkosten.runtime import NkConfigEntry
from scripts.servers import Influxd

from ..tibber.stand_in import FakeTibber
from .alerts import LEAK
from .conftest import act, settle
from .influx_house import Beside, connect
from .leaking_house import leaking
from .tibber_house import connect_tibber

CANARIES = ("Familie Kanari", "SN-KANARI", "kanari-notiz")


async def _wasser(hass: HomeAssistant, house: NkConfigEntry) -> Any:
    device = dr.async_get(hass).async_get_device_by_identifier(
        (DOMAIN, "wasser"), house.entry_id
    )
    assert device is not None
    return device


async def test_diagnostics_help_and_keep_secrets(
    hass: HomeAssistant, house: NkConfigEntry, fake: FakeTibber, influxd: Influxd
) -> None:
    beside = Beside(influxd.url)
    await connect(hass, house, beside.form())
    await connect_tibber(hass, house)
    await leaking(
        hass, house, LEAK, more={"serial_number": CANARIES[1]}, meter_id="wasser"
    )
    await act(
        hass,
        "add_reading",
        meter_id="wasser",
        value=170,
        time="2026-03-10 12:00",
        note=CANARIES[2],
    )
    (subentry,) = (s for s in house.subentries.values() if s.unique_id == "wasser")
    hass.config_entries.async_update_subentry(house, subentry, title=CANARIES[0])
    await settle(hass)
    whole = await async_get_config_entry_diagnostics(hass, house)
    meter = await async_get_device_diagnostics(hass, house, await _wasser(hass, house))
    text = json.dumps([whole, meter], default=str)
    secrets = (*CANARIES, influxd.url, house.data["tibber"]["token"])
    assert [secret for secret in secrets if secret in text] == []
    assert whole["journal"]["readings"] == 162
    assert whole["meters"]["meter_1"]["kind"] == "physical"
    assert whole["meters"]["meter_1"]["alerts"][0]["kind"] == "leak"
    assert whole["servers"] == {"influxdb": False, "tibber": False}
    assert whole["runs"]
    assert meter["readings"][-1]["value"] == 170
    assert meter["anomalies"][0]["kind"] == "leak"


async def test_a_house_without_its_journal_still_has_diagnostics(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await leaking(hass, house, {})
    path = house.runtime_data.loaded.journal.path
    await hass.config_entries.async_unload(house.entry_id)
    path.rename(path.with_name("safe"))
    await hass.config_entries.async_setup(house.entry_id)
    await settle(hass)
    whole = await async_get_config_entry_diagnostics(hass, house)
    assert whole["journal"] is None
    assert whole["health"] == {"level": "error", "reasons": ["journal"]}
    meter = await async_get_device_diagnostics(hass, house, await _wasser(hass, house))
    assert meter.keys() == {"meter"}
    (parent,) = (
        d
        for d in dr.async_entries_for_config_entry(dr.async_get(hass), house.entry_id)
        if d.name == house.title
    )
    other = await async_get_device_diagnostics(hass, house, parent)
    assert other == {"meter": "**REDACTED**"}
    told = await _health(hass)
    assert told["health"] == "error"
    assert "readings" not in told


async def _health(hass: HomeAssistant) -> dict[str, Any]:
    found: list[Any] = []

    class Registration:
        def async_register_info(self, info: Any) -> None:
            found.append(info)

    registration: Any = Registration()
    system_health.async_register(hass, registration)
    told: dict[str, Any] = await found[0](hass)
    for value in told.values():
        if hasattr(value, "close"):
            value.close()  # a question to a server that nobody awaits here
    return told


async def test_system_health(
    hass: HomeAssistant, house: NkConfigEntry, fake: FakeTibber
) -> None:
    assert (await _health(hass))["meters"] == 0
    await connect_tibber(hass, house)
    await leaking(hass, house, {})
    told = await _health(hass)
    assert (told["health"], told["meters"], told["readings"]) == ("ok", 1, 161)
    assert told["journal"].endswith(" MiB")
    assert "tibber" in told
    await hass.config_entries.async_unload(house.entry_id)
    assert await _health(hass) == {"meters": 0}


@pytest.mark.parametrize(("language", "said"), [("en", "began"), ("de", "begann")])
async def test_the_logbook_is_told_in_the_houses_language(
    hass: HomeAssistant, house: NkConfigEntry, language: str, said: str
) -> None:
    hass.config.language = language
    await async_get_translations(hass, language, "exceptions", {DOMAIN})
    described: dict[str, Any] = {}
    logbook.async_describe_events(
        hass, lambda _, kind, how: described.update({kind: how})
    )
    anomaly = described["nebenkosten_anomaly"](
        Event(
            "nebenkosten_anomaly",
            {"meter_id": "wasser", "phase": "opened", "reason": "{weil}"},
        )
    )
    assert anomaly["name"] == "wasser"
    assert anomaly["message"] == f"{said}: {{weil}}"
    lines = async_capture_events(hass, "logbook_entry")
    told = {"status": "ok", "duration_s": 1.25, "mended": [], "trigger": "manual"}
    silent = told | {"trigger": "hourly"}
    for one in (told, silent, silent | {"status": "partial"}, silent | {"mended": [1]}):
        hass.bus.async_fire("nebenkosten_run_finished", one)
    await hass.async_block_till_done()
    mine = [one.data["message"] for one in lines if one.data["domain"] == DOMAIN]
    assert len(mine) == 3
    assert all("1.2 s" in message for message in mine)


async def test_the_platforms_find_them(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    for component in ("diagnostics", "system_health"):
        assert await async_setup_component(hass, component, {})
    await settle(hass)
