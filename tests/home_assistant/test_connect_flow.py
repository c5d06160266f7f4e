"""Connecting servers: at set-up, later, and what is wrong when it does not work."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from homeassistant.config_entries import SOURCE_RECONFIGURE, SOURCE_USER
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.nebenkosten.const import DOMAIN, SUBENTRY_PHYSICAL
from custom_components.nebenkosten.influx.model import Point
from custom_components.nebenkosten.runtime import NkConfigEntry
from scripts.servers import Influxd

from ..gate import gate_before
from ..influx.stand_in import StandIn
from ..tibber.stand_in import TOKEN as TIBBER_TOKEN, FakeTibber
from .conftest import act, add_meter, settle
from .influx_2_house import BesideV2, connect_v2, form
from .influx_house import NS, Beside, assert_same_as_engine, connect, hourly
from .raw_series import STROM
from .tibber_house import connect_tibber


async def test_a_house_set_up_with_both(
    hass: HomeAssistant, stand_in: StandIn, fake: FakeTibber
) -> None:
    manager = hass.config_entries.flow
    flow = await manager.async_init(DOMAIN, context={"source": SOURCE_USER})

    async def answer(values: dict[str, Any]) -> dict[str, Any]:
        found = await manager.async_configure(flow["flow_id"], values)
        return dict(found)

    step = await answer({"run_time": "03:30:00", "connect": ["influxdb", "tibber"]})
    assert step["step_id"] == "influxdb"
    step = await answer({"next_step_id": "influxdb_v2"})
    assert step["step_id"] == "influxdb_v2"
    for wrong, error in (
        ({"token": "other"}, "credentials"),
        ({"organisation": "other"}, "organisation"),
        ({"raw": "nowhere"}, "place"),
        ({"processed": "raw"}, "same_place"),
        ({"url": "http://127.0.0.1:1"}, "address"),
        ({"url": "influx"}, "address"),
    ):
        stand_in.buckets["results"] = []
        step = await answer(form(stand_in, **wrong))
        assert step["errors"] == {"base": f"influxdb_{error}"}, wrong
    stand_in.read_only.add("results")
    step = await answer(form(stand_in))
    assert step["errors"] == {"base": "influxdb_rights"}
    del stand_in.buckets["results"]
    stand_in.read_only.clear()
    step = await answer(form(stand_in))
    assert step["step_id"] == "create_place"
    assert step["description_placeholders"]["place"] == "results"
    step = await answer({})
    assert "results" in stand_in.buckets
    assert step["step_id"] == "tibber"
    fake.moods = ["garbage", "errors", 500]
    for error in ("answer", "refused", "server"):
        assert (await answer({"token": TIBBER_TOKEN}))["errors"] == {
            "base": f"tibber_{error}"
        }
    step = await answer({"token": TIBBER_TOKEN})
    assert step["type"] is FlowResultType.CREATE_ENTRY
    assert step["data"].keys() == {"influxdb", "tibber"}
    await settle(hass)


async def test_version_2_as_source_and_sink(
    hass: HomeAssistant, house: NkConfigEntry, stand_in: StandIn
) -> None:
    beside = BesideV2(stand_in)
    series = hourly("2025-12-01T23:00:00", 24 * 98, 0.5)
    leak = [(t, v + 60 if t >= "2026-03-08T12" else v) for t, v in series]
    beside.say(STROM, *leak)
    await connect_v2(hass, house, stand_in)
    await add_meter(hass, house, sources=[{"series": "kWh:sensor.strom"}])
    run = await act(hass, "run_analytics")
    assert run["status"] == "ok"
    await assert_same_as_engine(hass, beside, "strom")
    assert list(beside.results("meter_anomaly", "strom"))
    assert (await act(hass, "run_analytics", full=True))["written"]["influxdb"] == 0
    await act(
        hass,
        "add_reading",
        meter_id="strom",
        kind="correction",
        time="2026-03-08 12:30:00",
        value=dict(leak)["2026-03-08T12:00:00+00:00"] - 0.25,
    )
    await act(hass, "run_analytics")
    assert beside.results("meter_anomaly", "strom") == {}
    await assert_same_as_engine(hass, beside, "strom")


async def test_a_dense_year_of_version_2(
    hass: HomeAssistant, house: NkConfigEntry, stand_in: StandIn
) -> None:
    """More values than are read at once: the server reduces them by the month."""
    beside = BesideV2(stand_in)
    # A counter that was exchanged without a word, in the middle of an hour.
    first = datetime(2026, 1, 1, tzinfo=UTC)
    values = [
        ((first + timedelta(minutes=5 * n)).isoformat(), n if n < 9007 else n - 9000)
        for n in range(16_000)
    ]
    beside.say(STROM, *values)
    await connect_v2(hass, house, stand_in)
    await add_meter(hass, house, sources=[{"series": "kWh:sensor.strom"}])
    assert (await act(hass, "run_analytics"))["status"] == "ok"
    day = await act(
        hass, "get_readings", meter_id="strom", start="2026-02-01", end="2026-02-01"
    )
    kept = [one["value"] for one in day["meters"]["strom"]["readings"]]
    pairs = list(pairwise(kept))
    assert (9006.0, 7.0) in pairs
    assert len(kept) < 60


async def test_the_original_s_points_are_deleted_only_when_asked(
    hass: HomeAssistant,
    house: NkConfigEntry,
    influxd: Influxd,
    hass_client: ClientSessionGenerator,
) -> None:
    beside = Beside(influxd.url)
    beside.server.create(beside.processed)
    theirs = Point(
        measurement="meter_consumption",
        tags={"meter_id": "strom"},
        fields={"value": 1.0},
        time=1_700_006_400 * NS,
    )
    beside.server.write(beside.processed, [theirs])
    with gate_before(influxd.url) as gate:
        await connect(hass, house, beside.form(gate.url))
        await add_meter(hass, house)
        for time, value in (("2026-02-01", 1), ("2026-03-01", 29)):
            await act(hass, "add_reading", meter_id="strom", time=time, value=value)
        await act(hass, "run_analytics")
        assert beside.results("meter_consumption", "strom") == {
            "2023-11-15T00:00:00+00:00": {"value": 1.0}
        }
        assert await async_setup_component(hass, "repairs", {})
        client = await hass_client()
        for mood, choice, result in (
            (None, "later", "abort"),
            (500, "delete", "abort"),
            (None, "delete", "create_entry"),
        ):
            gate.mood = mood
            answer = await client.post(
                "/api/repairs/issues/fix",
                json={"handler": DOMAIN, "issue_id": "influxdb_original"},
            )
            flow = await answer.json()
            assert flow["description_placeholders"] == {"place": beside.processed}
            answer = await client.post(
                f"/api/repairs/issues/fix/{flow['flow_id']}",
                json={"next_step_id": choice},
            )
            assert (await answer.json())["type"] == result
        await act(hass, "run_analytics")
        await assert_same_as_engine(hass, beside, "strom")
        assert not ir.async_get(hass).async_get_issue(DOMAIN, "influxdb_original")


async def test_two_credentials_that_expired_together(
    hass: HomeAssistant, house: NkConfigEntry, influxd: Influxd, fake: FakeTibber
) -> None:
    beside = Beside(influxd.url)
    with gate_before(influxd.url) as gate:
        await connect(hass, house, beside.form(gate.url))
        await connect_tibber(hass, house)
        await add_meter(hass, house, sources=[{"tibber": "home-a/consumption"}])
        gate.mood, fake.token = 401, "newer"
        await act(hass, "run_analytics")
        await settle(hass)
        (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
        manager = hass.config_entries.flow
        answers = {
            "reauth_tibber": {"token": "newer"},
            "reauth_influxdb": {"username": "me", "password": "new"},
        }
        seen = [flow["step_id"]]
        step = await manager.async_configure(flow["flow_id"], answers[seen[0]])
        if seen[0] == "reauth_tibber":
            assert step["step_id"] == "reauth_influxdb"
            gate.mood = None
            step = await manager.async_configure(
                flow["flow_id"], answers["reauth_influxdb"]
            )
        assert step["reason"] == "reauth_successful"
        await settle(hass)
        assert house.data["tibber"] == {"token": "newer"}
        assert house.data["influxdb"]["password"] == "new"
        assert (await act(hass, "run_analytics"))["status"] == "ok"


async def test_a_place_that_cannot_be_made(
    hass: HomeAssistant, house: NkConfigEntry, influxd: Influxd
) -> None:
    beside = Beside(influxd.url)
    with gate_before(influxd.url) as gate:
        manager = hass.config_entries.flow
        flow = await manager.async_init(
            DOMAIN, context={"source": SOURCE_RECONFIGURE, "entry_id": house.entry_id}
        )
        for step in ("influxdb", "influxdb_v1"):
            flow = await manager.async_configure(
                flow["flow_id"], {"next_step_id": step}
            )
        given = beside.form(gate.url)
        flow = await manager.async_configure(flow["flow_id"], given)
        assert flow["step_id"] == "create_place"
        gate.mood = 403
        flow = await manager.async_configure(flow["flow_id"], {})
        assert flow["errors"] == {"base": "influxdb_rights"}
        gate.mood = None
        flow = await manager.async_configure(flow["flow_id"], {})
        assert flow["reason"] == "reconfigure_successful"
        await settle(hass)


async def test_letting_tibber_go(
    hass: HomeAssistant, house: NkConfigEntry, fake: FakeTibber
) -> None:
    await connect_tibber(hass, house)
    flow = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_RECONFIGURE, "entry_id": house.entry_id}
    )
    options: Any = flow["menu_options"]
    assert options[-3:] == ["influxdb", "tibber", "forget_tibber"]
    await hass.config_entries.flow.async_configure(
        flow["flow_id"], {"next_step_id": "forget_tibber"}
    )
    await settle(hass)
    assert "tibber" not in house.data


@pytest.mark.parametrize("mood", [500, "garbage"])
async def test_a_meter_can_be_edited_while_servers_are_down(
    hass: HomeAssistant,
    house: NkConfigEntry,
    influxd: Influxd,
    fake: FakeTibber,
    mood: Any,
) -> None:
    beside = Beside(influxd.url)
    beside.say(STROM, *hourly("2026-03-01T00:00:00", 24, 1))
    with gate_before(influxd.url) as gate:
        await connect(hass, house, beside.form(gate.url))
        await connect_tibber(hass, house)
        subentry_id = await add_meter(
            hass,
            house,
            sources=[{"series": "kWh:sensor.strom"}, {"tibber": "home-a/consumption"}],
        )
        gate.mood, fake.moods = mood, [mood] * 99
        flow = await hass.config_entries.subentries.async_init(
            (house.entry_id, SUBENTRY_PHYSICAL),
            context={"source": SOURCE_RECONFIGURE, "subentry_id": subentry_id},
        )
        flow = await hass.config_entries.subentries.async_configure(
            flow["flow_id"], {"next_step_id": "settings"}
        )
        assert flow["data_schema"] is not None
        fields = flow["data_schema"].schema["sources"].config["fields"]
        for column, value in (
            ("series", "kWh:sensor.strom"),
            ("tibber", "home-a/consumption"),
        ):
            options = fields[column]["selector"]["select"]["options"]
            assert [one["value"] for one in options] == [value]
        await settle(hass)
