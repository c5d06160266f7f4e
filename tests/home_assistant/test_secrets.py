"""A server that echoes what it was sent, addresses that are none, and asking again."""

from base64 import b64encode
from collections.abc import Iterator
import json
from typing import Any
from urllib.parse import quote

from homeassistant.config_entries import SOURCE_RECONFIGURE, SOURCE_USER
from homeassistant.core import Event, HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest

from custom_components.nebenkosten.const import DOMAIN, SUBENTRY_WATER
from custom_components.nebenkosten.diagnostics import async_get_config_entry_diagnostics
from custom_components.nebenkosten.runtime import NkConfigEntry
from scripts.servers import Influxd

from ..gate import Gate, gate_before
from ..tibber.stand_in import FakeTibber
from .conftest import act, add_meter, settle
from .influx_house import Beside, connect, hourly
from .raw_series import STROM
from .tibber_house import connect_tibber

PASSWORD = 'geh"eim/<1>+ü'
BASIC = b64encode(f"me:{PASSWORD}".encode()).decode()
FORMS = (PASSWORD, quote(PASSWORD, safe=""), json.dumps(PASSWORD)[1:-1], BASIC)


@pytest.fixture
def beside(influxd: Influxd) -> Beside:
    return Beside(influxd.url)


@pytest.fixture
def gate(influxd: Influxd) -> Iterator[Gate]:
    with gate_before(influxd.url) as found:
        yield found


async def test_a_password_that_comes_back(
    hass: HomeAssistant,
    house: NkConfigEntry,
    beside: Beside,
    gate: Gate,
    caplog: pytest.LogCaptureFixture,
) -> None:
    events: list[Event] = []
    hass.bus.async_listen("*", events.append)
    beside.say(STROM, *hourly("2026-03-01T00:00:00", 24, 1))
    given = beside.form(gate.url) | {"username": "me", "password": PASSWORD}
    await connect(hass, house, given)
    await add_meter(hass, house, sources=[{"series": "kWh:sensor.strom"}])
    gate.mood, gate.echo = "echoing", " ".join(FORMS)
    caplog.clear()
    run = await act(hass, "run_analytics", full=True)
    assert run["status"] == "partial"
    flow = await connect(hass, house, given)
    assert flow["errors"] == {"base": "influxdb_refused"}
    issue = ir.async_get(hass).async_get_issue(DOMAIN, "influxdb")
    assert issue is not None
    assert "•••" in (issue.translation_placeholders or {})["detail"]
    told: list[Any] = [
        [one.getMessage() for one in caplog.records if DOMAIN in one.name],
        [one.exc_text for one in caplog.records],
        [
            str(one.translation_placeholders)
            for one in ir.async_get(hass).issues.values()
        ],
        flow["description_placeholders"],
        await act(hass, "get_runs"),
        await async_get_config_entry_diagnostics(hass, house),
        [state.as_dict() for state in hass.states.async_all()],
        [one.as_dict() for one in events if one.event_type != "call_service"],
    ]
    for text in (json.dumps(told, default=str), str(told)):
        assert [form for form in FORMS if form in text] == []
    assert any("influxdb is out of reach" in one for one in told[0])


BAD = (
    *("http://host:99999", "http://[::1", "http://a b", "localhost", "http://"),
    *("http://a..b", f"http://{'ä' * 70}.de", "http://host:abc", "ftp://host"),
)


async def test_addresses_that_are_none(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    for url in BAD:
        for version in ("influxdb_v1", "influxdb_v2", "influxdb_v3"):
            manager = hass.config_entries.flow
            flow = await manager.async_init(
                DOMAIN,
                context={"source": SOURCE_RECONFIGURE, "entry_id": house.entry_id},
            )
            for step in ("influxdb", version):
                flow = await manager.async_configure(
                    flow["flow_id"], {"next_step_id": step}
                )
            given = {"url": url, "raw": "a", "processed": "b", "verify_ssl": True}
            if version != "influxdb_v1":
                given["token"] = "tocken"
            if version == "influxdb_v2":
                given["organisation"] = "home"
            flow = await manager.async_configure(flow["flow_id"], given)
            assert flow["errors"] == {"base": "influxdb_address"}, (url, version)
            manager.async_abort(flow["flow_id"])
        subentries = hass.config_entries.subentries
        station = await subentries.async_init(
            (house.entry_id, SUBENTRY_WATER), context={"source": SOURCE_USER}
        )
        form = {"station": "other", "name": "Inn", "url": url}
        found = await subentries.async_configure(station["flow_id"], form)
        assert found["errors"] == {"url": "water_address"}, url
        subentries.async_abort(station["flow_id"])


async def test_a_question_for_credentials_that_was_dismissed_comes_again(
    hass: HomeAssistant,
    house: NkConfigEntry,
    beside: Beside,
    gate: Gate,
    fake: FakeTibber,
) -> None:
    beside.say(STROM, *hourly("2026-03-01T00:00:00", 24, 1))
    await connect(hass, house, beside.form(gate.url))
    await connect_tibber(hass, house)
    sources = [{"series": "kWh:sensor.strom"}]
    await add_meter(hass, house, sources=sources)
    gate.mood = 401
    manager = hass.config_entries.flow
    for _ in range(3):
        await act(hass, "run_analytics", full=True)
        await settle(hass)
        # Never two at a time.
        await act(hass, "run_analytics", full=True)
        await settle(hass)
        (flow,) = manager.async_progress_by_handler(DOMAIN)
        assert flow["step_id"] == "reauth_influxdb"
        manager.async_abort(flow["flow_id"])
