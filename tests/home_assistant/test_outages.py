"""A server that is down, wrong or gone: nothing is lost, and others go on."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
import signal
from typing import Any

from homeassistant.config_entries import SOURCE_REAUTH, SOURCE_RECONFIGURE
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.nebenkosten.const import DOMAIN
from custom_components.nebenkosten.influx import v1
from custom_components.nebenkosten.publication import influxdb as sink
from custom_components.nebenkosten.runtime import NkConfigEntry
from scripts.servers import Influxd

from ..gate import Gate, gate_before
from .conftest import act, settle
from .connected_house import a_house
from .influx_house import Beside, assert_same_as_engine, hourly
from .raw_series import STROM
from .reading_back import used_per_day


@pytest.fixture
def gate(influxd: Influxd) -> Iterator[Gate]:
    with gate_before(influxd.url) as opened:
        yield opened


def told(caplog: pytest.LogCaptureFixture, text: str) -> int:
    return sum(
        text in record.getMessage()
        for record in caplog.records
        if record.name.startswith("custom_components.nebenkosten")
    )


@pytest.mark.parametrize("only", ["", "/write"])
@pytest.mark.parametrize("mood", [429, 500, 503, "garbage", "silent", "cut"])
async def test_a_server_that_misbehaves(
    hass: HomeAssistant,
    house: NkConfigEntry,
    influxd: Influxd,
    gate: Gate,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    mood: int | str,
    only: str,
) -> None:
    if mood == "silent":
        monkeypatch.setattr(v1, "_TIMEOUT", (2, 2))
    beside = Beside(influxd.url)
    await a_house(hass, house, beside, gate.url)
    if only == "/write" and mood in ("garbage", "cut"):
        mood = 500
    gate.mood, gate.only = mood, only
    for _ in range(2):
        run = await act(hass, "run_analytics")
        assert run["status"] == "partial"
        assert run["meters"]["wasser"]["status"] == "ok"
        assert run["written"]["influxdb"] == 0
    assert (await used_per_day(hass, "wasser"))["2026-02-10"] == pytest.approx(1)
    assert told(caplog, "influxdb is out of reach") == 1
    assert not [r for r in caplog.records if r.levelname == "ERROR"]

    gate.mood = None
    run = await act(hass, "run_analytics")
    assert run["status"] == "ok"
    assert told(caplog, "influxdb is back") == 1
    for meter in ("strom", "wasser"):
        await assert_same_as_engine(hass, beside, meter)
    assert (await act(hass, "run_analytics"))["written"]["influxdb"] == 0


async def test_a_server_killed_in_the_middle_of_a_write(
    hass: HomeAssistant, house: NkConfigEntry, own_influxd: Influxd
) -> None:
    with gate_before(own_influxd.url) as gate:
        beside = Beside(own_influxd.url)
        await a_house(hass, house, beside, gate.url)
        gate.mood, gate.only = "killed", "/write"
        killed: list[signal.Signals] = []

        def kill() -> None:
            killed.append(signal.SIGKILL)
            own_influxd.stop(signal.SIGKILL)

        gate.kill = kill
        run = await act(hass, "run_analytics")
        assert run["status"] == "partial"
        assert killed == [signal.SIGKILL]
        assert (await used_per_day(hass, "wasser"))["2026-02-10"] == pytest.approx(1)
        own_influxd.start()
        # Half of the first meter's points may have arrived, and nobody knows.
        assert (await act(hass, "run_analytics"))["status"] == "ok"
        for meter in ("strom", "wasser"):
            await assert_same_as_engine(hass, beside, meter)


async def test_a_write_that_is_acknowledged_and_lost(
    hass: HomeAssistant, house: NkConfigEntry, influxd: Influxd, gate: Gate
) -> None:
    beside = Beside(influxd.url)
    await a_house(hass, house, beside, gate.url)
    gate.mood, gate.only = 204, "/write"
    assert (await act(hass, "run_analytics"))["written"]["influxdb"] > 0
    assert not beside.results("meter_consumption", "wasser")
    gate.mood = None
    assert (await act(hass, "run_analytics"))["written"]["influxdb"] > 0
    await assert_same_as_engine(hass, beside, "wasser")


async def test_what_is_refused_for_one_meter_stops_no_other(
    hass: HomeAssistant,
    house: NkConfigEntry,
    influxd: Influxd,
    gate: Gate,
    caplog: pytest.LogCaptureFixture,
) -> None:
    beside = Beside(influxd.url)
    await a_house(hass, house, beside, gate.url)
    for _ in range(2):
        # The first meter that is written is the one that the server does not like.
        gate.mood, gate.only, gate.times = 400, "/write", 1
        run = await act(hass, "run_analytics")
        assert run["status"] == "partial"
        assert run["errors"] == ["influxdb: strom"]
        await assert_same_as_engine(hass, beside, "wasser")
        issue = ir.async_get(hass).async_get_issue(DOMAIN, "influxdb")
        assert issue is not None
        assert issue.translation_key == "influxdb_refused"
    assert told(caplog, "influxdb is out of reach") == 1
    gate.mood = None
    assert (await act(hass, "run_analytics"))["status"] == "ok"
    await assert_same_as_engine(hass, beside, "strom")
    assert told(caplog, "influxdb is back") == 1
    assert ir.async_get(hass).async_get_issue(DOMAIN, "influxdb") is None


async def test_points_that_cannot_be_made_stop_no_statistics(
    hass: HomeAssistant,
    house: NkConfigEntry,
    influxd: Influxd,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    beside = Beside(influxd.url)
    await a_house(hass, house, beside, influxd.url)

    def broken(*_: Any) -> None:
        raise ValueError("no such thing")

    with monkeypatch.context() as patch:
        patch.setattr(sink, "wanted_points", broken)
        run = await act(hass, "run_analytics")
    assert run["status"] == "partial"
    assert run["errors"] == ["points: strom", "points: wasser"]
    assert await used_per_day(hass, "wasser")


async def test_three_days_without_the_server(
    hass: HomeAssistant,
    house: NkConfigEntry,
    own_influxd: Influxd,
    freezer: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    beside = Beside(own_influxd.url)
    await a_house(hass, house, beside, own_influxd.url)
    assert (await act(hass, "run_analytics"))["status"] == "ok"
    # The clock below jumps past every limit: nothing may go on then.
    await settle(hass)
    own_influxd.stop()
    now = datetime(2026, 3, 10, 12, tzinfo=UTC)
    for _ in range(72):
        now += timedelta(hours=1)
        freezer.move_to(now)
        async_fire_time_changed(hass, now)
        await settle(hass)
    assert told(caplog, "influxdb is out of reach") == 1
    assert not [r for r in caplog.records if r.levelname == "ERROR"]

    own_influxd.start()
    beside.say(STROM, *hourly("2026-03-10T12:00:00", 73, 0.5, 322))
    # Nobody asks: a quarter of an hour after the last failure it is tried again.
    now += timedelta(minutes=16)
    freezer.move_to(now)
    async_fire_time_changed(hass, now)
    await settle(hass)
    async_fire_time_changed(hass, now + timedelta(seconds=5))
    await settle(hass)
    assert told(caplog, "influxdb is back") == 1
    days = await assert_same_as_engine(hass, beside, "strom")
    assert days["2026-03-11T23:00:00+00:00"]["value"] == pytest.approx(12)


async def test_a_password_that_changed(
    hass: HomeAssistant,
    house: NkConfigEntry,
    influxd: Influxd,
    gate: Gate,
    caplog: pytest.LogCaptureFixture,
) -> None:
    beside = Beside(influxd.url)
    await a_house(hass, house, beside, gate.url)
    gate.mood = 401
    assert (await act(hass, "run_analytics"))["status"] == "partial"
    assert (await act(hass, "run_analytics"))["status"] == "partial"
    (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert flow["context"]["source"] == SOURCE_REAUTH
    assert flow["step_id"] == "reauth_influxdb"
    manager = hass.config_entries.flow
    secret = {"username": "me", "password": "geheim"}
    wrong = await manager.async_configure(flow["flow_id"], secret)
    assert wrong["errors"] == {"base": "influxdb_credentials"}
    gate.mood = None
    done = await manager.async_configure(flow["flow_id"], secret)
    assert done["type"] is FlowResultType.ABORT
    assert done["reason"] == "reauth_successful"
    await settle(hass)
    assert house.data["influxdb"]["password"] == "geheim"
    gate.mood = 500
    await act(hass, "run_analytics")
    assert "geheim" not in caplog.text
    gate.mood = None
    assert (await act(hass, "run_analytics"))["status"] == "ok"
    await assert_same_as_engine(hass, beside, "strom")


@pytest.mark.parametrize(("status", "key"), [(403, "rights"), (404, "place")])
async def test_what_only_the_user_can_mend(
    hass: HomeAssistant,
    house: NkConfigEntry,
    influxd: Influxd,
    gate: Gate,
    status: int,
    key: str,
) -> None:
    beside = Beside(influxd.url)
    await a_house(hass, house, beside, gate.url)
    gate.mood = status
    assert (await act(hass, "run_analytics"))["status"] == "partial"
    issues = ir.async_get(hass)
    issue = issues.async_get_issue(DOMAIN, "influxdb")
    assert issue is not None
    assert issue.translation_key == f"influxdb_{key}"
    # Also after a restart the first success takes it back.
    await hass.config_entries.async_reload(house.entry_id)
    await settle(hass)
    gate.mood = None
    assert (await act(hass, "run_analytics"))["status"] == "ok"
    assert issues.async_get_issue(DOMAIN, "influxdb") is None


async def test_a_series_whose_server_was_let_go(
    hass: HomeAssistant, house: NkConfigEntry, influxd: Influxd
) -> None:
    beside = Beside(influxd.url)
    await a_house(hass, house, beside, influxd.url)
    await act(hass, "run_analytics")
    flow = await hass.config_entries.flow.async_init(
        DOMAIN,
        context={"source": SOURCE_RECONFIGURE, "entry_id": house.entry_id},
    )
    await hass.config_entries.flow.async_configure(
        flow["flow_id"], {"next_step_id": "forget_influxdb"}
    )
    await settle(hass)
    assert "influxdb" not in house.data
    run = await act(hass, "run_analytics")
    assert run["status"] == "partial"
    assert run["errors"] == ["influxdb: strom"]
    assert run["meters"]["strom"]["readings"] > 400


async def test_a_series_that_is_gone(
    hass: HomeAssistant, house: NkConfigEntry, influxd: Influxd
) -> None:
    beside = Beside(influxd.url)
    await a_house(hass, house, beside, influxd.url)
    await act(hass, "run_analytics")
    before = await act(hass, "get_readings", meter_id="strom")
    beside.server.drop(beside.raw, "kWh")
    run = await act(hass, "run_analytics", start="2026-01-01")
    assert run["status"] == "ok"
    assert await act(hass, "get_readings", meter_id="strom") == before
