"""Odd days that somebody knows of: in sight, undone, and news again if worse."""

from datetime import date
import json
from typing import Any

from homeassistant.core import HomeAssistant
from hypothesis import given, strategies as st

from custom_components.nebenkosten.analysis.alerts import as_known, is_acknowledged
from custom_components.nebenkosten.const import EVENT_ANOMALY
from custom_components.nebenkosten.journal.acknowledgements import Acknowledgement
from custom_components.nebenkosten.runtime import NkConfigEntry

from .alerts import LEAK, alert, heard, state
from .conftest import act
from .leaking_house import daily_rows, leaking

PROBLEM = "binary_sensor.wasser_anomaly"
OPEN = "sensor.test_home_open_anomalies"


async def _event(hass: HomeAssistant) -> Any:
    found = await act(hass, "get_anomalies", start="2026-03-01")
    return found["meters"]["wasser"][-1]


async def test_what_somebody_knows_of_stays_in_sight_and_can_be_undone(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await leaking(hass, house, LEAK)
    assert state(hass, OPEN).attributes["known"] == []
    await act(hass, "acknowledge_anomaly", meter_id="wasser", note="Spülung")
    known = state(hass, PROBLEM)
    assert known.state == "off"
    (seen,) = known.attributes["known"]
    assert seen["kind"] == "leak"
    assert seen["since"] == (await _event(hass))["start"]
    (of_house,) = state(hass, OPEN).attributes["known"]
    assert (of_house["name"], of_house["reason"]) == ("Wasser", seen["reason"])
    day = (await act(hass, "get_daily_summary", date="2026-03-08"))["meters"]["wasser"]
    assert (day["flags"], day["acknowledged"]) == (["leak"], ["leak"])

    answer = await act(hass, "acknowledge_anomaly", meter_id="wasser", undo=True)
    assert answer == {"acknowledged": False}
    assert state(hass, PROBLEM).state == "on"
    assert "known" not in state(hass, PROBLEM).attributes
    assert state(hass, OPEN).state == "1"
    await act(hass, "run_analytics", full=True)
    assert state(hass, PROBLEM).state == "on"
    assert (await _event(hass))["acknowledged"] is False
    (kept,) = house.runtime_data.loaded.journal.rows(
        "SELECT before FROM audit WHERE record = 'acknowledgement'"
    )
    assert json.loads(kept["before"])["note"] == "Spülung"


async def test_a_leak_that_gets_much_worse_is_news_again(
    hass: HomeAssistant, house: NkConfigEntry, freezer: Any
) -> None:
    told = heard(hass, EVENT_ANOMALY)
    await leaking(hass, house, LEAK)
    await act(hass, "acknowledge_anomaly", meter_id="wasser")
    freezer.move_to("2026-03-12T12:00:00+00:00")
    as_before = daily_rows("wasser", LEAK, last=date(2026, 3, 12))
    await act(hass, "import_readings", content=as_before)
    await act(hass, "run_analytics")
    assert state(hass, PROBLEM).state == "off"
    assert [one["phase"] for one in told] == ["opened"]

    freezer.move_to("2026-03-18T12:00:00+00:00")
    worse = LEAK | {date(2026, 3, 12): 9.0}
    rows = daily_rows("wasser", worse, last=date(2026, 3, 18))
    await act(hass, "import_readings", content=rows)
    await act(hass, "run_analytics")
    assert state(hass, PROBLEM).state == "on"
    assert [one["phase"] for one in told] == ["opened", "changed"]


@given(
    st.integers(0, 5), st.integers(0, 5), st.floats(0, 5), st.sampled_from(["", "x"])
)
def test_an_event_as_it_was_known_is_no_news(
    start: int, days: int, times: float, kind: str
) -> None:
    event = alert()
    assert is_acknowledged(event, [as_known(event)])
    first, last = date(2026, 3, 1 + start), date(2026, 3, 1 + start + days)
    known = Acknowledgement(
        first=first, last=last, kind=kind or event.kind, excess=2.0 / 3.0 * times
    )
    overlaps = first <= event.end and event.start <= last
    expected = overlaps and not kind and 2 * (2.0 / 3.0 * times) >= 2.0 / 3.0
    assert is_acknowledged(event, [known]) is expected
