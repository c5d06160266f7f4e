"""The check of what was published misses nothing: beside a run, after a failure."""

from collections.abc import Callable
from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from custom_components.nebenkosten.outside import OutOfReachError
from custom_components.nebenkosten.outside.deadline import RECORDER
from custom_components.nebenkosten.publication import statistics
from custom_components.nebenkosten.runtime import NkConfigEntry

from ..home_assistant.clock import pass_to
from ..home_assistant.conftest import act, settle
from ..home_assistant.reading_back import published
from .tools import edit_rows, read_house


async def _read_since(hass: HomeAssistant, house: NkConfigEntry, time: str) -> None:
    await read_house(hass, house)
    await act(hass, "add_reading", meter_id="strom", time=time, value=900)
    await act(hass, "run_analytics")


async def _falsify(hass: HomeAssistant) -> None:
    def change(session: Any, rows: list[Any]) -> None:
        rows[5].sum += 1000

    await edit_rows(hass, "strom_consumption", change)


async def test_a_run_beside_the_check_hides_no_changed_row_of_an_earlier_year(
    hass: HomeAssistant,
    house: NkConfigEntry,
    freezer: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await _read_since(hass, house, "2025-11-01")
    before = await published(hass, "strom")
    await _falsify(hass)
    real: Callable[..., Any] = statistics.async_differs
    ran: list[object] = []

    async def beside_a_run(*args: Any) -> float | None:
        found: float | None = await real(*args)
        if found is not None and not ran:
            ran.append(found)
            await act(
                hass, "add_reading", meter_id="strom", time="2026-03-10", value=1371
            )
            assert (await act(hass, "run_analytics"))["status"] == "ok"
        return found

    monkeypatch.setattr(statistics, "async_differs", beside_a_run)
    await pass_to(hass, freezer, "2026-03-10 15:05:00")
    assert ran
    assert (await published(hass, "strom"))[:20] == before[:20]


async def test_a_check_that_failed_at_the_start_is_made_up_for_as_a_whole(
    hass: HomeAssistant,
    house: NkConfigEntry,
    freezer: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await _read_since(hass, house, "2023-11-01")
    before = await published(hass, "strom")
    await hass.config_entries.async_unload(house.entry_id)
    await _falsify(hass)

    async def out_of_reach(*_args: Any) -> float | None:
        raise OutOfReachError(RECORDER)

    with monkeypatch.context() as patch:
        patch.setattr(statistics, "async_differs", out_of_reach)
        await hass.config_entries.async_setup(house.entry_id)
        await settle(hass)
    assert await published(hass, "strom") != before
    await pass_to(hass, freezer, "2026-03-10 15:05:00")
    assert await published(hass, "strom") == before
