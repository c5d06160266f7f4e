"""From an entered reading to the published statistic, through the front door."""

import asyncio
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
import pytest

from custom_components.nebenkosten.runtime import NkConfigEntry

from .conftest import act, add_meter
from .reading_back import published, used_per_day


async def _read(hass: HomeAssistant, *readings: tuple[str, Any]) -> None:
    for time, value in readings:
        await act(hass, "add_reading", meter_id="strom", time=time, value=value)


async def test_two_readings_become_published_days(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await add_meter(hass, house)
    await _read(hass, ("2026-02-28", 100.0), ("2026-03-05", 110.0))
    run = await act(hass, "run_analytics")
    assert run["status"] == "ok"
    meter = run["meters"]["strom"]
    assert (meter["first_day"], meter["last_day"]) == ("2026-03-01", "2026-03-09")
    assert run["written"]["statistics"] == 9
    days = await used_per_day(hass, "strom")
    assert list(days) == [f"2026-03-0{n}" for n in range(1, 10)]
    assert days == pytest.approx(dict.fromkeys(days, 2.0))
    rows = await published(hass, "strom")
    assert rows[0][1:] == pytest.approx((2.0, 102.0))
    assert rows[4][2] == pytest.approx(110.0)


async def test_a_run_with_nothing_new_writes_nothing(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await add_meter(hass, house)
    await _read(hass, ("2026-02-28", 100), ("2026-03-05", 110))
    await act(hass, "run_analytics")
    again = await act(hass, "run_analytics")
    assert again["written"]["statistics"] == 0
    full = await act(hass, "run_analytics", full=True)
    assert full["written"]["statistics"] == 0
    assert full["meters"]["strom"]["changed_days"] == 0


async def test_a_backdated_reading_changes_no_sum_between_the_others(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await add_meter(hass, house)
    await _read(hass, ("2025-12-31", 1000), ("2026-01-31", 1310), ("2026-02-28", 1590))
    await act(hass, "run_analytics")
    before = await published(hass, "strom")
    added = await act(
        hass, "add_reading", meter_id="strom", time="2026-02-14", value="1.500,0"
    )
    run = await act(hass, "run_analytics")
    after = await published(hass, "strom")
    changed = [
        i
        for i, (old, new) in enumerate(zip(before, after, strict=True))
        if old[1] != pytest.approx(new[1], rel=1e-9)
    ]
    days = [before[i][0].strftime("%m-%d") for i in changed]
    assert {"02-05", "02-20"} <= set(days)
    # The sums at the readings before and after it stay as they were read.
    january, february = 30, 58
    for index, used in ((january, 310), (february, 590)):
        assert before[index][1] == pytest.approx(used)
        assert after[index][1] == pytest.approx(used)
    assert run["written"]["statistics"] == len(changed)
    assert run["meters"]["strom"]["changed_days"] >= len(changed)
    await act(hass, "delete_reading", reading_id=added["reading_id"])
    await act(hass, "run_analytics")
    restored = await published(hass, "strom")
    assert [row[0] for row in restored] == [row[0] for row in before]
    for column in (1, 2):
        was = [row[column] for row in before]
        assert [row[column] for row in restored] == pytest.approx(was, rel=1e-9)


async def test_a_fall_is_unknown_and_explained(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await add_meter(hass, house)
    await _read(
        hass,
        ("2026-02-01", 100),
        ("2026-02-10", 190),
        ("2026-02-20", 150),
        ("2026-02-25", 160),
    )
    run = await act(hass, "run_analytics")
    (finding,) = run["meters"]["strom"]["findings"]
    assert finding["code"] == "counter_fell"
    assert "190" in finding["text"]
    assert "150" in finding["text"]
    response = await act(hass, "get_consumption", meter_id="strom", period="month")
    month = response["meters"]["strom"]["rows"][0]
    assert month["value"] is None
    days = await used_per_day(hass, "strom")
    # Nine days of 10, five of 2, and three carried forward at no more than that.
    carried = [days[f"2026-02-{day}"] for day in (25, 26, 27)]
    assert all(2 <= use <= 10 for use in carried)
    known = [use for day, use in days.items() if day.startswith("2026-02")]
    assert month["known"] == pytest.approx(sum(known))
    assert sum(known) - sum(carried[:3]) <= 100 + 10
    assert "2026-02-15" not in days
    assert "2026-02-21" in days


async def test_an_exchange_keeps_its_use(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await add_meter(hass, house)
    for time, value, kind in (
        ("2026-02-01", 1000, "actual"),
        ("2026-02-11 12:00", 1105, "removal"),
        ("2026-02-11 12:00", 7, "install"),
        ("2026-02-21", 102, "actual"),
    ):
        await act(
            hass, "add_reading", meter_id="strom", time=time, value=value, kind=kind
        )
    response = await act(
        hass, "get_consumption", meter_id="strom", start="2026-02-02", end="2026-02-21"
    )
    rows = response["meters"]["strom"]["rows"]
    assert sum(row["value"] for row in rows) == pytest.approx(105 + 95)
    assert all(row["value"] == pytest.approx(10, abs=1.1) for row in rows)


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"value": "12.345"}, "ambiguous_number"),
        ({"value": "zwölf"}, "not_a_number"),
        ({"value": float("nan")}, "not_a_number"),
        ({"value": -1}, "negative_value"),
        ({"value": 5, "time": "morgen"}, "not_a_time"),
        ({"value": 5, "time": "2026-03-12"}, "in_future"),
        ({"value": 5, "unit": "m³"}, "unit_mismatch"),
        ({"value": 5, "meter_id": "nowhere"}, "unknown_meter_named"),
        ({"value": 5, "meter_id": ""}, "meter_missing"),
        ({"value": 5, "meter_id": ["strom", "strom2"]}, "unknown_meter_named"),
    ],
)
async def test_what_cannot_be_is_refused_with_a_sentence(
    hass: HomeAssistant, house: NkConfigEntry, given: dict[str, Any], key: str
) -> None:
    await add_meter(hass, house)
    with pytest.raises(ServiceValidationError) as caught:
        await act(hass, "add_reading", **{"meter_id": "strom"} | given)
    assert caught.value.translation_key == key
    found = await act(hass, "get_readings", meter_id="strom")
    assert found["meters"]["strom"]["readings"] == []


async def test_the_neighbours_decide_an_ambiguous_number(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await add_meter(hass, house)
    await _read(hass, ("2026-02-01", "12000,5"))
    added = await act(
        hass, "add_reading", meter_id="STROM", time="01.03.2026 08:00", value="12.345"
    )
    assert added["value"] == 12345


async def test_todays_date_typed_today_counts_from_midnight_on(
    hass: HomeAssistant, house: NkConfigEntry, freezer: Any
) -> None:
    await add_meter(hass, house)
    await _read(hass, ("2026-03-01", 100), ("2026-03-10", 190))
    run = await act(hass, "run_analytics")
    assert run["meters"]["strom"]["readings"] == 1
    freezer.move_to("2026-03-11T02:00:00+00:00")
    run = await act(hass, "run_analytics")
    assert run["meters"]["strom"]["readings"] == 2
    assert run["meters"]["strom"]["total"] == pytest.approx(90)


async def test_edits_and_deletions_stay_readable(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await add_meter(hass, house)
    await _read(hass, ("2026-02-01", 100), ("2026-02-05", 1400), ("2026-02-09", 180))
    found = await act(hass, "get_readings", meter_id="strom")
    ids = [r["id"] for r in found["meters"]["strom"]["readings"]]
    edited = await act(
        hass, "edit_reading", reading_id=ids[1], value="140,0", note="typo"
    )
    assert edited == {"reading_id": ids[1], "value": 140, "findings": []}
    await act(hass, "delete_reading", reading_id=ids[2])
    found = await act(hass, "get_readings", meter_id="strom")
    told = [(r["value"], r["status"]) for r in found["meters"]["strom"]["readings"]]
    assert told == [
        (100, "used"),
        (1400, "superseded"),
        (140, "used"),
        (180, "deleted"),
    ]
    with pytest.raises(ServiceValidationError) as caught:
        await act(hass, "delete_reading", reading_id=ids[2])
    assert caught.value.translation_key == "reading_unknown"


async def test_a_second_manual_run_is_refused(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await add_meter(hass, house)
    first = hass.async_create_task(act(hass, "run_analytics"))
    await asyncio.sleep(0)
    with pytest.raises(ServiceValidationError) as caught:
        await act(hass, "run_analytics")
    assert caught.value.translation_key == "run_in_progress"
    assert (await first)["status"] == "ok"
