"""The last minutes and hours: bounded, honest, and free of any database."""

from datetime import timedelta
import sys
import time
from typing import Any

from homeassistant.core import HomeAssistant
from hypothesis import given, strategies as st
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)

from custom_components.nebenkosten.live.window import MINUTES, Window
from custom_components.nebenkosten.runtime import NkConfigEntry

from ..home_assistant.clock import pass_to
from ..home_assistant.conftest import act, add_meter, settle
from .tools import read_house, state, statements

_UNIT = {"unit_of_measurement": "kWh"}


async def _dense(hass: HomeAssistant, house: NkConfigEntry) -> None:
    hass.states.async_set("sensor.meter", "1370", _UNIT)
    await read_house(hass, house, sources=[{"entity": "sensor.meter"}])
    await add_meter(hass, house, name="Zwei")


async def _minute(hass: HomeAssistant, freezer: Any, seconds: float = 60) -> None:
    freezer.tick(seconds)
    async_fire_time_changed(hass)
    await settle(hass)


async def test_nothing_new_costs_nothing_and_one_value_shows_at_once(
    hass: HomeAssistant, house: NkConfigEntry, freezer: Any
) -> None:
    await _dense(hass, house)
    await pass_to(hass, freezer, "2026-03-10 14:10:30")
    await async_wait_recording_done(hass)
    written: list[str] = []

    def heard(event: Any) -> None:
        if event.data["entity_id"] != "sensor.meter":
            written.append(event.data["entity_id"])

    hass.bus.async_listen("state_changed", heard)
    with statements(hass) as told:
        # Not over the full hour, when sources are read.
        for _ in range(30):
            await _minute(hass, freezer)
        assert (written, told) == ([], [])
        for value in ("1371", "1372"):
            freezer.tick(1)
            hass.states.async_set("sensor.meter", value, _UNIT)
        await hass.async_block_till_done()
        assert written == []
        await _minute(hass, freezer)
    assert set(written) == {
        state(hass, key).entity_id for key in ("strom_today", "strom_rate")
    }
    assert float(state(hass, "strom_today").state) == pytest.approx(2)
    # A kWh in a second, so far as the last minutes tell.
    rate = state(hass, "strom_rate")
    assert float(rate.state) == pytest.approx(3600)
    # The recorder keeps the states; nothing else that is another one each minute.
    assert rate.state_info["unrecorded_attributes"] >= {"low", "high", "mean", "burst"}
    count = len(written)
    for _ in range(17):
        await _minute(hass, freezer, 59)
    assert state(hass, "strom_rate").state == "unknown"
    assert len(written) == count + 1


async def test_a_burst_is_flushed_once(
    hass: HomeAssistant, house: NkConfigEntry, freezer: Any
) -> None:
    await _dense(hass, house)
    await pass_to(hass, freezer, "2026-03-10 14:12:00")
    window = house.runtime_data.live.windows["strom"]

    async def flood(count: int, begin: float) -> list[str]:
        before = len((await act(hass, "get_runs", limit=1000))["runs"])
        for number in range(count):
            freezer.tick(60 / count)
            value = f"{begin + (number + 1) / 100:.2f}"
            hass.states.async_set("sensor.meter", value, _UNIT)
        await hass.async_block_till_done()
        freezer.tick(2)
        async_fire_time_changed(hass)
        await settle(hass)
        runs = (await act(hass, "get_runs", limit=1000))["runs"]
        return [run["trigger"] for run in runs[: len(runs) - before]]

    assert await flood(999, 1370) == []
    assert not window.bursts(time.time())
    await pass_to(hass, freezer, "2026-03-10 14:20:00")
    size = sys.getsizeof(window) + sum(map(sys.getsizeof, window._buckets))
    assert await flood(1002, 1380) == ["burst"]
    assert window.bursts(time.time())
    assert await flood(1200, 1400) == []
    assert len(window._buckets) <= MINUTES + 1
    assert size + 6 * 200 > sys.getsizeof(window) + sum(
        map(sys.getsizeof, window._buckets)
    )
    # Calm below half of it, not just below it.
    assert await flood(700, 1420) == []
    assert window.bursts(time.time())
    for _ in range(2):
        await flood(100, 1430)
    assert not window.bursts(time.time())
    # The journal holds a few of thousands of values, and loses none of the use.
    await pass_to(hass, freezer, "2026-03-10 23:59:40")
    hass.states.async_set("sensor.meter", "1432", _UNIT)
    await pass_to(hass, freezer, "2026-03-11 00:04:00")
    hass.states.async_set("sensor.meter", "1432.0001", _UNIT)
    await pass_to(hass, freezer, "2026-03-11 00:10:00")
    await act(hass, "run_analytics")
    day = await act(
        hass, "get_consumption", meter_id="strom", start="2026-03-10", end="2026-03-10"
    )
    (row,) = day["meters"]["strom"]["rows"]
    assert row["value"] == pytest.approx(1432 - 1370, abs=1e-4)
    readings = await act(hass, "get_readings", meter_id="strom", start="2026-03-10")
    assert len(readings["meters"]["strom"]["readings"]) < 20


_REPORTS = st.lists(
    st.tuples(st.floats(0.5, 400), st.floats(0, 5), st.booleans()),
    min_size=1,
    max_size=80,
)


