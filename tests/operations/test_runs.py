"""What a run does, tells and leaves behind, and when one begins."""

import asyncio
from datetime import date, timedelta
import json
import logging
from typing import Any
import zipfile

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import (
    async_capture_events,
    async_fire_time_changed,
)

from custom_components.nebenkosten.analysis import analyse
from custom_components.nebenkosten.outside import deadline
from custom_components.nebenkosten.publication import statistics
from custom_components.nebenkosten.runs import progress
from custom_components.nebenkosten.runtime import NkConfigEntry
from scripts.servers import Influxd

from ..gate import gate_before
from ..home_assistant.clock import pass_to
from ..home_assistant.computed_meters import add_computed
from ..home_assistant.conftest import act, add_meter, settle
from ..home_assistant.connected_house import a_house
from ..home_assistant.influx_house import Beside
from ..home_assistant.leaking_house import daily_rows, leaking
from ..home_assistant.reading_back import published, used_per_day
from .tools import READ, read_house, state


async def test_a_run_asked_for_by_anybody_answers_the_same(
    hass: HomeAssistant, house: NkConfigEntry, hass_client: Any
) -> None:
    assert await async_setup_component(hass, "api", {})
    client = await hass_client()
    await read_house(hass, house)
    by_action = await act(hass, "run_analytics")
    answer = await client.post(
        "/api/services/nebenkosten/run_analytics?return_response", json={}
    )
    by_rest = (await answer.json())["service_response"]
    script = {
        "asks": {
            "sequence": [
                {"action": "nebenkosten.run_analytics", "response_variable": "run"},
                {"stop": "done", "response_variable": "run"},
            ]
        }
    }
    assert await async_setup_component(hass, "script", {"script": script})
    by_script: Any = await hass.services.async_call(
        "script", "asks", blocking=True, return_response=True
    )
    for run in (by_rest, by_script):
        assert run["meters"] == by_action["meters"]
        assert run["status"] == "ok"
    assert len({run["run_id"] for run in (by_action, by_rest, by_script)}) == 3
    entity_id = state(hass, "house_run_analytics", "button").entity_id
    await hass.services.async_call(
        "button", "press", {"entity_id": entity_id}, blocking=True
    )
    assert len((await act(hass, "get_runs"))["runs"]) >= 5


