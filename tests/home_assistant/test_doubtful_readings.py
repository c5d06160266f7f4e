"""A comma forgotten in the cellar: no way in lets it pass unasked."""

from datetime import datetime, timedelta
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import entity_registry as er, issue_registry as ir
import pytest

from custom_components.nebenkosten.runtime import NkConfigEntry

from .clock import BERLIN
from .conftest import act, add_meter, settle

_NOW = datetime(2026, 3, 10, 13, 0, tzinfo=BERLIN)
# How far apart the readings lie [d], and how many there are.
_DENSITIES = [(1, 40), (7, 12), (30, 6), (1 / 24, 300)]


async def _read(
    hass: HomeAssistant, house: NkConfigEntry, step: float, count: int, **form: Any
) -> None:
    """Add a meter that counts ten a day, read `count` times up to a `step` ago."""
    await add_meter(hass, house, **form)
    rows = ["meter_id;time;value"]
    for number in range(count, 0, -1):
        time = _NOW - timedelta(days=number * step)
        rows.append(f"strom;{time:%Y-%m-%d %H:%M};{11860.5 - 10 * number * step:.3f}")
    await act(hass, "import_readings", content="\n".join(rows) + "\n")


async def _type(hass: HomeAssistant, value: float) -> None:
    box = er.async_get(hass).async_get_entity_id(
        "number", "nebenkosten", "strom_new_reading"
    )
    await hass.services.async_call(
        *("number", "set_value", {"entity_id": box, "value": value}), blocking=True
    )


async def _readings(hass: HomeAssistant) -> list[dict[str, Any]]:
    found = await act(hass, "get_readings", meter_id="strom")
    readings: list[dict[str, Any]] = found["meters"]["strom"]["readings"]
    return readings


async def _menu(hass: HomeAssistant, house: NkConfigEntry, choice: str) -> Any:
    (subentry,) = house.subentries.values()
    menu = await hass.config_entries.subentries.async_init(
        (house.entry_id, subentry.subentry_type),
        context={"source": "reconfigure", "subentry_id": subentry.subentry_id},
    )
    return await hass.config_entries.subentries.async_configure(
        menu["flow_id"], {"next_step_id": choice}
    )


async def _go_on(hass: HomeAssistant, flow: Any, **values: Any) -> Any:
    return await hass.config_entries.subentries.async_configure(flow["flow_id"], values)


def _typos(hass: HomeAssistant) -> list[ir.IssueEntry]:
    return [
        issue
        for (domain, name), issue in ir.async_get(hass).issues.items()
        if domain == "nebenkosten" and name.startswith("typo_")
    ]


@pytest.mark.parametrize(("step", "count"), _DENSITIES)
@pytest.mark.parametrize(
    ("typed", "likely"), [(118605, "11860.5"), (1186.05, "11860.5"), (10, None)]
)
async def test_the_box_refuses_and_names_what_was_meant(
    hass: HomeAssistant,
    house: NkConfigEntry,
    step: float,
    count: int,
    typed: float,
    likely: str | None,
) -> None:
    await _read(hass, house, step, count)
    before = await _readings(hass)
    with pytest.raises(ServiceValidationError) as caught:
        await _type(hass, typed)
    assert caught.value.translation_key == "reading_doubted"
    said = caught.value.translation_placeholders or {}
    assert likely is None or said["likely"] == likely
    assert await _readings(hass) == before
    await _type(hass, 11860.5)
    assert len(await _readings(hass)) == len(before) + 1


@pytest.mark.parametrize("value", [11855, 11860.5, 11900, 11980])
@pytest.mark.parametrize(("step", "count"), _DENSITIES)
async def test_the_box_takes_what_may_be(
    hass: HomeAssistant, house: NkConfigEntry, step: float, count: int, value: float
) -> None:
    await _read(hass, house, step, count)
    last = (await _readings(hass))[-1]["value"]
    await _type(hass, max(value, last))
    assert len(await _readings(hass)) == count + 1


@pytest.mark.parametrize("medium", ["electricity", "gas", "water", "other"])
@pytest.mark.parametrize("count", [1, 2, 3])
async def test_a_young_meter_is_asked_too(
    hass: HomeAssistant, house: NkConfigEntry, medium: str, count: int
) -> None:
    unit = "kWh" if medium == "electricity" else "m³"
    await _read(hass, house, 7, count, medium=medium, unit=unit)
    with pytest.raises(ServiceValidationError) as caught:
        await _type(hass, 118605)
    assert caught.value.translation_key == "reading_doubted"
    said = caught.value.translation_placeholders or {}
    assert said["likely"] == "11860.5"


@pytest.mark.parametrize(("step", "count"), _DENSITIES)
async def test_the_action_keeps_it_in_doubt(
    hass: HomeAssistant, house: NkConfigEntry, step: float, count: int
) -> None:
    await _read(hass, house, step, count)
    added = await act(hass, "add_reading", meter_id="strom", value=118605)
    assert added["findings"]
    run = await act(hass, "run_analytics")
    assert run["meters"]["strom"]["total"] < 2000
    assert (await _readings(hass))[-1]["status"] == "quarantined"
    (issue,) = _typos(hass)
    placeholders = issue.translation_placeholders or {}
    assert placeholders["likely"] == "11860.5"


