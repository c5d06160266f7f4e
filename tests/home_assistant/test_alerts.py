"""What a leak does: entities, events, acknowledgement, mute, and its end."""

from datetime import date
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import device_registry as dr
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.nebenkosten.analysis.alerts import Alert, Phase, news
from custom_components.nebenkosten.const import (
    DOMAIN,
    EVENT_ANOMALY,
    EVENT_DAILY_SUMMARY,
    EVENT_RUN_FINISHED,
)
from custom_components.nebenkosten.runtime import NkConfigEntry

from .alerts import LEAK, alert, heard, state
from .clock import pass_to
from .conftest import act, settle
from .leaking_house import daily_rows, leaking


async def test_a_leak_is_told_once_until_it_ends(
    hass: HomeAssistant, house: NkConfigEntry, freezer: Any
) -> None:
    told, finished = heard(hass, EVENT_ANOMALY), heard(hass, EVENT_RUN_FINISHED)
    await leaking(hass, house, LEAK)
    (opened,) = told
    device = dr.async_get(hass).async_get(opened["device_id"])
    assert device is not None
    assert (DOMAIN, "wasser") in device.identifiers
    assert (opened["phase"], opened["meter_id"]) == ("opened", "wasser")
    assert opened["actual"] > 2 * opened["expected"]
    assert finished[-1]["status"] == "ok"
    problem = state(hass, "binary_sensor.wasser_anomaly")
    assert problem.state == "on"
    assert problem.attributes["since"] == opened["start"]
    assert problem.attributes["kind"] == opened["kind"] == "leak"
    assert problem.attributes["reason"] == opened["reason"]
    assert state(hass, "event.wasser_anomaly").attributes["event_type"] == "opened"
    assert state(hass, "sensor.test_home_open_anomalies").state == "1"
    house_state = state(hass, "sensor.test_home_open_anomalies")
    assert house_state.attributes["meters"] == ["wasser"]

    await act(hass, "run_analytics", full=True)
    assert len(told) == 1

    mended = LEAK | {date(2026, 3, 10): 0.0}
    rows = daily_rows("wasser", mended, last=date(2026, 3, 15))
    freezer.move_to("2026-03-15T12:00:00+00:00")
    await act(hass, "import_readings", content=rows)
    await act(hass, "run_analytics")
    assert [one["phase"] for one in told] == ["opened", "ended"]
    assert told[1]["id"] == opened["id"]
    assert state(hass, "binary_sensor.wasser_anomaly").state == "off"
    assert "since" not in state(hass, "binary_sensor.wasser_anomaly").attributes
    assert state(hass, "event.wasser_anomaly").attributes["event_type"] == "ended"


async def test_history_tells_nothing(hass: HomeAssistant, house: NkConfigEntry) -> None:
    told = heard(hass, EVENT_ANOMALY)
    await leaking(hass, house, {date(2026, 1, 5): 1.2, date(2026, 1, 20): 0.0})
    events = (await act(hass, "get_anomalies"))["meters"]["wasser"]
    assert events
    assert told == []
    assert state(hass, "binary_sensor.wasser_anomaly").state == "off"


