"""Tibber as a source of amounts, with a server that executes our documents."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
import time
from typing import Any

from homeassistant.config_entries import SOURCE_REAUTH, SOURCE_USER
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import issue_registry as ir
from influxdb import InfluxDBClient
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.nebenkosten.analysis.collect import async_collect
from custom_components.nebenkosten.connections.tibber import TibberLink
from custom_components.nebenkosten.const import DOMAIN, SUBENTRY_PHYSICAL
from custom_components.nebenkosten.engine.domain.meters import Medium, Meter, SourceRef
from custom_components.nebenkosten.journal.series import load
from custom_components.nebenkosten.journal.store import create_journal
from custom_components.nebenkosten.runtime import NkConfigEntry
from custom_components.nebenkosten.sources import tibber
from custom_components.nebenkosten.sources.tibber import TibberSource
from scripts.servers import Influxd

from ..gate import gate_before
from ..tibber.stand_in import TOKEN, FakeTibber
from .conftest import NOW, act, add_meter, settle
from .influx_house import Beside, connect
from .tibber_house import a_house, connect_tibber, journal, truth


async def test_hours_with_cost_price_and_vat(
    hass: HomeAssistant, house: NkConfigEntry, fake: FakeTibber
) -> None:
    await a_house(hass, house)
    run = await act(hass, "run_analytics")
    assert run["status"] == "ok"
    kept = journal(hass)
    expected = truth(fake.homes[0], min(kept), NOW)
    assert {hour: row[0] for hour, row in kept.items()} == expected
    assert min(kept) <= NOW - timedelta(days=30)
    value, cost, price, vat = kept[NOW - timedelta(hours=5)]
    assert (cost, price, vat) == (value * 0.3, 0.3, 0.05)
    day = await act(
        hass, "get_consumption", meter_id="strom", start="2026-03-09", end="2026-03-09"
    )
    (row,) = day["meters"]["strom"]["rows"]
    local = datetime(2026, 3, 8, 23, tzinfo=UTC)
    used = sum(expected[local + timedelta(hours=h)] for h in range(24))
    assert row["value"] == pytest.approx(used)
    assert row["measured"] == 1.0

    # The dial was read once: hours add up from there. Later the dial says otherwise.
    await act(
        hass, "add_reading", meter_id="strom", time="2026-03-01 00:00:00", value=1000
    )
    since = sum(
        v
        for hour, v in expected.items()
        if hour >= datetime(2026, 2, 28, 23, tzinfo=UTC)
    )
    at = await act(hass, "get_counter", meter_id="strom", at="2026-03-10 13:00:00")
    assert at["value"] == pytest.approx(1000 + since)
    added = await act(
        hass,
        "add_reading",
        meter_id="strom",
        time="2026-03-10 13:00:00",
        value=1000 + since * 1.2,
    )
    assert [one["code"] for one in added["findings"]] == ["drift"]


async def test_a_null_is_unknown_and_filled_when_it_arrives(
    hass: HomeAssistant, house: NkConfigEntry, fake: FakeTibber, freezer: Any
) -> None:
    home = fake.homes[0]
    missing = {NOW - timedelta(hours=hours) for hours in (1, 2, 50, 51)}
    home.late = set(missing)
    await a_house(hass, house)
    await act(hass, "run_analytics")
    assert not missing & journal(hass).keys()
    home.late.clear()
    home.corrected[NOW - timedelta(days=20)] = 9.5
    # Five past each hour, and a second that is this house's own.
    fake.now = NOW + timedelta(hours=1)
    for minutes in (65, 66, 67, 68):
        moment = NOW + timedelta(minutes=minutes)
        freezer.move_to(moment)
        async_fire_time_changed(hass, moment)
        await settle(hass)
    kept = journal(hass)
    assert {h: row[0] for h, row in kept.items()} == truth(home, min(kept), fake.now)
    assert kept[NOW - timedelta(days=20)][0] == 9.5


async def test_four_years_by_paging(
    hass: HomeAssistant, house: NkConfigEntry, fake: FakeTibber
) -> None:
    await a_house(hass, house)
    await add_meter(
        hass, house, name="Erzeugung", sources=[{"tibber": "home-b/production"}]
    )
    done = await act(hass, "import_tibber_history", years=4)
    for home, meter in ((fake.homes[0], "strom"), (fake.homes[1], "erzeugung")):
        kept = journal(hass, meter)
        assert {h: row[0] for h, row in kept.items()} == truth(home, min(kept), NOW)
        assert min(kept) <= max(home.first, datetime(2022, 3, 10, tzinfo=UTC))
    hours = done["homes"]["home-a/consumption"]
    assert hours["hours"] == len(journal(hass)) > 35_000
    assert hours["last"] == "2026-03-10T13:00:00+01:00"
    assert fake.asked.count("Consumption") > 45


async def test_a_history_that_breaks_off_goes_on(
    hass: HomeAssistant, house: NkConfigEntry, fake: FakeTibber
) -> None:
    with pytest.raises(ServiceValidationError, match="not connected"):
        await act(hass, "import_tibber_history", years=1)
    await a_house(hass, house)
    await act(hass, "run_analytics")
    fake.moods = [None, None, None, None, "cut"]
    with pytest.raises(HomeAssistantError, match="out of reach"):
        await act(hass, "import_tibber_history", years=1)
    some = len(journal(hass))
    assert some > 2000
    await act(hass, "run_analytics")
    kept = journal(hass)
    assert {h: row[0] for h, row in kept.items()} == truth(
        fake.homes[0], min(kept), NOW
    )


async def test_a_revoked_token(
    hass: HomeAssistant, house: NkConfigEntry, fake: FakeTibber, freezer: Any
) -> None:
    wrong = await connect_tibber(hass, house, "wrong")
    assert wrong["errors"] == {"base": "tibber_credentials"}
    hass.config_entries.flow.async_abort(wrong["flow_id"])
    await a_house(hass, house)
    await act(hass, "run_analytics")
    fake.token = "newer"
    fake.now = NOW + timedelta(days=40)
    freezer.move_to(fake.now)
    run = await act(hass, "run_analytics")
    assert run["status"] == "partial"
    assert run["errors"] == ["tibber: strom"]
    await settle(hass)
    flows = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    (flow,) = [f for f in flows if f["context"]["source"] == SOURCE_REAUTH]
    assert flow["step_id"] == "reauth_tibber"
    done = await hass.config_entries.flow.async_configure(
        flow["flow_id"], {"token": "newer"}
    )
    assert done["reason"] == "reauth_successful"
    await settle(hass)
    assert (await act(hass, "run_analytics"))["status"] == "ok"
    kept = journal(hass)
    assert {h: row[0] for h, row in kept.items()} == truth(
        fake.homes[0], min(kept), fake.now
    )


async def test_what_is_no_direction_of_a_home(
    hass: HomeAssistant, house: NkConfigEntry, fake: FakeTibber
) -> None:
    await connect_tibber(hass, house)
    manager = hass.config_entries.subentries
    flow = await manager.async_init(
        (house.entry_id, SUBENTRY_PHYSICAL), context={"source": SOURCE_USER}
    )
    form = {"name": "Strom", "medium": "electricity", "unit": "kWh"}
    done = await manager.async_configure(
        flow["flow_id"], form | {"sources": [{"tibber": "home-a/weather"}]}
    )
    assert done["errors"] == {"sources": "source_unknown"}


async def test_prices(
    hass: HomeAssistant, house: NkConfigEntry, fake: FakeTibber, freezer: Any
) -> None:
    await connect_tibber(hass, house)
    state = hass.states.get("sensor.test_home_price_haus")
    assert state is not None
    # 13:00 local.
    assert float(state.state) == pytest.approx(0.33)
    assert state.attributes["unit_of_measurement"] == "EUR/kWh"
    assert len(state.attributes["prices"]) == 48
    assert state.attributes["as_of"] == NOW.isoformat()
    assert hass.states.get("sensor.test_home_price_seestrasse_1_schliersee")
    # Tibber is away; the price of the next hour is known already.
    fake.moods = ["cut"] * 50
    moment = NOW + timedelta(hours=1)
    freezer.move_to(moment)
    async_fire_time_changed(hass, moment)
    await settle(hass)
    state = hass.states.get("sensor.test_home_price_haus")
    assert state is not None
    assert float(state.state) == pytest.approx(0.34)
    assert state.attributes["as_of"] == NOW.isoformat()


async def test_hours_reach_the_raw_bucket_once(
    hass: HomeAssistant, house: NkConfigEntry, fake: FakeTibber, influxd: Influxd
) -> None:
    beside = Beside(influxd.url)
    await connect(hass, house, beside.form())
    await a_house(hass, house)
    await act(hass, "run_analytics")

    def written() -> dict[datetime, dict[str, Any]]:
        client = InfluxDBClient(port=influxd.port, username=None, password=None)
        found = client.query('SELECT * FROM "energy"', epoch="s", database=beside.raw)
        return {
            datetime.fromtimestamp(point["time"], UTC): point
            for point in found.get_points()
        }

    kept = journal(hass)
    first = written()
    assert first.keys() == kept.keys()
    for hour, point in first.items():
        assert (point["entity_id"], point["domain"]) == ("strom", "sensor")
        assert (
            point["consumption"],
            point["cost"],
            point["unit_price"],
            point["unit_price_vat"],
        ) == kept[hour]
    fake.homes[0].corrected[NOW - timedelta(hours=30)] = 7.5
    await act(hass, "run_analytics")
    assert written()[NOW - timedelta(hours=30)]["consumption"] == 7.5


async def test_a_home_that_is_gone_stops_no_other(
    hass: HomeAssistant, house: NkConfigEntry, fake: FakeTibber
) -> None:
    await a_house(hass, house)
    await add_meter(hass, house, name="Zwei", sources=[{"tibber": "home-b/production"}])
    await act(hass, "run_analytics")
    gone = fake.homes.pop(0)
    fake.homes[0].corrected[NOW - timedelta(hours=3)] = 4.5
    for _ in range(2):
        run = await act(hass, "run_analytics")
        assert run["errors"] == ["tibber: strom"]
        assert journal(hass, "zwei")[NOW - timedelta(hours=3)][0] == 4.5
        issue = ir.async_get(hass).async_get_issue(DOMAIN, "tibber")
        assert issue is not None
    fake.homes.insert(0, gone)
    assert (await act(hass, "run_analytics"))["status"] == "ok"
    assert ir.async_get(hass).async_get_issue(DOMAIN, "tibber") is None


async def test_hours_wait_for_the_raw_bucket(
    hass: HomeAssistant, house: NkConfigEntry, fake: FakeTibber, influxd: Influxd
) -> None:
    beside = Beside(influxd.url)
    with gate_before(influxd.url) as gate:
        await connect(hass, house, beside.form(gate.url))
        await a_house(hass, house)
        await add_meter(
            hass, house, name="Erzeugung", sources=[{"tibber": "home-b/production"}]
        )
        gate.mood, gate.only = 500, "/write"
        run = await act(hass, "run_analytics")
        assert run["status"] == "partial"
        assert run["meters"]["strom"]["readings"] == 0
        assert run["meters"]["strom"]["days"] > 29
        gate.mood = None
        assert (await act(hass, "run_analytics"))["status"] == "ok"
        client = InfluxDBClient(port=influxd.port, username=None, password=None)
        found = client.query('SELECT * FROM "energy"', epoch="s", database=beside.raw)
        points = list(found.get_points())
        # What a home produces is no consumption.
        assert {point["entity_id"] for point in points} == {"strom"}
        assert len(points) == len(journal(hass))


async def test_a_history_of_no_meter(
    hass: HomeAssistant, house: NkConfigEntry, fake: FakeTibber
) -> None:
    await a_house(hass, house)
    await add_meter(hass, house, name="Gas", medium="gas", unit="m³")
    fake.homes[0].first = NOW
    done = await act(hass, "import_tibber_history", years=1)
    nothing = {"hours": 0, "first": None, "last": None}
    assert done["homes"] == {"home-a/consumption": nothing}


MOODS = (None, None, None, 401, 429, 500, 503, "garbage", "cut", "errors")


async def test_no_hour_twice_and_none_missing_whatever_fails_when(
    hass: HomeAssistant,
    house: NkConfigEntry,
    fake: FakeTibber,
    freezer: Any,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """Two hundred schedules of outages, across both clock changes of 2026.

    Days take the place of months, so that they fit into a test.
    """
    monkeypatch.setattr(tibber, "_REREAD", 3 * 86400.0)
    monkeypatch.setattr(tibber, "_PAGE", 100)
    source = SourceRef(kind="tibber", reference="home-a/consumption")
    meter = Meter(
        meter_id="strom",
        name="Strom",
        medium=Medium.ELECTRICITY,
        unit="kWh",
        sources=(source,),
    )
    home = fake.homes[0]
    # A clock that stands still never wakes a sleeper: nobody waits that long.
    fake.retry_after = "600"
    failures = 0
    for seed in range(200):
        dice = Random(seed)
        link = TibberLink(hass, house, TOKEN)
        start = datetime(2026, dice.choice((3, 10)), 22, tzinfo=UTC)
        fake.now = start + timedelta(hours=dice.randrange(48))
        kept = create_journal(tmp_path / f"{seed}.db")
        home.late = set()
        first = None
        for step in range(5):
            hour = fake.now.replace(minute=0)
            home.late = {
                hour - timedelta(hours=back)
                for back in range(48)
                if dice.random() < 0.1
            }
            fake.moods = [dice.choice(MOODS) for _ in range(dice.randrange(6))]
            if step == 4:
                home.late, fake.moods = set(), []
            freezer.move_to(fake.now)
            link.begin()
            gathered = await async_collect(
                hass, kept, {"tibber": TibberSource(link)}, meter, None
            )
            failures += bool(gathered.missed)
            if first is None and load(kept, "strom").amounts.starts:
                first = fake.now
            fake.now += timedelta(hours=dice.choice((1, 2, 7, 30, 100, 240)))
        fake.now = datetime.fromtimestamp(time.time(), UTC)
        amounts = load(kept, "strom").amounts
        found = dict(zip(amounts.starts, amounts.values, strict=True))
        assert len(found) == len(amounts.starts)
        begin = datetime.fromtimestamp(min(found), UTC)
        assert first is not None
        assert begin <= first - timedelta(days=3)
        expected = truth(home, begin, fake.now)
        assert found == {hour.timestamp(): use for hour, use in expected.items()}
        kept.close()
        for flow in hass.config_entries.flow.async_progress_by_handler(DOMAIN):
            hass.config_entries.flow.async_abort(flow["flow_id"])
    assert failures > 200
