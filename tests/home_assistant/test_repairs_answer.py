"""Each step of a repair answers, whatever went away since the repair was raised."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest

from custom_components.nebenkosten.const import (
    DOMAIN,
    ISSUE_CLOCK,
    ISSUE_JOURNAL,
    ISSUE_ORIGINAL,
    ISSUE_ORPHANED,
    ISSUE_WIRING,
    JOURNAL_FILE,
)
from custom_components.nebenkosten.runtime import NkConfigEntry

from ..messages.translations import EN
from .conftest import add_meter, settle

MENU = "next_step_id"
ENTERED: dict[str, Any] = {"time": "2026-03-01 10:00:00", "value": "7"}
EXCHANGED = {
    "time": "2026-01-10 10:00:00",
    "final_value": "40720",
    "first_value": "0",
}
# What is chosen in each kind's steps: of a meter, and of the house.
OF_METER: list[tuple[str, list[dict[str, Any]]]] = [
    ("exchange", [{MENU: "replace_meter"}, EXCHANGED]),
    ("exchange", [{MENU: "correct"}]),
    ("typo", [{MENU: "accept"}]),
    ("typo", [{MENU: "keep"}]),
    ("typo", [{MENU: "edit"}, {"value": "7"}]),
    ("impossible", [{}]),
    ("units", [{}]),
    ("definition", [{}]),
    ("demand", [{}]),
    ("overdue", [{**ENTERED, "kind": "actual"}]),
    ("silent", [{}]),
]
OF_HOUSE: list[tuple[str, str, list[dict[str, Any]]]] = [
    (ISSUE_CLOCK, "clock_behind", [{MENU: "look_again"}]),
    (ISSUE_CLOCK, "clock_behind", [{MENU: "clock_is_right"}]),
    (ISSUE_ORPHANED, ISSUE_ORPHANED, [{MENU: "keep"}]),
    (ISSUE_ORPHANED, ISSUE_ORPHANED, [{MENU: "delete"}]),
    (ISSUE_ORIGINAL, ISSUE_ORIGINAL, [{MENU: "delete"}]),
    (ISSUE_WIRING, ISSUE_WIRING, [{}]),
    ("meter_removed_gas", "meter_removed", [{MENU: "keep"}]),
    ("meter_removed_gas", "meter_removed", [{MENU: "delete"}]),
]


def _raise(hass: HomeAssistant, house: NkConfigEntry, issue: str, key: str) -> None:
    """Raise an issue as the house does, with all that any of them knows."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        issue,
        is_fixable=True,
        severity=ir.IssueSeverity.WARNING,
        translation_key=key,
        data={
            "entry_id": house.entry_id,
            "statistics": "nebenkosten:alt_consumption",
            **({"kind": key, "meter": "strom"} if key == issue else {"meter": "gas"}),
            "reading_id": 1,
            "likely": 5.0,
            "value": 50.0,
            "day": "2026-01-10",
            "before": 40720.0,
        },
    )


async def _answers(
    hass: HomeAssistant,
    issue: str,
    answers: list[dict[str, Any]],
    then: Callable[[], Awaitable[Any]],
    after: int,
) -> Any:
    """Answer steps; `then` happens before the one of this number."""
    assert await async_setup_component(hass, "repairs", {})
    manager = hass.data["repairs"]["flow_manager"]
    if after == 0:
        await then()
    shown = await manager.async_init(DOMAIN, data={"issue_id": issue})
    for number, answer in enumerate(answers, 1):
        if number == after:
            await then()
        if shown["type"] not in ("form", "menu"):
            break
        shown = await manager.async_configure(shown["flow_id"], answer)
    await settle(hass)
    return shown


def _is_said(shown: Any, key: str) -> bool:
    """Return whether an answer is a sentence of the repair."""
    flow = EN["issues"][key]["fix_flow"]
    if shown["type"] == "form":
        return all(error in flow["error"] for error in shown["errors"].values())
    return shown["type"] == "abort" and shown["reason"] in flow["abort"]