async def test_a_second_one_is_told_that_one_goes_on(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await read_house(hass, house)
    first = asyncio.ensure_future(act(hass, "run_analytics", full=True))
    await asyncio.sleep(0)
    with pytest.raises(ServiceValidationError) as caught:
        await act(hass, "run_analytics")
    assert caught.value.translation_key == "run_in_progress"
    assert (await first)["status"] == "ok"


async def test_a_run_leaves_one_record_that_tells_all(
    hass: HomeAssistant,
    house: NkConfigEntry,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(progress, "_PACE", 0.0)
    steps = async_capture_events(hass, "nebenkosten_run_progress")
    await add_meter(hass, house, more={"daily_limit": 1})
    for time, value in READ:
        await act(hass, "add_reading", meter_id="strom", time=time, value=value)
    caplog.clear()
    with caplog.at_level(logging.INFO):
        run = await act(hass, "run_analytics")
    record = (await act(hass, "get_runs"))["runs"][0]
    assert record["run_id"] == run["run_id"]
    assert record["trigger"] == "manual"
    assert record["started"] <= record["finished"]
    assert set(record["stages_s"]) == {"collect", "analyse", "publish"}
    (meter,) = record["meters"].values()
    assert meter == {
        "status": "ok",
        "readings": 3,
        "collected": 0,
        "changed_days": 37,
        "findings": 1,
    }
    assert record["written"]["statistics"] == 37
    assert [w.split(":")[0] for w in record["warnings"]] == ["strom"]
    assert record["errors"] == []
    event = state(hass, "house_run", "event")
    assert event.attributes["event_type"] == "ok"
    assert event.attributes["run_id"] == run["run_id"]
    stages_told = [one.data["stage"] for one in steps]
    assert set(stages_told) == {"analyse", "publish"}  # nothing is collected here
    assert {one.data["run_id"] for one in steps} == {run["run_id"]}
    assert all(0 < one.data["done"] <= one.data["of"] for one in steps)
    (line,) = [
        found.getMessage()
        for found in caplog.records
        if found.name.endswith("after_run") and found.getMessage().startswith("run {")
    ]
    told = json.loads(line.removeprefix("run "))
    assert (told["run_id"], told["status"]) == (run["run_id"], "ok")
    assert told["meters"] == 1


async def test_a_server_that_stumbles_is_asked_again(
    hass: HomeAssistant, house: NkConfigEntry, influxd: Influxd
) -> None:
    with gate_before(influxd.url) as gate:
        beside = Beside(influxd.url)
        await a_house(hass, house, beside, gate.url)
        await settle(hass)
        before = len((await act(hass, "get_runs"))["runs"])
        gate.mood, gate.times = 503, 2
        run = await act(hass, "run_analytics")
        assert (run["status"], run["attempts"]) == ("ok", {"influxdb": 3})
        runs = (await act(hass, "get_runs"))["runs"]
        assert len(runs) == before + 1
        assert runs[0]["attempts"] == {"influxdb": 3}

        gate.mood, gate.times = 503, -1
        run = await act(hass, "run_analytics", full=True)
        assert run["status"] == "partial"
        assert run["meters"]["strom"]["status"] == "partial"
        assert run["meters"]["wasser"]["status"] == "ok"
        shown = state(hass, "strom_stale", "binary_sensor")
        assert shown.attributes["sources_unavailable"] == ["influxdb"]
        assert state(hass, "strom_yesterday").state not in ("unknown", "unavailable")
        hass.config_entries.async_update_entry(
            house, options={**house.options, "attempts": 5}
        )
        await settle(hass)
        gate.times = 4
        assert (await act(hass, "run_analytics"))["attempts"] == {"influxdb": 5}


async def test_one_reading_moves_what_depends_on_it_and_nothing_else(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    for name in ("Strom", "Zwei", "Drei"):
        await add_meter(hass, house, name=name)
        for time, value in READ:
            await act(
                hass, "add_reading", meter_id=name.lower(), time=time, value=value
            )
    terms = [{"meter_id": "strom"}, {"meter_id": "zwei", "factor": 2}]
    await add_computed(hass, house, "virtual_meter", name="Summe", terms=terms)
    await act(hass, "run_analytics")
    known = dict(house.runtime_data.queries.known)
    await act(hass, "add_reading", meter_id="zwei", time="2026-02-15", value=1090)
    run = await act(hass, "run_analytics")
    found = dict(house.runtime_data.queries.known)
    computed = {key for key in found if found[key] is not known[key]}
    assert computed == {"zwei", "summe"}
    moved = {key for key, one in run["meters"].items() if one["changed_days"]}
    assert moved == {"zwei", "summe"}
    await act(hass, "run_analytics", full=True)
    anew = house.runtime_data.queries.known
    for key in known:
        assert anew[key] is not found[key]
        for one, other in zip(anew[key].statistics, found[key].statistics, strict=True):
            assert one.years == other.years


async def test_the_same_finding_alarms_once(
    hass: HomeAssistant, house: NkConfigEntry, freezer: Any
) -> None:
    told = async_capture_events(hass, "nebenkosten_anomaly")
    leak = {date(2026, 3, 2): 1.2}
    await leaking(hass, house, leak)
    for _ in range(10):
        await act(hass, "run_analytics", full=True)
    assert [one.data["phase"] for one in told] == ["opened"]
    again = leak | {date(2026, 3, 10): 0.0, date(2026, 3, 25): 1.2}
    for day in (15, 30):
        freezer.move_to(f"2026-03-{day}T12:00:00+00:00")
        rows = daily_rows("wasser", again, last=date(2026, 3, day))
        await act(hass, "import_readings", content=rows)
        await act(hass, "run_analytics")
    assert [one.data["phase"] for one in told] == ["opened", "ended", "opened"]
    assert told[0].data["id"] != told[2].data["id"]


async def test_a_dry_run_tells_each_month_and_writes_nothing(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await read_house(hass, house)
    before = await published(hass, "strom")
    runs = (await act(hass, "get_runs"))["runs"]
    journal = house.runtime_data.loaded.journal
    await hass.services.async_call(
        "switch",
        "turn_off",
        {"entity_id": state(hass, "house_automatic_processing", "switch").entity_id},
        blocking=True,
    )
    await act(hass, "add_reading", meter_id="strom", time="2026-02-15", value=1130)
    await act(hass, "add_reading", meter_id="strom", time="2026-03-05", value=1310)
    kept = journal.rows("SELECT count(*) FROM revisions")[0][0]
    tried = await act(hass, "run_analytics", dry_run=True)
    months = tried["meters"]["strom"]["months"]
    assert list(months) == ["2026-02", "2026-03"]
    assert months["2026-02"] == pytest.approx({"old": 280, "new": 280})
    assert months["2026-03"] == pytest.approx({"old": 90, "new": 90})
    await act(hass, "add_reading", meter_id="strom", time="2026-02-28", value=1250)
    tried = await act(hass, "run_analytics", dry_run=True, start="2026-03-01")
    months = tried["meters"]["strom"]["months"]
    assert months == {"2026-03": pytest.approx({"old": 90, "new": 120})}
    assert await published(hass, "strom") == before
    assert (await act(hass, "get_runs"))["runs"] == runs
    assert journal.rows("SELECT count(*) FROM revisions")[0][0] == kept + 1


async def test_run_twice_cut_and_run_again_is_the_same(
    hass: HomeAssistant, house: NkConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    await add_meter(hass, house)
    days = [date(2026, 2, 1) + timedelta(days=number) for number in range(37)]
    rows = [f"{day},{1000 + 10 * number}" for number, day in enumerate(days)]
    content = "\n".join(["time,value", *rows])
    await act(hass, "import_readings", meter_id="strom", content=content)
    await act(hass, "run_analytics")
    before = await used_per_day(hass, "strom")
    readings = (await act(hass, "get_readings"))["meters"]["strom"]["readings"]
    wrong = next(one for one in readings if one["time"].startswith("2026-03-05"))
    await act(hass, "edit_reading", reading_id=wrong["id"], value=wrong["value"] + 4)
    real = deadline.async_settle_recorder
    calls = 0

    async def cut(hass: HomeAssistant) -> None:
        nonlocal calls
        calls += 1
        await real(hass)
        if calls == 1:
            raise asyncio.CancelledError

    with monkeypatch.context() as patch:
        patch.setattr(statistics, "_CHUNK", 3)
        patch.setattr(statistics, "async_settle_recorder", cut)
        with pytest.raises((asyncio.CancelledError, Exception)):
            await act(hass, "run_analytics", start="2026-03-01")
    await settle(hass)
    await act(hass, "run_analytics", start="2026-03-01")
    found = await used_per_day(hass, "strom")
    again = await act(hass, "run_analytics", start="2026-03-01", full=True)
    assert again["written"]["statistics"] == 0
    assert again["meters"]["strom"]["changed_days"] == 0
    for day, use in before.items():
        if day < "2026-03-01":
            assert found[day] == pytest.approx(use)
    assert found["2026-03-04"] == pytest.approx(14)
    assert found["2026-03-05"] == pytest.approx(6)


async def test_twenty_readings_make_one_run(
    hass: HomeAssistant, house: NkConfigEntry, freezer: Any
) -> None:
    await read_house(hass, house)
    before = len((await act(hass, "get_runs"))["runs"])
    for number in range(20):
        time = f"2026-03-10 0{number % 10}:{number + 1:02}"
        value = 1370 + (number % 10) + number / 100
        await act(hass, "add_reading", meter_id="strom", time=time, value=value)
        freezer.tick(0.5)
        async_fire_time_changed(hass)
        await settle(hass)
    assert len((await act(hass, "get_runs"))["runs"]) == before
    freezer.tick(2)
    async_fire_time_changed(hass)
    await settle(hass)
    runs = (await act(hass, "get_runs"))["runs"]
    assert len(runs) == before + 1
    assert runs[0]["meters"]["strom"]["readings"] == 23
    # Somebody who never stops does not put it off for ever.
    for number in range(66):
        await act(
            hass,
            "add_reading",
            meter_id="strom",
            time=f"2026-03-10 11:{number // 2:02}:{number % 2 * 30:02}",
            value=1390 + number / 100,
        )
        freezer.tick(0.5)
        async_fire_time_changed(hass)
        await settle(hass)
    assert len((await act(hass, "get_runs"))["runs"]) == before + 2


async def test_switched_off_at_midnight_and_caught_up(
    hass: HomeAssistant, house: NkConfigEntry, freezer: Any
) -> None:
    await read_house(hass, house)
    entity_id = state(hass, "house_automatic_processing", "switch").entity_id
    await hass.services.async_call(
        "switch", "turn_off", {"entity_id": entity_id}, blocking=True
    )
    before = (await act(hass, "get_runs"))["runs"]
    month = state(hass, "strom_month").state
    for day in (11, 12):
        await pass_to(hass, freezer, f"2026-03-{day} 03:30:00")
    assert (await act(hass, "get_runs"))["runs"] == before
    assert state(hass, "strom_month").state == month
    assert state(hass, "house_last_run").state == "2026-03-10T12:00:00+00:00"
    await hass.services.async_call(
        "switch", "turn_on", {"entity_id": entity_id}, blocking=True
    )
    await pass_to(hass, freezer, "2026-03-12 03:40:00")
    runs = (await act(hass, "get_runs"))["runs"]
    assert len(runs) == len(before) + 1
    assert (runs[0]["trigger"], runs[0]["status"]) == ("nightly", "ok")
    days = await used_per_day(hass, "strom")
    assert {"2026-03-10", "2026-03-11"} <= days.keys()


async def test_records_survive_a_restart_for_thirty_days(
    hass: HomeAssistant,
    house: NkConfigEntry,
    freezer: Any,
    hass_storage: dict[str, Any],
) -> None:
    run = await read_house(hass, house, more={"daily_limit": 1})
    await hass.config_entries.async_reload(house.entry_id)
    await settle(hass)
    runs = (await act(hass, "get_runs"))["runs"]
    found = next(one for one in runs if one["run_id"] == run["run_id"])
    assert len(found["warnings"]) == 1
    for days, there in ((29, True), (2, False)):
        freezer.tick(timedelta(days=days))
        await act(hass, "run_analytics")
        runs = (await act(hass, "get_runs", limit=1000))["runs"]
        assert (run["run_id"] in {one["run_id"] for one in runs}) is there
    hass.config_entries.async_update_entry(
        house, options={**house.options, "keep_runs": 1}
    )
    await settle(hass)
    freezer.tick(timedelta(days=1, hours=1))
    await act(hass, "run_analytics")
    assert len((await act(hass, "get_runs", limit=1000))["runs"]) == 1


async def test_a_selection_takes_along_what_depends_on_it(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await add_meter(hass, house)
    await add_meter(hass, house, name="Teil", more={"part_of": "strom"})
    await add_meter(hass, house, name="Anders")
    await add_computed(
        hass, house, "virtual_meter", name="Rest", terms=[{"meter_id": "strom"}]
    )
    await act(hass, "run_analytics")
    run = await act(hass, "run_analytics", meter_id="strom")
    assert set(run["meters"]) == {"strom", "rest"}


async def test_one_failing_portion_stops_no_other(
    hass: HomeAssistant, house: NkConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    await read_house(hass, house)
    await add_meter(hass, house, name="Zwei")
    await act(hass, "add_reading", meter_id="zwei", time="2026-02-01", value=1)
    real = analyse.analyse

    def broken(ground: Any, meters: Any, known: Any) -> Any:
        if [meter.key for meter in meters] != ["zwei"]:
            raise zipfile.BadZipFile
        return real(ground, meters, known)

    monkeypatch.setattr(analyse, "analyse", broken)
    run = await act(hass, "run_analytics", full=True)
    statuses = {key: one["status"] for key, one in run["meters"].items()}
    assert statuses == {"strom": "failed", "zwei": "ok"}
