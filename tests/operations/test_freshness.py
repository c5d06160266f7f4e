"""Readings overdue in the meter's own rhythm, and the quality meanwhile."""

from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.nebenkosten.runtime import NkConfigEntry

from ..home_assistant.clock import pass_to
from ..home_assistant.conftest import act, add_meter, settle
from .tools import issues, read_house, state


async def _restarted(hass: HomeAssistant, house: NkConfigEntry) -> None:
    assert await hass.config_entries.async_reload(house.entry_id)
    await settle(hass)


async def test_a_meter_is_stale_by_its_own_limit(
    hass: HomeAssistant, house: NkConfigEntry, freezer: Any
) -> None:
    told = async_capture_events(hass, "nebenkosten_stale")
    await read_house(hass, house, more={"overdue_after": 10})
    assert state(hass, "strom_stale", "binary_sensor").state == "off"
    # Read up to midnight of the 10th: ten days later it is due.
    await pass_to(hass, freezer, "2026-03-19 23:10:00")
    assert state(hass, "strom_stale", "binary_sensor").state == "off"
    await pass_to(hass, freezer, "2026-03-20 00:10:00")
    assert state(hass, "strom_stale", "binary_sensor").state == "on"
    assert issues(hass) == {"overdue_strom"}
    (first,) = told
    assert first.data["phase"] == "opened"
    assert first.data["meter_id"] == "strom"
    assert first.data["device_id"]

    await pass_to(hass, freezer, "2026-03-20 01:10:00")
    assert len(told) == 1
    # Something older than the limit changes nothing.
    await act(hass, "add_reading", meter_id="strom", time="2026-02-10", value=1110)
    await act(hass, "run_analytics")
    assert state(hass, "strom_stale", "binary_sensor").state == "on"
    await _restarted(hass, house)
    assert state(hass, "strom_stale", "binary_sensor").state == "on"
    assert issues(hass) == {"overdue_strom"}

    await act(
        hass, "add_reading", meter_id="strom", time="2026-03-20 00:30", value=1470
    )
    await act(hass, "run_analytics")
    assert state(hass, "strom_stale", "binary_sensor").state == "off"
    assert issues(hass) == set()
    assert [event.data["phase"] for event in told] == ["opened", "ended"]


async def test_without_a_limit_three_times_the_median_gap(
    hass: HomeAssistant, house: NkConfigEntry, freezer: Any
) -> None:
    await add_meter(hass, house)
    days = ("2026-02-27", "2026-03-01", "2026-03-03", "2026-03-05")
    for value, day in enumerate(days):
        await act(
            hass, "add_reading", meter_id="strom", time=f"{day} 12:00", value=value
        )
    await act(hass, "run_analytics")
    due = state(hass, "strom_stale", "binary_sensor").attributes["due"]
    assert due == "2026-03-11T11:00:00+00:00"
    await pass_to(hass, freezer, "2026-03-11 11:10:00")
    assert state(hass, "strom_stale", "binary_sensor").state == "off"
    await pass_to(hass, freezer, "2026-03-11 12:10:00")
    assert state(hass, "strom_stale", "binary_sensor").state == "on"


async def test_a_gap_lowers_the_score_by_the_formula(
    hass: HomeAssistant, house: NkConfigEntry, freezer: Any
) -> None:
    await read_house(hass, house, more={"overdue_after": 10})
    shown = state(hass, "strom_quality")
    assert shown.state == "100"
    assert shown.attributes["freshness"] == 1.0
    # Nothing runs by itself: the score ages all the same, hour by hour.
    await hass.services.async_call(
        "switch",
        "turn_off",
        {"entity_id": state(hass, "house_automatic_processing", "switch").entity_id},
        blocking=True,
    )
    await pass_to(hass, freezer, "2026-03-25 12:10:00")
    shown = state(hass, "strom_quality")
    assert shown.attributes["freshness"] == 0.5
    assert int(shown.state) == round(100 * (0.5 + 0.2 + 0.2 * 0.5 + 0.1))
    assert shown.attributes["largest_gap_days"] == pytest.approx(28, abs=0.1)


async def test_what_its_user_expects_of_a_meter(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    run = await read_house(hass, house, more={"daily_limit": 9.5})
    (finding,) = run["meters"]["strom"]["findings"]
    assert finding["code"] == "limit_exceeded"
    assert "9.5" in finding["text"]
    assert "10" in finding["text"]
    assert issues(hass) == {"demand_strom_limit_exceeded"}
    (subentry,) = house.subentries.values()
    data = {**subentry.data, "muted": True}
    hass.config_entries.async_update_subentry(house, subentry, data=data)
    await settle(hass)
    run = await act(hass, "run_analytics")
    assert [f["code"] for f in run["meters"]["strom"]["findings"]] == ["limit_exceeded"]
    assert issues(hass) == set()


async def test_a_winter_that_is_no_winter(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await add_meter(hass, house, more={"rises_in_winter": True})
    for time, value in (
        ("2024-03-31", 0),
        ("2024-09-30", 2000),
        ("2025-03-31", 2500),
        ("2026-03-09", 3300),
    ):
        await act(hass, "add_reading", meter_id="strom", time=time, value=value)
    run = await act(hass, "run_analytics")
    (finding,) = [
        f
        for f in run["meters"]["strom"]["findings"]
        if f["code"] == "winter_not_higher"
    ]
    assert finding["day"] == "2025-03-31"
    for number in (2000 / 183, 500 / 182):
        assert f"{number:.2f}"[:-1] in finding["text"]


async def test_a_whole_less_than_its_parts(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await read_house(hass, house)
    await add_meter(hass, house, name="Teil", more={"part_of": "strom"})
    for time, value in (("2026-01-31", 0), ("2026-02-28", 400), ("2026-03-09", 600)):
        await act(hass, "add_reading", meter_id="teil", time=time, value=value)
    run = await act(hass, "run_analytics")
    (finding,) = run["meters"]["strom"]["findings"]
    assert finding["code"] == "parts_exceed_whole"
    assert "90" in finding["text"]
    assert "200" in finding["text"]
