"""One number in many places, down to what it comes from."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
import socket
from typing import Any

from homeassistant.components.recorder.models import StatisticData
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)

from custom_components.nebenkosten.engine.domain.degree_days import (
    Weather,
    degree_days,
    facts_of,
)
from custom_components.nebenkosten.runtime import NkConfigEntry

from ..home_assistant.clock import pass_to
from ..home_assistant.conftest import act, add_meter, settle
from ..home_assistant.external_statistics import external, hourly
from ..home_assistant.leaking_house import leaking
from ..home_assistant.outdoors import measured_outdoors
from ..home_assistant.reading_back import used_per_day
from .tools import read_house, state


async def test_days_of_a_clock_change_close_like_any_other(
    hass: HomeAssistant, house: NkConfigEntry, freezer: Any
) -> None:
    await add_meter(hass, house, more={"billing_year_start": "10-01"})
    freezer.move_to("2026-04-01T00:30:00+00:00")
    for time, value in (
        ("2025-10-01 00:00", 0),
        ("2025-10-26 00:00", 250),
        ("2025-10-27 00:00", 262.5),
        ("2026-03-29 00:00", 1792.5),
        ("2026-03-30 00:00", 1804),
        ("2026-04-01 00:00", 1824),
    ):
        await act(hass, "add_reading", meter_id="strom", time=time, value=value)
    await pass_to(hass, freezer, "2026-04-01 03:30:00")
    rows = (await act(hass, "get_consumption", meter_id="strom"))["meters"]["strom"]
    hours = {
        row["start"][:10]: (
            datetime.fromisoformat(row["end"]) - datetime.fromisoformat(row["start"])
        )
        / timedelta(hours=1)
        for row in rows["rows"]
    }
    assert (hours["2025-10-26"], hours["2026-03-29"]) == (25, 23)
    days = {row["start"][:10]: row["value"] for row in rows["rows"]}
    assert (days["2025-10-26"], days["2026-03-29"]) == pytest.approx((12.5, 11.5))
    assert sum(days.values()) == pytest.approx(1824, rel=1e-9)
    assert float(state(hass, "strom_yesterday").state) == pytest.approx(
        days["2026-03-31"]
    )
    assert float(state(hass, "strom_previous_month").state) == pytest.approx(
        sum(use for day, use in days.items() if day[:7] == "2026-03")
    )
    assert float(state(hass, "strom_year").state) == pytest.approx(
        sum(use for day, use in days.items() if day[:4] == "2026")
    )
    (year,) = (
        await act(hass, "get_consumption", meter_id="strom", period="billing_year")
    )["meters"]["strom"]["rows"]
    assert year["start"].startswith("2025-10-01")
    assert year["value"] == pytest.approx(1824)
    assert await used_per_day(hass, "strom") == pytest.approx(days)


async def test_one_number_three_ways(
    hass: HomeAssistant, house: NkConfigEntry, freezer: Any
) -> None:
    told = async_capture_events(hass, "nebenkosten_daily_summary")
    await leaking(hass, house, {date(2026, 3, 2): 1.2})
    await pass_to(hass, freezer, "2026-03-10 13:00:00")
    summary = await act(hass, "get_daily_summary", date="2026-03-09")
    one = summary["meters"]["wasser"]
    shown = state(hass, "wasser_yesterday")
    assert one["consumption"] == pytest.approx(float(shown.state))
    assert one["expected"] == pytest.approx(shown.attributes["expected"])
    assert one["deviation"] == pytest.approx(one["consumption"] - one["expected"])
    days = await used_per_day(hass, "wasser")
    assert one["consumption"] == pytest.approx(days["2026-03-09"])
    assert one["flags"] == ["leak"]
    assert one["provenance"] == "measured"
    await pass_to(hass, freezer, "2026-03-11 03:30:00")
    event = told[-1]
    assert event.data["date"] == "2026-03-10"
    assert event.data["meters"].keys() == {"wasser"}


async def test_the_same_reading_from_two_sources_is_one_record(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await add_meter(hass, house)
    await act(hass, "add_reading", meter_id="strom", time="2026-02-01", value=100)
    content = "time,value\n2026-02-01,100\n2026-02-05,120\n"
    for new in (1, 0):
        done = await act(hass, "import_readings", meter_id="strom", content=content)
        assert (done["imported"], done["duplicates"]) == (new, 2 - new)
    found = (await act(hass, "get_readings"))["meters"]["strom"]["readings"]
    assert [one["sources"] for one in found] == [["hand", "import"], ["import"]]
    with pytest.raises(HomeAssistantError) as caught:
        await act(hass, "add_reading", meter_id="strom", value=5, unit="m³")
    assert caught.value.translation_key == "unit_mismatch"
    wrong = "time,value,unit\n2026-02-07,130,m³\n"
    tried = await act(
        hass, "import_readings", meter_id="strom", content=wrong, dry_run=True
    )
    assert tried["rejected"][0]["code"] == "unit_mismatch"


def test_a_days_facts() -> None:
    def year(number: int) -> list[Any]:
        first = date(number, 1, 1)
        days = (date(number + 1, 1, 1) - first).days
        return [facts_of(first + timedelta(days=n), (10, 1)) for n in range(days)]

    for number in (2025, 2028):
        assert sum(one.gradtag for one in year(number)) == 1000
    assert facts_of(date(2025, 2, 3), (1, 1)).gradtag == Fraction(150, 28)
    assert facts_of(date(2028, 2, 3), (1, 1)).gradtag == Fraction(150, 29)
    summer = [f for f in year(2025) if f.day.month in (6, 7, 8)]
    for month in (6, 7, 8):
        shares = [f.gradtag for f in summer if f.day.month == month]
        assert sum(shares) == Fraction(40, 3)
    day = facts_of(date(2025, 9, 30), (10, 1))
    assert (day.billing_year, day.heating_season, day.weekday) == (2024, False, 1)
    assert facts_of(date(2025, 10, 1), (10, 1)).billing_year == 2025
    assert facts_of(date(2025, 10, 1), (10, 1)).heating_season


async def test_holidays_of_a_federal_state_without_a_network(
    hass: HomeAssistant, house: NkConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    await read_house(hass, house)

    def no_network(*_: Any, **__: Any) -> None:
        raise AssertionError("somebody asked the network")

    monkeypatch.setattr(socket, "getaddrinfo", no_network)
    without = await act(hass, "get_daily_summary", date="2026-01-06")
    assert without["holiday"] is None
    for chosen, holiday in (("by", "Heilige Drei Könige"), ("be", "")):
        hass.config_entries.async_update_entry(
            house, options={**house.options, "federal_state": chosen}
        )
        await settle(hass)
        found = await act(hass, "get_daily_summary", date="2026-01-06")
        assert found["holiday"] == holiday
    assert (await act(hass, "get_daily_summary", date="2026-03-08"))["holiday"] == (
        "Frauentag"
    )
    assert found["heating_season"] is True
    assert found["gradtag"] == pytest.approx(170 / 31)


async def test_parts_of_the_day_and_what_flows_at_night(
    hass: HomeAssistant, house: NkConfigEntry, freezer: Any
) -> None:
    start = datetime(2025, 12, 31, 22, 0, tzinfo=UTC)
    hours = 24 * 100
    use = [1.0 if hour % 24 in (2, 3) else 4.0 for hour in range(hours)]
    sums = [sum(use[: n + 1]) for n in range(hours)]
    freezer.move_to("2026-01-02T12:00:00+00:00")
    await external(hass, hourly(start, sums))
    await add_meter(hass, house, sources=[{"statistic": "utility:electricity"}])
    await act(hass, "run_analytics")
    freezer.move_to("2026-04-08T12:00:00+00:00")
    await act(hass, "run_analytics")
    day = await act(hass, "get_daily_summary", date="2026-02-03")
    one = day["meters"]["strom"]
    assert one["parts"] == {
        "night": 26.0,
        "morning": 16.0,
        "day": 28.0,
        "evening": 20.0,
    }
    assert sum(one["parts"].values()) == pytest.approx(one["consumption"])
    assert one["quiet"] == 1.0
    # The night of the clock change has the hours that it has.
    change = await act(hass, "get_daily_summary", date="2026-03-29")
    parts = change["meters"]["strom"]["parts"]
    assert sum(parts.values()) == pytest.approx(
        change["meters"]["strom"]["consumption"]
    )
    assert change["meters"]["strom"]["quiet"] == 1.0


async def test_water_that_flows_all_night_is_a_leak(
    hass: HomeAssistant, house: NkConfigEntry, freezer: Any
) -> None:
    start = datetime(2025, 12, 31, 22, 0, tzinfo=UTC)
    hours = 24 * 68
    use = [
        (0.03 if 6 <= (hour - 1) % 24 <= 22 and hour % 3 else 0.0)
        + (0.02 if hour > 24 * 60 else 0.0)
        for hour in range(hours)
    ]
    sums = [sum(use[: n + 1]) for n in range(hours)]
    freezer.move_to("2026-01-01T12:00:00+00:00")
    await external(hass, hourly(start, sums), unit="m³")
    source = [{"statistic": "utility:electricity"}]
    await add_meter(
        hass, house, name="Wasser", medium="water", unit="m³", sources=source
    )
    await act(hass, "run_analytics")
    freezer.move_to("2026-03-09T12:00:00+00:00")
    run = await act(hass, "run_analytics")
    kinds = {one["kind"]: one["start"] for one in run["meters"]["wasser"]["anomalies"]}
    assert kinds["leak"] >= "2026-03-01"


@pytest.mark.parametrize(
    ("mean", "g20_15", "hgt15", "kind"),
    [
        (14.9, 5.1, 0.1, Weather.HEATING),
        (15.0, 0.0, 0.0, Weather.MILD),
        (-3.0, 23.0, 18.0, Weather.FROST),
        (26.0, 0.0, 0.0, Weather.HOT),
    ],
)
def test_degree_days_by_hand(
    mean: float, g20_15: float, hgt15: float, kind: Weather
) -> None:
    found = degree_days(mean)
    assert found is not None
    assert (found.g20_15, found.hgt15) == pytest.approx((g20_15, hgt15))
    assert found.weather is kind


async def _outdoors(hass: HomeAssistant, house: NkConfigEntry) -> None:
    """Give the house a temperature for February, without its 10th day."""
    await measured_outdoors(
        hass,
        [
            StatisticData(
                start=datetime(2026, 2, day, 12, tzinfo=UTC), mean=5, min=5, max=5
            )
            for day in range(1, 29)
            if day != 10
        ],
    )
    hass.config_entries.async_update_entry(
        house, options={**house.options, "temperature": "weather:outdoors"}
    )
    await settle(hass)
    await async_wait_recording_done(hass)
    await settle(hass)


async def test_a_missing_temperature_is_unknown_not_mild(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await read_house(hass, house)
    await _outdoors(hass, house)
    known = await act(hass, "get_daily_summary", date="2026-02-09")
    assert known["degree_days"] == 15
    assert known["weather"]["kind"] == "heating"
    lost = await act(hass, "get_daily_summary", date="2026-02-10")
    assert (lost["degree_days"], lost["weather"]) == (None, None)


async def test_intervals_are_the_facts_that_days_add_up_to(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await read_house(hass, house)
    await _outdoors(hass, house)
    await act(hass, "add_reading", meter_id="strom", time="2026-02-09", value=1080)
    found = (await act(hass, "get_intervals", meter_id="strom"))["meters"]["strom"]
    days = {
        row["start"]: row["value"]
        for row in (await act(hass, "get_consumption"))["meters"]["strom"]["rows"]
    }
    for one in found["intervals"]:
        inside = [use for day, use in days.items() if one["start"] <= day < one["end"]]
        assert sum(inside) == pytest.approx(one["value"], rel=1e-9)
        assert one["per_day"] == pytest.approx(one["value"] / one["days"])
    first, second, _ = found["intervals"]
    assert (first["value"], first["days"], first["degree_days"]) == (80, 9, 9 * 15)
    # One day of the second has no temperature: nobody knows its degree days.
    assert second["degree_days"] is None
    later = await act(
        hass, "get_intervals", meter_id="strom", start="2026-03-05", end="2026-03-06"
    )
    assert len(later["meters"]["strom"]["intervals"]) == 1
