"""What fails stops nothing else, says so, and is made good by the next run."""

import asyncio
from collections.abc import Sequence
import threading
from typing import Any

from homeassistant.components.recorder.core import Recorder
from homeassistant.components.recorder.statistics import (
    async_add_external_statistics,
    get_metadata,
)
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.recorder import get_instance
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)

from custom_components.nebenkosten.analysis import analyse
from custom_components.nebenkosten.engine.domain.meters import Meter
from custom_components.nebenkosten.engine.domain.serialization import meter_from
from custom_components.nebenkosten.journal.records import JournalError
from custom_components.nebenkosten.publication import statistics
from custom_components.nebenkosten.runs.run import Request, Trigger
from custom_components.nebenkosten.runtime import NkConfigEntry
from custom_components.nebenkosten.sources import recorder

from .clock import pass_to
from .conftest import act, add_meter, settle
from .reading_back import published, used_per_day


async def _two_meters(hass: HomeAssistant, house: NkConfigEntry) -> None:
    for name in ("Strom", "Zwei"):
        await add_meter(hass, house, name=name)
        for time, value in (("2026-02-01", 100), ("2026-02-11", 120)):
            await act(
                hass, "add_reading", meter_id=name.lower(), time=time, value=value
            )


async def test_a_meter_that_cannot_be_computed(
    hass: HomeAssistant, house: NkConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _two_meters(hass, house)
    await act(hass, "run_analytics")
    before = await published(hass, "strom")
    real = analyse.analyse

    def broken(ground: Any, meters: list[Meter], known: Any) -> Any:
        if "strom" in [meter.key for meter in meters]:
            raise ZeroDivisionError
        return real(ground, meters, known)

    monkeypatch.setattr(analyse, "analyse", broken)
    run = await act(hass, "run_analytics", full=True)
    assert run["status"] == "partial"
    assert run["meters"]["strom"]["status"] == "failed"
    assert run["meters"]["zwei"]["status"] == "ok"
    assert run["errors"] == ["analysis: strom"]
    assert await published(hass, "strom") == before
    run = await act(hass, "run_analytics", meter_id="strom")
    assert run["status"] == "failed"


async def test_a_source_that_cannot_be_read(
    hass: HomeAssistant, house: NkConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    hass.states.async_set("sensor.meter", "5", {"unit_of_measurement": "kWh"})
    await add_meter(hass, house, sources=[{"entity": "sensor.meter"}])
    await act(hass, "add_reading", meter_id="strom", time="2026-02-01", value=1)
    await act(hass, "add_reading", meter_id="strom", time="2026-03-01", value=2)

    def broken(*_: Any, **__: Any) -> None:
        raise OSError("the recorder is gone")

    monkeypatch.setattr(recorder, "hours", broken)
    monkeypatch.setattr(recorder, "state_changes_during_period", broken)
    run = await act(hass, "run_analytics")
    assert run["status"] == "partial"
    assert run["errors"] == ["sources: strom"]
    assert run["meters"]["strom"]["status"] == "partial"
    assert await published(hass, "strom")


async def test_a_recorder_that_refuses(
    hass: HomeAssistant, house: NkConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _two_meters(hass, house)

    def refuse(*_: Any) -> None:
        raise HomeAssistantError("no")

    with monkeypatch.context() as patch:
        patch.setattr(statistics, "async_add_external_statistics", refuse)
        run = await act(hass, "run_analytics")
        assert run["status"] == "partial"
        assert run["errors"] == ["statistics: strom", "statistics: zwei"]
    run = await act(hass, "run_analytics")
    assert run["status"] == "ok"
    assert len(await published(hass, "strom")) == 36


async def test_rows_that_do_not_arrive_are_written_by_the_next_run(
    hass: HomeAssistant, house: NkConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _two_meters(hass, house)

    def lose_last(hass: HomeAssistant, metadata: Any, rows: Sequence[Any]) -> None:
        async_add_external_statistics(hass, metadata, rows[:-1])

    with monkeypatch.context() as patch:
        patch.setattr(statistics, "async_add_external_statistics", lose_last)
        run = await act(hass, "run_analytics")
        assert run["status"] == "partial"
        assert run["meters"]["strom"]["status"] == "partial"
    run = await act(hass, "run_analytics")
    assert run["written"]["statistics"] == 2
    assert run["status"] == "ok"


async def test_what_somebody_else_changed_is_found_by_a_full_run(
    hass: HomeAssistant, recorder_mock: Recorder, house: NkConfigEntry
) -> None:
    await _two_meters(hass, house)
    await act(hass, "run_analytics")
    before = await published(hass, "strom")
    start = before[5][0]
    get_instance(hass).async_adjust_statistics(
        "nebenkosten:strom_consumption", start, 1000.0, "kWh"
    )
    await async_wait_recording_done(hass)
    assert (await published(hass, "strom"))[5][1] > 1000
    assert (await act(hass, "run_analytics"))["written"]["statistics"] == 0
    run = await act(hass, "run_analytics", full=True)
    assert run["written"]["statistics"] == len(before) - 5
    assert [row[1] for row in await published(hass, "strom")] == pytest.approx(
        [row[1] for row in before]
    )


async def test_a_unit_and_a_name_that_change(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await _two_meters(hass, house)
    await act(hass, "run_analytics")
    subentry = next(s for s in house.subentries.values() if s.unique_id == "strom")
    hass.config_entries.async_update_subentry(house, subentry, title="Neuer Name")
    await settle(hass)
    run = await act(hass, "run_analytics")
    assert run["written"]["statistics"] == 0
    known = await get_instance(hass).async_add_executor_job(
        lambda: get_metadata(hass, statistic_ids={"nebenkosten:strom_consumption"})
    )
    assert known["nebenkosten:strom_consumption"][1]["name"] == "Neuer Name"
    hass.config_entries.async_update_subentry(
        house, subentry, data={**subentry.data, "unit": "MWh"}
    )
    await settle(hass)
    run = await act(hass, "run_analytics", meter_id="strom")
    assert run["written"]["statistics"] == 36
    assert (await used_per_day(hass, "strom"))["2026-02-05"] == pytest.approx(2)


async def test_a_run_cut_by_a_reload_says_so_and_goes_on(
    hass: HomeAssistant, house: NkConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _two_meters(hass, house)
    waiting = asyncio.Event()

    async def forever(*_: Any) -> None:
        waiting.set()
        await asyncio.Event().wait()

    with monkeypatch.context() as patch:
        patch.setattr(statistics, "async_publish", forever)
        task = hass.async_create_task(act(hass, "run_analytics"))
        await waiting.wait()
        await hass.config_entries.async_reload(house.entry_id)
        with pytest.raises(HomeAssistantError) as caught:
            await task
    assert caught.value.translation_key == "run_interrupted"
    assert (await act(hass, "run_analytics"))["written"]["statistics"] == 72


async def test_a_reload_in_the_middle_of_an_automatic_run_leaves_no_trace(
    hass: HomeAssistant,
    house: NkConfigEntry,
    freezer: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await _two_meters(hass, house)
    inside, go_on = threading.Event(), threading.Event()
    real = analyse.analyse

    def slow(*given: Any) -> Any:
        inside.set()
        go_on.wait(10)
        return real(*given)

    with monkeypatch.context() as patch:
        patch.setattr(analyse, "analyse", slow)
        freezer.tick(2)
        async_fire_time_changed(hass)
        await hass.async_block_till_done()
        assert await hass.async_add_executor_job(inside.wait, 10)
        reload = hass.async_create_task(
            hass.config_entries.async_reload(house.entry_id)
        )
        await asyncio.sleep(0)
        go_on.set()
        await reload
    await settle(hass)
    assert "cannot be computed" not in caplog.text
    assert (await act(hass, "run_analytics"))["written"]["statistics"] == 72


async def test_a_caller_that_gives_up_is_no_interruption(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await _two_meters(hass, house)
    request = Request(trigger=Trigger.MANUAL)
    task = asyncio.ensure_future(house.runtime_data.runner.async_run(request))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await settle(hass)
    assert len(await published(hass, "strom")) == 36


async def test_a_dry_run_writes_nothing(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await _two_meters(hass, house)
    run = await act(
        hass, "run_analytics", dry_run=True, start="2026-02-05", end="2026-02-06"
    )
    assert run["meters"]["strom"]["total"] == pytest.approx(4)
    assert run["meters"]["strom"]["days"] == 2
    assert await published(hass, "strom") == []
    late = await act(hass, "run_analytics", start="2027-01-01")
    assert late["meters"]["strom"]["days"] == 0


async def test_a_journal_that_fails_during_a_look_up(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await _two_meters(hass, house)
    house.runtime_data.loaded.journal.connection.close()
    with pytest.raises(HomeAssistantError) as caught:
        await act(hass, "get_consumption")
    assert caught.value.translation_key == "journal_unreadable"


async def test_a_reading_is_kept_even_where_its_meter_cannot_be_computed(
    hass: HomeAssistant, house: NkConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _two_meters(hass, house)
    with monkeypatch.context() as patch:
        patch.setattr(analyse, "analyse", lambda *_: 1 / 0)
        added = await act(
            hass, "add_reading", meter_id="strom", time="2026-03-01", value=140
        )
    assert added["findings"] == []
    found = await act(hass, "get_readings", meter_id="strom")
    assert found["meters"]["strom"]["readings"][-1]["value"] == 140


async def test_readings_of_a_removed_meter(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await _two_meters(hass, house)
    found = await act(hass, "get_readings", meter_id="zwei")
    ids = [r["id"] for r in found["meters"]["zwei"]["readings"]]
    subentry = next(s for s in house.subentries.values() if s.unique_id == "zwei")
    hass.config_entries.async_remove_subentry(house, subentry.subentry_id)
    await settle(hass)
    with pytest.raises(ServiceValidationError) as caught:
        await act(hass, "edit_reading", reading_id=ids[0], value=5)
    assert caught.value.translation_key == "unknown_meter_named"
    await act(hass, "delete_reading", reading_id=ids[0])
    await hass.config_entries.async_remove(house.entry_id)
    assert not [i for d, i in ir.async_get(hass).issues if d == "nebenkosten"]


async def test_an_edit_that_cannot_be(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await _two_meters(hass, house)
    found = await act(hass, "get_readings", meter_id="strom")
    reading_id = found["meters"]["strom"]["readings"][0]["id"]
    for given, key in (
        ({"time": "bald"}, "not_a_time"),
        ({"unit": "m³"}, "unit_mismatch"),
        ({"value": "viel"}, "not_a_number"),
    ):
        with pytest.raises(ServiceValidationError) as caught:
            await act(hass, "edit_reading", reading_id=reading_id, **given)
        assert caught.value.translation_key == key
    await act(hass, "edit_reading", reading_id=reading_id, unit="MWh", value="0,11")
    found = await act(hass, "get_readings", meter_id="strom")
    await act(hass, "edit_reading", reading_id=reading_id, note="geprüft")
    some = await act(hass, "get_readings", meter_id="strom", start="2026-02-10")
    assert [r["value"] for r in some["meters"]["strom"]["readings"]] == [120]
    edited = found["meters"]["strom"]["readings"][1]
    assert (edited["value"], edited["unit"], edited["status"]) == (0.11, "MWh", "used")


async def test_a_reading_whose_unit_no_longer_fits_is_quarantined(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await _two_meters(hass, house)
    await act(
        hass,
        "add_reading",
        meter_id="strom",
        time="2026-03-01",
        value=0.125,
        unit="MWh",
    )
    preview = await act(
        hass,
        "add_reading",
        meter_id="strom",
        time="2026-03-05",
        value=0.155,
        unit="MWh",
        dry_run=True,
    )
    assert preview["use"] == pytest.approx(30)
    preview = await act(
        hass,
        "add_reading",
        meter_id="strom",
        time="2026-02-20",
        value=99000,
        unit="Wh",
        dry_run=True,
    )
    assert preview["use"] == pytest.approx(99 - 120)
    subentry = next(s for s in house.subentries.values() if s.unique_id == "strom")
    hass.config_entries.async_update_subentry(
        house, subentry, data={**subentry.data, "unit": "m³", "medium": "gas"}
    )
    await settle(hass)
    found = await act(hass, "get_readings", meter_id="strom")
    assert found["meters"]["strom"]["readings"][-1]["status"] == "quarantined"
    run = await act(hass, "run_analytics", meter_id="strom")
    codes = [f["code"] for f in run["meters"]["strom"]["findings"]]
    assert codes == ["unit_mismatch"]


async def test_values_that_make_no_sense_are_computed_anew(
    hass: HomeAssistant, house: NkConfigEntry, hass_storage: dict[str, Any]
) -> None:
    await _two_meters(hass, house)
    await act(hass, "run_analytics")
    await hass.config_entries.async_unload(house.entry_id)
    hass_storage["nebenkosten.last_values"]["data"]["meters"]["strom"]["snapshot"] = 5
    await hass.config_entries.async_setup(house.entry_id)
    await settle(hass)
    state = hass.states.get("sensor.strom_yesterday")
    assert state is not None
    assert state.state == "unavailable"
    run = await act(hass, "run_analytics")
    assert (run["status"], run["written"]["statistics"]) == ("ok", 0)


async def test_a_journal_that_cannot_be_read_at_the_start_makes_a_run_that_says_so(
    hass: HomeAssistant,
    house: NkConfigEntry,
    freezer: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await _two_meters(hass, house)
    await pass_to(hass, freezer, "2026-03-11T03:30:00")

    def locked(*_: Any) -> dict[str, str]:
        raise JournalError("journal_locked")

    with monkeypatch.context() as patch:
        patch.setattr(analyse, "stamps", locked)
        await hass.config_entries.async_reload(house.entry_id)
        await settle(hass)
        await pass_to(hass, freezer, "2026-03-11T03:31:00")
    assert "The journal cannot be read: journal_locked" in caplog.text
    assert "strom cannot be computed" in caplog.text
    assert (await act(hass, "run_analytics"))["status"] == "ok"


def test_a_meter_as_an_older_house_kept_it() -> None:
    data = {"meter_id": "a", "medium": "water", "unit": "m³"}
    assert meter_from("A", data).sources == ()
