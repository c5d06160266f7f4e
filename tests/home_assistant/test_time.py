"""Entities through the day, nightly runs, clock changes and time zones."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from hypothesis import given, strategies as st
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.nebenkosten.runs.schedule import runs_around
from custom_components.nebenkosten.runtime import NkConfigEntry

from .clock import BERLIN, pass_to
from .conftest import act, add_meter, settle
from .reading_back import published, used_per_day


def state(hass: HomeAssistant, key: str, platform: str = "sensor") -> Any:
    entity_id = er.async_get(hass).async_get_entity_id(platform, "nebenkosten", key)
    assert entity_id is not None, key
    return hass.states.get(entity_id)


async def _read(hass: HomeAssistant, *readings: tuple[str, float]) -> None:
    for moment, value in readings:
        await act(hass, "add_reading", meter_id="strom", time=moment, value=value)


async def test_entities_before_during_and_after_a_day(
    hass: HomeAssistant, house: NkConfigEntry, freezer: Any
) -> None:
    await add_meter(hass, house, more={"decimals": 2, "serial_number": "4711"})
    assert state(hass, "strom_yesterday").state == "unavailable"
    await _read(hass, ("2026-01-31", 1000), ("2026-03-09", 1370))
    assert state(hass, "house_last_run").state == "unknown"
    await act(hass, "run_analytics")
    assert state(hass, "house_last_run").state == "2026-03-10T12:00:00+00:00"
    assert float(state(hass, "strom_yesterday").state) == pytest.approx(10)
    assert float(state(hass, "strom_month").state) == pytest.approx(90)
    assert float(state(hass, "strom_previous_month").state) == pytest.approx(280)
    assert float(state(hass, "strom_year").state) == pytest.approx(370)
    counter = state(hass, "strom_counter")
    assert float(counter.state) == 1370
    assert counter.attributes["provenance"] == "interpolated"
    assert counter.attributes["unit_of_measurement"] == "kWh"
    assert counter.attributes["device_class"] == "energy"
    assert "state_class" not in counter.attributes
    month = state(hass, "strom_month").attributes
    assert month["start"] == "2026-03-01T00:00:00+01:00"
    assert month["end"] == "2026-04-01T00:00:00+02:00"
    assert month["interpolated"] == 1.0
    assert state(hass, "strom_last_reading").state == "2026-03-09T23:00:00+00:00"

    await pass_to(hass, freezer, "2026-03-11T00:00:00")
    assert state(hass, "strom_yesterday").state == "unknown"
    assert float(state(hass, "strom_month").state) == pytest.approx(90)
    await pass_to(hass, freezer, "2026-03-11T03:30:00")
    assert float(state(hass, "strom_yesterday").state) == pytest.approx(10, rel=0.01)
    assert state(hass, "strom_counter").attributes["provenance"] == "extrapolated"


async def test_a_new_month_begins_unknown(
    hass: HomeAssistant, house: NkConfigEntry, freezer: Any
) -> None:
    await add_meter(hass, house)
    freezer.move_to("2026-03-31T12:00:00+00:00")
    await _read(hass, ("2026-01-31", 1000), ("2026-03-30", 1400))
    await act(hass, "run_analytics")
    assert float(state(hass, "strom_month").state) == pytest.approx(
        30 * 400 / 58, rel=0.01
    )
    freezer.move_to("2026-03-31T22:00:00+00:00")
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
    assert state(hass, "strom_month").state == "unknown"
    assert state(hass, "strom_previous_month").state == "unknown"
    assert float(state(hass, "strom_year").state) == pytest.approx(400)


async def test_values_survive_a_restart_before_numpy_is_loaded(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await add_meter(hass, house)
    await _read(hass, ("2026-01-31", 1000), ("2026-03-09", 1370))
    await act(hass, "run_analytics")
    await add_meter(hass, house, name="Leer")
    await act(hass, "run_analytics")
    await hass.config_entries.async_unload(house.entry_id)
    assert state(hass, "strom_year").state == "unavailable"
    await hass.config_entries.async_setup(house.entry_id)
    await hass.async_block_till_done()
    assert float(state(hass, "strom_year").state) == pytest.approx(370)


async def test_a_changed_reading_runs_its_meter_by_itself(
    hass: HomeAssistant, house: NkConfigEntry, freezer: Any
) -> None:
    await add_meter(hass, house)
    await _read(hass, ("2026-01-31", 1000), ("2026-03-09", 1370))
    await pass_to(hass, freezer, "2026-03-10T14:00:00")
    assert float(state(hass, "strom_year").state) == pytest.approx(370)
    await _read(hass, ("2026-02-28", 1100))
    await pass_to(hass, freezer, "2026-03-10T15:00:00")
    assert float(state(hass, "strom_previous_month").state) == pytest.approx(100)


async def test_the_button_runs_everything(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await add_meter(hass, house)
    await _read(hass, ("2026-01-31", 1000), ("2026-03-09", 1370))
    button = state(hass, "house_run_analytics", "button").entity_id
    await hass.services.async_call(
        "button", "press", {"entity_id": button}, blocking=True
    )
    await settle(hass)
    assert float(state(hass, "strom_year").state) == pytest.approx(370)
    await hass.services.async_call(
        "homeassistant", "update_entity", {"entity_id": button}, blocking=True
    )


async def test_a_missed_nightly_run_is_caught_up(
    hass: HomeAssistant, house: NkConfigEntry, freezer: Any
) -> None:
    await add_meter(hass, house)
    await _read(hass, ("2026-01-31", 1000), ("2026-03-09", 1370))
    await pass_to(hass, freezer, "2026-03-11T03:30:00")
    await hass.config_entries.async_unload(house.entry_id)
    freezer.move_to("2026-03-13T10:00:00+00:00")
    await hass.config_entries.async_setup(house.entry_id)
    await settle(hass)
    assert state(hass, "strom_yesterday").state == "unknown"
    await pass_to(hass, freezer, "2026-03-13T11:01:00")
    assert state(hass, "strom_yesterday").state != "unknown"


async def test_a_reading_entered_before_a_cut_is_published_after_the_restart(
    hass: HomeAssistant, house: NkConfigEntry, freezer: Any
) -> None:
    await add_meter(hass, house)
    await _read(hass, ("2026-01-31", 1000), ("2026-03-09", 1370))
    await pass_to(hass, freezer, "2026-03-11T03:30:00")
    await _read(hass, ("2026-02-28", 1100))
    await hass.config_entries.async_reload(house.entry_id)
    await settle(hass)
    await pass_to(hass, freezer, "2026-03-11T04:00:00")
    days = await used_per_day(hass, "strom")
    february = [days[f"2026-02-{day:02}"] for day in range(1, 28)]
    assert sum(february) == pytest.approx(100 * 27 / 28, rel=0.06)


async def test_another_time_zone_republishes_everything(
    hass: HomeAssistant, house: NkConfigEntry, freezer: Any
) -> None:
    await add_meter(hass, house)
    await _read(hass, ("2026-01-31", 1000), ("2026-03-09", 1370))
    await act(hass, "run_analytics")
    before = await published(hass, "strom")
    await hass.config.async_update(time_zone="Asia/Kolkata")
    await pass_to(hass, freezer, "2026-03-10T15:00:00")
    after = await published(hass, "strom")
    assert {row[0].strftime("%H:%M") for row in before} == {"23:00"}
    assert {row[0].strftime("%H:%M") for row in after} == {"18:30"}
    # In India the last day ended, and the first whole one began, some hours earlier.
    assert [round(rows[-1][1]) for rows in (before, after)] == [370, 360]
    await hass.config.async_update(latitude=1)
    await settle(hass)


@given(
    st.integers(1704067200, 1798761600),
    st.times(),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]),
)
def test_exactly_one_run_a_local_day(moment: int, at: time, name: str) -> None:
    zone = ZoneInfo(name)
    now = datetime.fromtimestamp(moment, UTC)
    last, following = runs_around(now, at, zone)
    assert last <= now < following
    days = (following - last) / timedelta(days=1)
    assert 0.9 < days < 1.1
    assert runs_around(following, at, zone)[0] == following


@pytest.mark.parametrize(
    ("night", "wanted"),
    [("2026-03-28", "03:30:00+02:00"), ("2026-10-24", "02:30:00+02:00")],
)
def test_both_clock_change_nights_have_one_run(night: str, wanted: str) -> None:
    now = datetime.fromisoformat(f"{night}T12:00").replace(tzinfo=BERLIN)
    _, following = runs_around(now, time(2, 30), BERLIN)
    assert following.astimezone(BERLIN).isoformat()[11:] == wanted
    _, later = runs_around(following, time(2, 30), BERLIN)
    assert later.astimezone(BERLIN).date() - following.astimezone(
        BERLIN
    ).date() == timedelta(days=1)