@given(reports=_REPORTS)
def test_the_window_is_what_a_slow_count_gives(
    reports: list[tuple[float, float, bool]],
) -> None:
    window, instant, value = Window(), 1_700_000_000.0, 100.0
    told: list[tuple[float, float]] = []
    for gap, use, falls in reports:
        instant, value = instant + gap, 0.0 if falls else value + use
        window.take(instant, value)
        told.append((instant, value))
    assert window.last == told[-1]
    minutes: dict[int, list[float]] = {}
    for at, one in told:
        minutes.setdefault(int(at // 60), []).append(one)
    for number, bucket in enumerate(window.minutes(instant)):
        values = minutes.get(int(instant // 60) - MINUTES + 1 + number)
        if values is None:
            assert bucket is None
            continue
        assert bucket is not None
        assert (bucket.first, bucket.last) == (values[0], values[-1])
        assert (bucket.low, bucket.high) == (min(values), max(values))
        assert bucket.count == len(values)
    pace = window.pace(instant)
    if pace.low is not None and pace.high is not None and pace.mean is not None:
        assert 0 <= pace.low <= pace.high
        assert pace.low - 1e-9 <= pace.mean <= pace.high + 1e-9


def test_an_hour_has_sixty_minutes_and_a_silent_one_is_none() -> None:
    window, begin = Window(), 1_700_000_040.0
    for minute in range(61):
        if minute != 30:
            window.take(begin + 60 * minute, float(minute))
    shown = window.minutes(begin + 60 * 60)
    assert len(shown) == MINUTES
    assert [number for number, one in enumerate(shown) if one is None] == [29]
    assert shown[0] is not None
    assert shown[0].first == 1.0
    # A report that comes late is counted into the running minute, not lost.
    window.take(begin, 99.0)
    last = window.minutes(begin + 60 * 60)[-1]
    assert last is not None
    assert (last.high, last.count) == (99.0, 2)


async def test_a_meter_read_by_hand_has_no_minutes(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    hass.states.async_set("sensor.meter", "1370", _UNIT)
    await read_house(hass, house, sources=[{"entity": "sensor.meter"}])
    await add_meter(hass, house, name="Zwei")
    hass.states.async_set("sensor.meter", "1371", _UNIT)
    await hass.async_block_till_done()
    found = (await act(hass, "get_live"))["meters"]
    assert (found["strom"]["available"], found["zwei"]["available"]) == (True, False)
    assert found["zwei"]["minutes"] is None
    minutes = found["strom"]["minutes"]
    assert (len(minutes), minutes[-1]["last"]) == (60, 1371.0)
    assert set(minutes[:-1]) == {None} if minutes[-2] is None else minutes[:-2]
    # What is no number, and what is in another kind of unit, says nothing.
    for value, unit in (("unavailable", "kWh"), ("nan", "kWh"), ("5", "m³")):
        hass.states.async_set("sensor.meter", value, {"unit_of_measurement": unit})
    hass.states.async_remove("sensor.meter")
    await hass.async_block_till_done()
    after = (await act(hass, "get_live", meter_id="strom"))["meters"]["strom"]
    assert after["last"]["value"] == 1371.0
    rest = await act(hass, "get_live", meter_id=["zwei"])
    assert rest["meters"]["zwei"]["hours"] == []


async def test_the_last_hours_say_how_they_are_known(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await add_meter(hass, house)
    for moment, value in (
        ("2026-02-28", 1000),
        ("2026-03-09 12:00", 1102),
        ("2026-03-09 13:00", 1104),
        ("2026-03-09", 1120),
    ):
        await act(hass, "add_reading", meter_id="strom", time=moment, value=value)
    found = (await act(hass, "get_live", meter_id="strom"))["meters"]["strom"]
    hours = found["hours"]
    assert len(hours) == 24
    assert hours[0]["start"] == "2026-03-09T00:00:00+01:00"
    assert [h["provenance"] for h in hours].count("measured") == 1
    assert hours[12]["value"] == pytest.approx(2)
    begin = (await act(hass, "get_counter", meter_id="strom", at="2026-03-09 00:00"))[
        "value"
    ]
    assert sum(h["value"] for h in hours) == pytest.approx(1120 - begin, rel=1e-9)


async def test_today_begins_at_midnight(
    hass: HomeAssistant, house: NkConfigEntry, freezer: Any
) -> None:
    await _dense(hass, house)
    freezer.tick(timedelta(minutes=1))
    hass.states.async_set("sensor.meter", "1375", _UNIT)
    await _minute(hass, freezer)
    assert float(state(hass, "strom_today").state) == pytest.approx(5)
    freezer.tick(1)
    hass.states.async_set("sensor.meter", "3", _UNIT)
    await _minute(hass, freezer)
    # The dial fell: what was used today nobody knows.
    assert state(hass, "strom_today").state == "unknown"


async def test_only_a_source_that_is_valid_today_is_followed(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    hass.states.async_set("sensor.meter", "1370", _UNIT)
    past = [{"entity": "sensor.meter", "to": "2026-02-01"}]
    await add_meter(hass, house, sources=past)
    assert house.runtime_data.live.windows == {}
