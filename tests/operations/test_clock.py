"""The clock jumps, a night has 23 or 25 hours, a year has 366 days: days stay true."""

from datetime import UTC, datetime, timedelta
import random
from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.nebenkosten.runtime import NkConfigEntry

from ..home_assistant.clock import BERLIN
from ..home_assistant.conftest import act, add_meter, settle
from ..home_assistant.reading_back import used_per_day


async def _read(hass: HomeAssistant, first: str, uses: list[float]) -> dict[str, float]:
    """Read a meter at midnights from a day on; returns what each day used."""
    day = datetime.fromisoformat(first)
    value, truth = 100.0, {}
    lines = [f"{day:%Y-%m-%d} 00:00,{value}"]
    for use in uses:
        truth[f"{day:%Y-%m-%d}"] = use
        value, day = round(value + use, 3), day + timedelta(days=1)
        lines.append(f"{day:%Y-%m-%d} 00:00,{value}")
    content = "\n".join(["time,value", *lines])
    await act(hass, "import_readings", meter_id="strom", content=content)
    return truth


async def _published(hass: HomeAssistant, truth: dict[str, float]) -> dict[str, float]:
    days = await used_per_day(hass, "strom")
    return {day: use for day, use in days.items() if day in truth}


async def _to(hass: HomeAssistant, freezer: Any, moment: datetime) -> None:
    freezer.move_to(moment)
    for _ in range(2):
        async_fire_time_changed(hass)
        await settle(hass)
        freezer.tick(2)
    await settle(hass)


async def test_a_clock_that_jumps_changes_no_day(
    hass: HomeAssistant, house: NkConfigEntry, freezer: Any
) -> None:
    await add_meter(hass, house)
    dice = random.Random(7)
    truth = await _read(hass, "2026-01-10", [float(n % 7 + 1) for n in range(50)])
    now = newest = datetime(2026, 3, 10, 13, tzinfo=BERLIN)
    for _ in range(25):
        jump = timedelta(hours=dice.choice((-30, -3, -1, 1, 5, 26, 24 * 9)))
        # More than a day behind the last run, nothing is published: test_wrong_clock.
        now = max(now + jump, newest - timedelta(hours=23))
        newest = max(now, newest)
        await _to(hass, freezer, now)
        run = await act(hass, "run_analytics")
        assert run["status"] == "ok"
        assert await _published(hass, truth) == pytest.approx(truth)
        # No day is told of before it is over, wherever the clock has been meanwhile.
        last = run["meters"]["strom"]["last_day"]
        assert last < f"{now:%Y-%m-%d}"


@pytest.mark.parametrize(
    ("first", "night"),
    [
        ("2026-03-25", "2026-03-29"),
        ("2026-10-21", "2026-10-25"),
        ("2028-02-25", "2028-02-29"),
    ],
)
async def test_each_night_of_a_change_is_run_once_and_its_day_is_whole(
    hass: HomeAssistant, house: NkConfigEntry, freezer: Any, first: str, night: str
) -> None:
    start = datetime.fromisoformat(first).replace(tzinfo=BERLIN)
    await _to(hass, freezer, start)
    await add_meter(hass, house)
    truth: dict[str, float] = {}
    value = 100.0
    before = len((await act(hass, "get_runs", limit=1000))["runs"])
    for number in range(8):
        day = start + timedelta(days=number)
        await act(
            hass,
            "add_reading",
            meter_id="strom",
            time=f"{day:%Y-%m-%d} 00:00",
            value=value,
        )
        truth[f"{day:%Y-%m-%d}"] = 3.0 + number
        value += 3.0 + number
        for hour in range(1, 25):
            await _to(hass, freezer, day + timedelta(hours=hour, minutes=31))
    runs = (await act(hass, "get_runs", limit=1000))["runs"]
    # What was missed before the house was there is caught up at once.
    since = f"{(start + timedelta(hours=2)).astimezone(UTC).isoformat()}"
    nightly = [
        run
        for run in runs[: len(runs) - before]
        if run["trigger"] == "nightly" and run["started"] > since
    ]
    assert len(nightly) == 8
    days = {
        datetime.fromisoformat(r["started"]).astimezone(BERLIN).date() for r in nightly
    }
    assert len(days) == len(nightly)
    await act(hass, "run_analytics")
    del truth[f"{start + timedelta(days=7):%Y-%m-%d}"]
    assert await _published(hass, truth) == pytest.approx(truth)
    assert night in truth