async def test_confirmed_it_counts(hass: HomeAssistant, house: NkConfigEntry) -> None:
    await _read(hass, house, 1, 40)
    with pytest.raises(ServiceValidationError):
        await act(hass, "add_reading", meter_id="strom", value=118605, confirmed=False)
    await act(hass, "add_reading", meter_id="strom", value=118605, confirmed=True)
    run = await act(hass, "run_analytics")
    assert (await _readings(hass))[-1]["status"] == "used"
    assert run["meters"]["strom"]["findings"] == []
    assert _typos(hass) == []


async def test_successors_confirm_too(
    hass: HomeAssistant, house: NkConfigEntry, freezer: Any
) -> None:
    await _read(hass, house, 1, 40)
    for value in (118605, 118615, 118625, 118635):
        await act(hass, "add_reading", meter_id="strom", value=value)
        freezer.tick(86400)
    await act(hass, "add_reading", meter_id="strom", value=118645, confirmed=False)
    run = await act(hass, "run_analytics")
    assert run["meters"]["strom"]["readings"] == 45
    assert {one["status"] for one in await _readings(hass)} == {"used"}
    await settle(hass)


@pytest.mark.parametrize("typed", ["118605", "1186,05"])
async def test_the_form_asks_once_more(
    hass: HomeAssistant, house: NkConfigEntry, typed: str
) -> None:
    await _read(hass, house, 1, 40)
    flow = await _menu(hass, house, "enter_reading")
    given = {"value": typed, "time": "2026-03-10 13:00:00", "kind": "actual"}
    asked = await _go_on(hass, flow, **given)
    assert asked["errors"] == {"base": "reading_doubted"}
    assert asked["description_placeholders"]["likely"] == "11860.5"
    assert "confirmed" in asked["data_schema"].schema
    again = await _go_on(hass, flow, **given, confirmed=False)
    assert again["errors"] == {"base": "reading_doubted"}
    shown = await _go_on(hass, flow, **given, confirmed=True)
    assert shown["step_id"] == "confirm_reading"
    done = await _go_on(hass, flow)
    assert done["reason"] == "reading_saved"
    assert len(await _readings(hass)) == 41


async def test_the_form_takes_the_right_value_at_once(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await _read(hass, house, 1, 40)
    flow = await _menu(hass, house, "enter_reading")
    given = {"time": "2026-03-10 13:00:00", "kind": "actual"}
    asked = await _go_on(hass, flow, value="118605", **given)
    assert asked["type"] is FlowResultType.FORM
    shown = await _go_on(hass, flow, value="11860,5", confirmed=False, **given)
    assert shown["step_id"] == "confirm_reading"


async def test_an_edit_is_weighed_like_a_reading(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await _read(hass, house, 1, 40)
    last = (await _readings(hass))[-5]
    edit = {"reading_id": last["id"], "value": last["value"] * 10}
    with pytest.raises(ServiceValidationError) as caught:
        await act(hass, "edit_reading", **edit, confirmed=False)
    assert caught.value.translation_key == "reading_doubted"
    kept = await act(hass, "edit_reading", **edit)
    assert [one["code"] for one in kept["findings"]] == ["glitch"]


async def test_a_final_reading_is_weighed_too(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await _read(hass, house, 1, 40)
    flow = await _menu(hass, house, "replace_meter")
    given = {"time": "2026-03-10 13:00:00", "final_value": "118605", "first_value": "0"}
    asked = await _go_on(hass, flow, **given)
    assert asked["errors"] == {"base": "reading_doubted"}
    shown = await _go_on(hass, flow, **given | {"final_value": "11860,5"})
    assert shown["step_id"] == "confirm_exchange"


async def test_the_repairs_ask_too(hass: HomeAssistant, house: NkConfigEntry) -> None:
    from homeassistant.setup import async_setup_component

    from custom_components.nebenkosten.repairs import async_create_fix_flow

    assert await async_setup_component(hass, "repairs", {})
    await _read(hass, house, 1, 40)
    await act(hass, "add_reading", meter_id="strom", value=118605)
    await act(hass, "run_analytics")
    await settle(hass)
    (issue,) = _typos(hass)
    flow = await async_create_fix_flow(hass, issue.issue_id, dict(issue.data or {}))
    flow.hass, flow.handler, flow.issue_id = hass, "nebenkosten", issue.issue_id
    asked = await flow.async_step_edit({"value": "1186,05"})  # type: ignore[attr-defined]
    assert asked["errors"] == {"base": "reading_doubted"}
    await flow.async_step_accept()  # type: ignore[attr-defined]
    await act(hass, "run_analytics")
    assert (await _readings(hass))[-1]["value"] == 11860.5
    assert _typos(hass) == []


async def test_an_import_keeps_and_names_it(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await _read(hass, house, 1, 40)
    content = "meter_id;time;value\nstrom;2026-03-10 13:00;118605\n"
    for dry_run in (True, False):
        report = await act(hass, "import_readings", content=content, dry_run=dry_run)
        (row,) = report["doubtful"]
        assert (row["value"], row["likely"]) == (118605, 11860.5)
        assert "11860.5" in row["text"]
    assert len(await _readings(hass)) == 41
    again = await act(hass, "import_readings", content=content)
    assert again["doubtful"] == []
