"""What only the user can mend: asked once, mended by clicking, gone with its cause."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
import pytest

from custom_components.nebenkosten.const import DOMAIN, SUBENTRY_MASTER
from custom_components.nebenkosten.journal import readings
from custom_components.nebenkosten.runtime import NkConfigEntry

from .clock import pass_to
from .computed_meters import CHAIN, add_computed, exchanged
from .conftest import act, add_meter, settle
from .reading_back import used_per_day
from .repairing import FALL, SLIP, issues, mend, say

__all__ = ["exchanged"]


async def test_a_suspected_exchange_is_entered_by_clicking(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await add_meter(hass, house)
    await say(hass, *FALL)
    (issue,) = issues(hass)
    found = ir.async_get(hass).async_get_issue(DOMAIN, issue)
    assert found is not None
    assert (found.translation_key, found.is_fixable) == ("exchange", True)
    given = {
        "time": "2026-01-10 10:00:00",
        "final_value": "40.720,5",
        "first_value": "0",
        "serial_number": "NEU-1",
    }
    shown = await mend(
        hass,
        issue,
        {"next_step_id": "replace_meter"},
        given | {"final_value": "viel"},
        given,
        {},
    )
    assert [one["type"] for one in shown] == [
        "menu",
        "form",
        "form",
        "form",
        "create_entry",
    ]
    assert shown[2]["errors"] == {"base": "not_a_number"}
    assert shown[3]["description_placeholders"]["use"] == "100.5"
    await act(hass, "run_analytics")
    assert issues(hass) == set()
    days = await used_per_day(hass, "strom")
    read = sum(use for day, use in days.items() if day <= "2026-02-28")
    assert read == pytest.approx(40720.5 - 40000 + 490)
    (subentry,) = house.subentries.values()
    assert subentry.data["serial_number"] == "NEU-1"


async def test_a_fall_that_is_no_exchange_opens_the_meters_form(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await add_meter(hass, house)
    await say(hass, *FALL)
    (issue,) = issues(hass)
    shown = await mend(hass, issue, {"next_step_id": "correct"})
    assert (shown[1]["type"], shown[1]["reason"]) == ("abort", "go_on")
    kind, flow_id = shown[1]["next_flow"]
    assert kind == "config_subentries_flow"
    flow = hass.config_entries.subentries.async_get(flow_id)
    assert flow["step_id"] == "reconfigure"
    assert issues(hass) == {issue}
    hass.config_entries.subentries.async_abort(flow_id)


@pytest.mark.parametrize(
    ("answers", "value"),
    [
        ([{"next_step_id": "accept"}], 1920.0),
        ([{"next_step_id": "edit"}, {"value": "x"}, {"value": "1.925,5"}], 1925.5),
        ([{"next_step_id": "keep"}], 19200.0),
    ],
)
async def test_a_typing_error_is_accepted_kept_or_edited(
    hass: HomeAssistant,
    house: NkConfigEntry,
    answers: list[dict[str, Any]],
    value: float,
) -> None:
    await add_meter(hass, house)
    await say(hass, *SLIP)
    (issue,) = issues(hass)
    found = ir.async_get(hass).async_get_issue(DOMAIN, issue)
    assert found is not None
    assert found.translation_placeholders is not None
    assert found.translation_placeholders["likely"] == "1920"
    shown = await mend(hass, issue, *answers)
    assert shown[-1]["type"] == "create_entry", shown
    if len(answers) == 3:
        assert shown[2]["errors"] == {"base": "not_a_number"}
    await act(hass, "run_analytics")
    assert issue not in issues(hass)
    response = await act(hass, "get_readings", meter_id="strom")
    slip = [
        r for r in response["meters"]["strom"]["readings"] if r["time"] > "2025-12-31"
    ]
    used = [r for r in slip if r["status"] == "used"]
    assert used[0]["value"] == pytest.approx(value)


async def test_an_impossible_rise_counts_and_asks_whether_it_is_right(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await add_meter(hass, house)
    leapt = [
        (f"2026-01-{day:02} 00:00", 1000.0 + 10 * day + (50_000 if day >= 25 else 0))
        for day in range(1, 31)
    ]
    await say(hass, *leapt)
    (issue,) = (one for one in issues(hass) if "typo" in one)
    found = ir.async_get(hass).async_get_issue(DOMAIN, issue)
    assert found is not None
    assert found.translation_placeholders is not None
    assert "faster than this meter can count" in found.translation_placeholders["text"]
    assert found.translation_placeholders["likely"] == "1250"
    days = await used_per_day(hass, "strom")
    assert days["2026-01-24"] == pytest.approx(50_010)
    await mend(hass, issue, {"next_step_id": "keep"})
    await act(hass, "run_analytics")
    assert issue not in issues(hass)
    assert await used_per_day(hass, "strom") == days


@pytest.mark.parametrize("choice", ["accept", "keep"])
async def test_a_reading_that_is_gone_meanwhile_is_said(
    hass: HomeAssistant,
    house: NkConfigEntry,
    choice: str,
) -> None:
    await add_meter(hass, house)
    await say(hass, *SLIP)
    (issue,) = issues(hass)
    found = ir.async_get(hass).async_get_issue(DOMAIN, issue)
    assert found is not None
    assert found.data is not None
    journal = house.runtime_data.loaded.journal
    await hass.async_add_executor_job(
        readings.delete, journal, int(str(found.data["reading_id"]))
    )
    shown = await mend(hass, issue, {"next_step_id": choice})
    assert (shown[1]["type"], shown[1]["reason"]) == ("abort", "reading_unknown")


async def test_an_overdue_reading_is_entered_by_clicking(
    hass: HomeAssistant,
    house: NkConfigEntry,
    freezer: Any,
) -> None:
    await add_meter(hass, house)
    await say(hass, ("2026-01-31", 100.0), ("2026-02-10", 120.0), ("2026-02-20", 140.0))
    assert issues(hass) == set()
    await pass_to(hass, freezer, "2026-03-30T10:10:00")
    assert issues(hass) == {"overdue_strom"}
    shown = await mend(
        hass,
        "overdue_strom",
        {"value": "?", "kind": "actual"},
        {"value": "210", "time": "2026-03-30 09:00:00", "kind": "actual"},
    )
    assert shown[1]["errors"] == {"base": "not_a_number"}
    assert shown[2]["type"] == "create_entry"
    await act(hass, "run_analytics")
    assert issues(hass) == set()


async def test_a_meter_that_others_need_is_missed_until_it_is_not(
    hass: HomeAssistant, exchanged: NkConfigEntry
) -> None:
    await add_computed(hass, exchanged, SUBENTRY_MASTER, name="Haus", periods=CHAIN)
    alt = next(s for s in exchanged.subentries.values() if s.unique_id == "alt")
    hass.config_entries.async_remove_subentry(exchanged, alt.subentry_id)
    await settle(hass)
    issue = "definition_haus_operand_missing"
    assert issues(hass) == {issue, "meter_removed_alt"}
    shown = await mend(hass, issue, {})
    assert "alt" in shown[0]["description_placeholders"]["text"]
    _, flow_id = shown[1]["next_flow"]
    form: Any = hass.config_entries.subentries.async_get(flow_id)
    assert form["step_id"] == "settings"
    done = await hass.config_entries.subentries.async_configure(
        flow_id,
        {
            "name": "Haus",
            "medium": "electricity",
            "unit": "kWh",
            "periods": [{"start_date": "2026-02-01", "source_meters": ["neu"]}],
        },
    )
    assert done["type"] is FlowResultType.ABORT
    await settle(hass)
    assert issue not in issues(hass)


async def test_a_sensor_that_is_gone_is_a_question(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    hass.states.async_set("sensor.strom", "1", {"unit_of_measurement": "kWh"})
    await add_meter(hass, house, sources=[{"entity": "sensor.strom"}])
    assert issues(hass) == set()
    hass.states.async_remove("sensor.strom")
    await act(hass, "run_analytics")
    assert issues(hass) == {"definition_strom_source_gone"}
    hass.states.async_set("sensor.strom", "2", {"unit_of_measurement": "kWh"})
    await act(hass, "run_analytics")
    assert issues(hass) == set()