async def test_who_acknowledges_is_left_alone(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    told = heard(hass, EVENT_ANOMALY)
    await leaking(hass, house, LEAK)
    shown = state(hass, "binary_sensor.wasser_anomaly").attributes
    with pytest.raises(ServiceValidationError) as caught:
        await act(hass, "acknowledge_anomaly", meter_id="wasser", id="nothing")
    assert caught.value.translation_key == "anomaly_unknown"
    answer = await act(
        hass, "acknowledge_anomaly", meter_id="wasser", id=shown["id"], note="Spülung"
    )
    assert answer == {"acknowledged": True}
    assert state(hass, "binary_sensor.wasser_anomaly").state == "off"
    assert state(hass, "sensor.test_home_open_anomalies").state == "0"
    (event,) = (await act(hass, "get_anomalies", start="2026-03-01"))["meters"][
        "wasser"
    ]
    assert event["acknowledged"] is True

    with pytest.raises(ServiceValidationError):
        await act(hass, "acknowledge_anomaly", meter_id="wasser", id="")

    # It holds for the same days after everything is computed anew, and is said twice.
    await act(hass, "acknowledge_anomaly", meter_id="wasser")
    await act(hass, "run_analytics", full=True)
    await hass.config_entries.async_reload(house.entry_id)
    await settle(hass)
    assert state(hass, "binary_sensor.wasser_anomaly").state == "off"
    assert len(told) == 1


async def test_a_muted_meter_alarms_nobody(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    told = heard(hass, EVENT_ANOMALY)
    await leaking(hass, house, LEAK, more={"muted": True})
    assert told == []
    assert state(hass, "binary_sensor.wasser_anomaly").state == "off"
    assert (await act(hass, "get_anomalies"))["meters"]["wasser"]


async def test_values_stay_after_a_restart(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await leaking(hass, house, LEAK)
    told = heard(hass, EVENT_ANOMALY)
    before = state(hass, "binary_sensor.wasser_anomaly")
    quality = state(hass, "sensor.wasser_data_quality")
    forecast = state(hass, "sensor.wasser_forecast_for_this_year")
    assert float(quality.state) > 90
    assert forecast.attributes["low"] < float(forecast.state)
    await hass.config_entries.async_reload(house.entry_id)
    await settle(hass)
    for old in (before, quality, forecast):
        again = state(hass, old.entity_id)
        assert (again.state, again.attributes) == (old.state, old.attributes)
    assert told == []


async def test_an_overdue_reading_is_a_problem(
    hass: HomeAssistant, house: NkConfigEntry, freezer: Any
) -> None:
    await leaking(hass, house, {})
    overdue = state(hass, "binary_sensor.wasser_reading_overdue")
    assert overdue.state == "off"
    assert overdue.attributes["due"] == "2026-03-12T23:00:00+00:00"
    assert state(hass, "sensor.test_home_health").state == "ok"
    await pass_to(hass, freezer, "2026-03-13T10:11:00")
    assert state(hass, "binary_sensor.wasser_reading_overdue").state == "on"
    health = state(hass, "sensor.test_home_health")
    assert (health.state, health.attributes["reasons"]) == ("warning", ["stale:wasser"])
    await act(
        hass, "add_reading", meter_id="wasser", time="2026-03-13 08:00", value=200
    )
    await act(hass, "run_analytics")
    assert state(hass, "binary_sensor.wasser_reading_overdue").state == "off"


async def test_a_paused_house_waits_and_catches_up(
    hass: HomeAssistant, house: NkConfigEntry, freezer: Any
) -> None:
    await leaking(hass, house, {})
    switch = {"entity_id": "switch.test_home_automatic_processing"}
    await hass.services.async_call("switch", "turn_off", switch, blocking=True)
    assert state(hass, "sensor.test_home_health").attributes["reasons"] == ["paused"]
    await act(
        hass, "add_reading", meter_id="wasser", time="2026-03-10 11:00", value=400
    )
    before = state(hass, "sensor.test_home_last_run").state
    await pass_to(hass, freezer, "2026-03-12T09:00:00")
    await hass.config_entries.async_reload(house.entry_id)
    await settle(hass)
    assert state(hass, switch["entity_id"]).state == "off"
    assert state(hass, "sensor.test_home_last_run").state == before
    await hass.services.async_call("switch", "turn_on", switch, blocking=True)
    await pass_to(hass, freezer, "2026-03-12T09:01:00")
    assert state(hass, "sensor.test_home_last_run").state > before
    assert float(state(hass, "sensor.wasser_yesterday").state) > 0


async def test_a_day_is_summed_up_for_automations(
    hass: HomeAssistant, house: NkConfigEntry, freezer: Any
) -> None:
    summaries = heard(hass, EVENT_DAILY_SUMMARY)
    await leaking(hass, house, LEAK)
    found = await act(hass, "get_daily_summary", date="2026-03-08")
    day = found["meters"]["wasser"]
    assert day["flags"] == ["leak"]
    assert day["deviation"] == pytest.approx(day["consumption"] - day["expected"])
    assert (day["provenance"], found["degree_days"]) == ("measured", None)
    assert (await act(hass, "get_daily_summary"))["date"] == "2026-03-09"
    early = await act(hass, "get_daily_summary", meter_id="wasser", date="2020-01-01")
    assert early["meters"] == {}
    await pass_to(hass, freezer, "2026-03-11T03:31:00")
    # The first run made up for the night before.
    assert [one["date"] for one in summaries] == ["2026-03-09", "2026-03-10"]
    # A run by hand that takes the night's work over tells of the day, too.
    freezer.move_to("2026-03-12T02:30:00+00:00")
    async_fire_time_changed(hass)
    await act(hass, "run_analytics")
    await settle(hass)
    assert [one["date"] for one in summaries[2:]] == ["2026-03-11"]
    assert "wasser" in summaries[1]["meters"]


async def test_runs_are_remembered_for_a_month(
    hass: HomeAssistant, house: NkConfigEntry, freezer: Any
) -> None:
    await leaking(hass, house, {})
    runs = (await act(hass, "get_runs"))["runs"]
    assert runs[0]["trigger"] == "manual"
    assert runs[0]["meters"]["wasser"]["readings"] == 161
    assert len((await act(hass, "get_runs", limit=1))["runs"]) == 1
    await hass.config_entries.async_reload(house.entry_id)
    await settle(hass)
    assert (await act(hass, "get_runs"))["runs"][-1] == runs[-1]
    freezer.move_to("2026-04-20T12:00:00+00:00")
    await act(hass, "run_analytics")
    assert len((await act(hass, "get_runs"))["runs"]) == 1


@pytest.mark.parametrize(
    ("before", "after", "phases"),
    [
        ([], [alert()], [Phase.OPENED]),
        ([alert()], [alert()], []),
        ([alert("spike")], [alert("leak")], [Phase.CHANGED]),
        ([alert()], [alert(is_open=False)], [Phase.ENDED]),
        ([alert()], [], [Phase.ENDED]),
        ([], [alert(is_open=False)], [Phase.OPENED, Phase.ENDED]),
        ([alert(is_open=False)], [], []),
        ([alert(is_open=False)], [alert(is_open=False)], []),
        ([alert(is_open=False)], [alert()], [Phase.OPENED]),
    ],
)
def test_each_thing_is_told_once(
    before: list[Alert], after: list[Alert], phases: list[Phase]
) -> None:
    assert [phase for phase, _ in news(before, after)] == phases
