"""Every run ends: within its limit, with a record, and the next one goes on."""

import asyncio
from datetime import timedelta
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import (
    async_capture_events,
    async_fire_time_changed,
)

from custom_components.nebenkosten.analysis.daily_summary import DailySummaries
from custom_components.nebenkosten.journal.records import JournalError
from custom_components.nebenkosten.journal.store import Journal
from custom_components.nebenkosten.publication import statistics
from custom_components.nebenkosten.runs import execution
from custom_components.nebenkosten.runs.queue import RunQueue
from custom_components.nebenkosten.runtime import NkConfigEntry

from ..home_assistant.clock import pass_to
from ..home_assistant.conftest import act, settle
from ..home_assistant.reading_back import published
from .tools import read_house, state

LOCKED = "Another program holds the journal: nothing was saved. Close it and try again."


def _locked(*_: Any) -> None:
    raise JournalError("journal_locked")


async def _newest(hass: HomeAssistant) -> dict[str, Any]:
    found: dict[str, Any] = (await act(hass, "get_runs"))["runs"][0]
    return found


async def test_a_journal_that_fails_inside_a_run_leaves_a_record(
    hass: HomeAssistant, house: NkConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    await read_house(hass, house)
    told = async_capture_events(hass, "nebenkosten_run_finished")
    with monkeypatch.context() as patch:
        patch.setattr(execution, "acknowledged", _locked)
        run = await act(hass, "run_analytics", full=True)
        assert (run["status"], run["errors"]) == ("failed", [LOCKED])
    record = await _newest(hass)
    assert (record["status"], record["errors"]) == ("failed", [LOCKED])
    assert record["run_id"] == run["run_id"]
    assert [event.data["status"] for event in told] == ["failed"]
    assert told[0].data["errors"] == [LOCKED]
    assert state(hass, "house_health").attributes["reasons"] == ["run_failed"]
    assert (await act(hass, "run_analytics"))["status"] == "ok"
    assert state(hass, "house_health").state == "ok"


async def test_a_dry_run_that_fails_says_why_and_leaves_no_record(
    hass: HomeAssistant, house: NkConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await read_house(hass, house)
    monkeypatch.setattr(statistics, "async_months", _locked)
    with pytest.raises(HomeAssistantError) as caught:
        await act(hass, "run_analytics", dry_run=True)
    assert caught.value.translation_key == "journal_locked"
    assert (await _newest(hass))["run_id"] == before["run_id"]


async def test_a_run_that_fails_by_itself_is_told_and_tried_again(
    hass: HomeAssistant,
    house: NkConfigEntry,
    freezer: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await read_house(hass, house)
    await act(hass, "add_reading", meter_id="strom", time="2026-03-10", value=1380)
    with monkeypatch.context() as patch:
        patch.setattr(execution, "acknowledged", lambda *_: 1 / 0)
        await pass_to(hass, freezer, "2026-03-10 13:05:00")
    record = await _newest(hass)
    assert (record["trigger"], record["status"]) == ("change", "failed")
    assert record["errors"][0].startswith("The run failed unexpectedly")
    assert len(await published(hass, "strom")) == 37
    # What waited for the run that failed is not forgotten.
    await pass_to(hass, freezer, "2026-03-10 13:21:00")
    record = await _newest(hass)
    assert (record["trigger"], record["status"]) == ("retry", "ok")


async def test_a_nightly_run_that_fails_is_made_up_for_with_its_work(
    hass: HomeAssistant,
    house: NkConfigEntry,
    freezer: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await read_house(hass, house)
    told = async_capture_events(hass, "nebenkosten_daily_summary")
    with monkeypatch.context() as patch:
        patch.setattr(execution, "acknowledged", _locked)
        await pass_to(hass, freezer, "2026-03-11 03:30:00")
    assert (await _newest(hass))["status"] == "failed"
    assert not told
    await pass_to(hass, freezer, "2026-03-11 03:46:00")
    assert [event.data["date"] for event in told] == ["2026-03-10"]


async def test_a_run_cut_by_unloading_is_recorded_as_interrupted(
    hass: HomeAssistant, house: NkConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    await read_house(hass, house)
    waiting = asyncio.Event()

    async def forever(*_: Any) -> None:
        waiting.set()
        await asyncio.Event().wait()

    with monkeypatch.context() as patch:
        patch.setattr(statistics, "async_publish", forever)
        task = hass.async_create_task(act(hass, "run_analytics", full=True))
        await waiting.wait()
        await hass.config_entries.async_reload(house.entry_id)
        with pytest.raises(HomeAssistantError):
            await task
    record = await _newest(hass)
    assert (record["status"], record["interrupted"]) == ("failed", True)
    assert record["meters"]["strom"]["status"] == "failed"
    assert len(record["errors"]) == 1
    # It goes on by itself: nobody needs to look after it.
    assert state(hass, "house_health").state == "ok"
    assert (await act(hass, "run_analytics"))["status"] == "ok"


@pytest.mark.parametrize("stubborn", [False, True])
async def test_a_run_that_hangs_is_given_up_and_the_next_one_runs(
    hass: HomeAssistant,
    house: NkConfigEntry,
    freezer: Any,
    monkeypatch: pytest.MonkeyPatch,
    stubborn: bool,
) -> None:
    await read_house(hass, house)
    waiting, free = asyncio.Event(), asyncio.Event()

    async def forever(*_: Any) -> None:
        waiting.set()
        try:
            await free.wait()
        except asyncio.CancelledError:
            # A thread that holds what the tidying up needs cannot be cancelled.
            await (free.wait() if stubborn else asyncio.sleep(0))
            raise

    with monkeypatch.context() as patch:
        patch.setattr(statistics, "async_publish", forever)
        task = hass.async_create_task(act(hass, "run_analytics", full=True))
        await waiting.wait()
        with pytest.raises(HomeAssistantError) as caught:
            await act(hass, "run_analytics")
        assert caught.value.translation_key == "run_in_progress"
        while not task.done():
            freezer.tick(timedelta(minutes=30))
            async_fire_time_changed(hass)
            for _ in range(20):
                await asyncio.sleep(0)
        run = await task
    assert run["status"] == "failed"
    assert run["errors"][0].startswith("The run did not end within its limit")
    assert (await _newest(hass))["run_id"] == run["run_id"]
    assert (await act(hass, "run_analytics"))["status"] == "ok"
    free.set()
    await settle(hass)


async def test_one_retry_does_not_replace_another(
    hass: HomeAssistant, house: NkConfigEntry, freezer: Any
) -> None:
    queue = RunQueue(hass, lambda: True)
    asked: list[tuple[str, frozenset[str]]] = []
    queue.start(lambda: asked.append((queue.trigger, queue.taken())))
    queue.again(["strom"])
    freezer.tick(600)
    async_fire_time_changed(hass)
    queue.again(["gas"])
    freezer.tick(310)
    async_fire_time_changed(hass)
    freezer.tick(2)
    async_fire_time_changed(hass)
    await settle(hass)
    assert asked == [("retry", frozenset({"strom", "gas"}))]
    freezer.tick(3600)
    async_fire_time_changed(hass)
    assert len(asked) == 1


async def test_what_fails_of_the_nights_work_stops_nothing_else(
    hass: HomeAssistant,
    house: NkConfigEntry,
    freezer: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await read_house(hass, house)
    told = async_capture_events(hass, "nebenkosten_run_finished")
    kept: list[int] = []

    def compact(_: Journal) -> int:
        kept.append(1)
        return 0

    monkeypatch.setattr(DailySummaries, "async_of", _locked)
    monkeypatch.setattr(Journal, "compact", compact)
    await pass_to(hass, freezer, "2026-03-11 03:30:00")
    assert [event.data["status"] for event in told] == ["ok"]
    assert kept == [1]