async def _take_away(hass: HomeAssistant, house: NkConfigEntry, what: str) -> None:
    """Remove the only meter or the house, unload it, or close its journal."""
    if what == "meter":
        (meter,) = house.subentries
        hass.config_entries.async_remove_subentry(house, meter)
        await settle(hass)
    elif what == "house":
        await hass.config_entries.async_unload(house.entry_id)
    elif what == "entry":
        await hass.config_entries.async_remove(house.entry_id)
    else:
        await hass.async_add_executor_job(house.runtime_data.loaded.journal.close)


@pytest.mark.parametrize(("kind", "answers"), OF_METER)
@pytest.mark.parametrize(
    ("gone", "reason"), [("meter", "meter_gone"), ("house", "house_not_loaded")]
)
async def test_every_step_of_a_meters_repair_says_what_is_gone(
    hass: HomeAssistant,
    house: NkConfigEntry,
    kind: str,
    answers: list[dict[str, Any]],
    gone: str,
    reason: str,
) -> None:
    await add_meter(hass, house)

    async def go() -> None:
        await _take_away(hass, house, gone)
        # Whatever is withdrawn meanwhile: the form is still open.
        _raise(hass, house, kind, kind)

    _raise(hass, house, kind, kind)
    for after in (len(answers), 0):
        shown = await _answers(hass, kind, answers, go, after)
        assert _is_said(shown, kind), shown
        assert shown["reason"] == reason
        if gone == "meter":
            await add_meter(hass, house)
        else:
            await hass.config_entries.async_setup(house.entry_id)
            await settle(hass)


@pytest.mark.parametrize(("kind", "answers"), OF_METER)
async def test_a_meters_repair_answers_while_the_journal_is_closed(
    hass: HomeAssistant,
    house: NkConfigEntry,
    kind: str,
    answers: list[dict[str, Any]],
) -> None:
    await add_meter(hass, house)
    _raise(hass, house, kind, kind)

    async def go() -> None:
        await _take_away(hass, house, "journal")

    shown = await _answers(hass, kind, answers, go, len(answers))
    assert _is_said(shown, kind), shown


@pytest.mark.parametrize(("issue", "key", "answers"), OF_HOUSE)
@pytest.mark.parametrize("gone", ["house", "entry", "journal"])
async def test_every_step_of_the_houses_repairs_answers(
    hass: HomeAssistant,
    house: NkConfigEntry,
    issue: str,
    key: str,
    answers: list[dict[str, Any]],
    gone: str,
) -> None:
    async def go() -> None:
        await _take_away(hass, house, gone)
        _raise(hass, house, issue, key)

    _raise(hass, house, issue, key)
    shown = await _answers(hass, issue, answers, go, len(answers))
    if gone == "journal":
        assert shown["type"] == "create_entry" or _is_said(shown, key)
        if issue.startswith("meter_removed"):
            assert shown["reason"] == "house_reloading"
    else:
        assert shown["reason"] == "house_not_loaded"
        assert _is_said(shown, key)


@pytest.mark.parametrize(
    ("key", "answers"),
    [
        ("journal_missing", [{MENU: "restored"}]),
        ("journal_missing", [{MENU: "start_anew"}, {}]),
        ("journal_older", [{MENU: "go_on"}]),
    ],
)
async def test_the_journal_of_a_removed_house_is_left_alone(
    hass: HomeAssistant,
    house: NkConfigEntry,
    key: str,
    answers: list[dict[str, Any]],
) -> None:
    def told() -> None:
        ir.async_create_issue(
            hass,
            DOMAIN,
            ISSUE_JOURNAL,
            is_fixable=True,
            severity=ir.IssueSeverity.CRITICAL,
            translation_key=key,
            data={"entry_id": house.entry_id, "key": key},
        )

    async def go() -> None:
        await hass.config_entries.async_remove(house.entry_id)
        told()

    told()
    shown = await _answers(hass, ISSUE_JOURNAL, answers, go, len(answers))
    assert _is_said(shown, key), shown
    assert shown["reason"] == "house_not_loaded"
    assert Path(hass.config.path(JOURNAL_FILE)).exists()
