"""Nothing that grows with meters and days is done in the event loop."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
import sys
import threading
from types import CodeType, MappingProxyType
from typing import Any

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant

from custom_components import nebenkosten
from custom_components.nebenkosten.const import SUBENTRY_PHYSICAL
from custom_components.nebenkosten.diagnostics import async_get_config_entry_diagnostics
from custom_components.nebenkosten.engine.domain.report import ReadingKind
from custom_components.nebenkosten.journal import readings
from custom_components.nebenkosten.journal.records import NewReading
from custom_components.nebenkosten.runtime import NkConfigEntry

from ..home_assistant.conftest import NOW, act, settle

_OURS = str(Path(nebenkosten.__file__).parent)
_METERS, _DAYS = 40, 1461
# What the loop may do for one meter: to find it, to hand it on.
_PER_METER = 150


@dataclass(slots=True)
class Steps:
    """How often our code began a function or went round a loop."""

    in_loop: int = 0
    elsewhere: int = 0


@contextmanager
def counted() -> Iterator[Steps]:
    """Count our steps: unlike seconds they are the same on every machine."""
    steps, loop = Steps(), threading.get_ident()
    tool, events = sys.monitoring.PROFILER_ID, sys.monitoring.events

    def step(code: CodeType, *_: Any) -> Any:
        if not code.co_filename.startswith(_OURS):
            return sys.monitoring.DISABLE
        if threading.get_ident() == loop:
            steps.in_loop += 1
        else:
            steps.elsewhere += 1
        return None

    sys.monitoring.use_tool_id(tool, "steps")
    counting = (events.PY_START, events.PY_RESUME, events.JUMP)
    for event in counting:
        sys.monitoring.register_callback(tool, event, step)
    sys.monitoring.set_events(tool, sum(counting))
    try:
        yield steps
    finally:
        sys.monitoring.set_events(tool, 0)
        sys.monitoring.free_tool_id(tool)


async def _read_daily(
    hass: HomeAssistant, house: NkConfigEntry, meters: int, days: int = _DAYS
) -> None:
    """Add meters that were read each day; nothing runs by itself."""
    await house.runtime_data.decisions.async_set_automatic(wanted=False)
    for number in range(meters):
        key = f"m{number}"
        data = {"meter_id": key, "medium": "electricity", "unit": "kWh"}
        subentry = ConfigSubentry(
            data=MappingProxyType(data),
            subentry_type=SUBENTRY_PHYSICAL,
            title=key,
            unique_id=key,
        )
        hass.config_entries.async_add_subentry(house, subentry)
    await settle(hass)
    first = NOW.timestamp() - 86400 * days

    def read(meter: str) -> Iterator[NewReading]:
        for day in range(days):
            value = 1000 + 4.0 * day + day % 7
            yield NewReading(
                meter=meter,
                instant=first + 86400 * day,
                zone="Europe/Berlin",
                value_text=str(value),
                value=value,
                unit=None,
                kind=ReadingKind.ACTUAL,
                source="hand",
                note=None,
            )

    def keep() -> None:
        for meter in house.runtime_data.loaded.meters:
            readings.append(house.runtime_data.loaded.journal, read(meter))

    await hass.async_add_executor_job(keep)


async def test_no_look_up_does_its_work_in_the_event_loop(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await _read_daily(hass, house, _METERS)
    asked: tuple[tuple[str, dict[str, Any]], ...] = (
        ("get_consumption", {"period": "day"}),
        ("get_live", {}),
        ("get_intervals", {}),
        ("get_anomalies", {}),
        ("get_readings", {"limit": 10_000}),
        ("export_readings", {}),
        ("get_daily_summary", {}),
        ("get_counter", {"meter_id": "m1", "at": "2026-01-01"}),
        ("explain", {"meter_id": "m1"}),
        ("check_config", {}),
        ("run_analytics", {"dry_run": True}),
    )
    found: dict[str, Steps] = {}
    for action, data in asked:
        with counted() as found[action]:
            await act(hass, action, **data)
    with counted() as found["diagnostics"]:
        await async_get_config_entry_diagnostics(hass, house)
    allowed = _PER_METER * _METERS
    assert {n: one for n, one in found.items() if one.in_loop > allowed} == {}
    # The counter does count: a row for each day of each meter was made somewhere.
    assert found["get_consumption"].elsewhere > _METERS * _DAYS


async def test_hours_are_computed_again_only_when_they_can_have_changed(
    hass: HomeAssistant, house: NkConfigEntry, freezer: Any
) -> None:
    await _read_daily(hass, house, 2)
    with counted() as first:
        before = await act(hass, "get_live")
    with counted() as second:
        assert await act(hass, "get_live") == before
    assert second.elsewhere * 5 < first.elsewhere
    await act(hass, "add_reading", meter_id="m1", value=6900)
    after = await act(hass, "get_live")
    changed = {
        key for key in after["meters"] if after["meters"][key] != before["meters"][key]
    }
    assert changed == {"m1"}
    freezer.tick(3600)
    with counted() as later:
        await act(hass, "get_live")
    assert later.elsewhere * 2 > first.elsewhere


async def test_the_entities_of_many_meters_are_added_some_at_a_time(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await _read_daily(hass, house, _METERS, days=2)
    turns: list[int] = []

    async def watch(steps: Steps) -> None:
        while True:
            begin = steps.in_loop
            await asyncio.sleep(0)
            turns.append(steps.in_loop - begin)

    with counted() as steps:
        watching = asyncio.create_task(watch(steps))
        await hass.config_entries.async_reload(house.entry_id)
        watching.cancel()
    assert steps.in_loop > 100 * _METERS
    assert max(turns) * 2 < steps.in_loop
