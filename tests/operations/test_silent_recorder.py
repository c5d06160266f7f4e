"""A recorder that cannot do what it is asked, or does not answer, holds nobody up."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from threading import Event
from typing import Any

from homeassistant.components.recorder import statistics
from homeassistant.components.recorder.tasks import RecorderTask
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.recorder import get_instance
import pytest
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)
from sqlalchemy.exc import OperationalError

from custom_components.nebenkosten.outside import deadline
from custom_components.nebenkosten.runtime import NkConfigEntry

from ..home_assistant.clock import pass_to
from ..home_assistant.conftest import act, settle
from ..home_assistant.reading_back import used_per_day
from .tools import read_house


@asynccontextmanager
async def full_disk(*_: Any) -> AsyncIterator[None]:
    """Let the recorder fail to clear, as it does where there is no room."""

    def fail(*_: Any) -> None:
        raise OperationalError("DELETE", {}, OSError("disk is full"))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(statistics, "clear_statistics", fail)
        yield


class _Sleep(RecorderTask):
    """Keeps the recorder's thread from all else."""

    def __init__(self) -> None:
        self.over = Event()

    def run(self, instance: Any) -> None:
        self.over.wait(20)


@asynccontextmanager
async def busy_recorder(hass: HomeAssistant, freezer: Any) -> AsyncIterator[None]:
    """Let the recorder do nothing for a while, and the clock go on meanwhile."""
    sleep = _Sleep()
    get_instance(hass).queue_task(sleep)

    async def tick() -> None:
        while not sleep.over.is_set():
            # A job that Home Assistant does not know of, so that it is not waited for.
            await hass.loop.run_in_executor(None, Event().wait, 0.05)
            freezer.tick(1)

    ticking = asyncio.create_task(tick())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deadline, "RECORDER_LIMIT", 10.0)
        try:
            yield
        finally:
            sleep.over.set()
            await ticking


_TROUBLE: Any = {"full": full_disk, "busy": busy_recorder}


@pytest.mark.parametrize("kind", ["full", "busy"])
async def test_what_cannot_be_withdrawn_is_told_and_tried_again(
    hass: HomeAssistant, house: NkConfigEntry, freezer: Any, kind: str
) -> None:
    await read_house(hass, house, removed="2026-03-09")
    before = await used_per_day(hass, "strom")
    subentry = next(iter(house.subentries.values()))
    async with _TROUBLE[kind](hass, freezer):
        hass.config_entries.async_update_subentry(
            house, subentry, data={**subentry.data, "removed": "2026-03-05"}
        )
        await settle(hass)
        run = await act(hass, "run_analytics")
        assert run["status"] == "partial"
        assert run["errors"] == ["recorder: strom"]
        assert run["meters"]["strom"]["status"] == "partial"
        with pytest.raises(HomeAssistantError) as error:
            await act(hass, "wipe_processed", confirm=True)
        assert error.value.translation_key == "recorder_out_of_reach"
    await async_wait_recording_done(hass)
    # A quarter of an hour later it is tried again, by itself.
    await pass_to(hass, freezer, "2026-03-10T13:20:00")
    days = await used_per_day(hass, "strom")
    assert max(before) == "2026-03-09"
    assert max(days) == "2026-03-05"
    (last, *_) = (await act(hass, "get_runs", limit=1))["runs"]
    assert last["status"] == "ok"
    assert last["trigger"] == "retry"
    again = await act(hass, "run_analytics", full=True)
    assert again["meters"]["strom"]["changed_days"] == 0


async def test_a_house_can_be_removed_and_says_what_it_leaves(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await read_house(hass, house)
    async with full_disk():
        await hass.config_entries.async_remove(house.entry_id)
    issue = ir.async_get(hass).async_get_issue("nebenkosten", "statistics_left")
    assert issue is not None
    assert issue.translation_placeholders is not None
    assert (
        "nebenkosten:strom_consumption" in issue.translation_placeholders["statistics"]
    )
