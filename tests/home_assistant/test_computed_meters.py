"""Master and virtual meters through their forms: computed, published, checked."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import ServiceValidationError
import pytest

from custom_components.nebenkosten.const import SUBENTRY_MASTER, SUBENTRY_VIRTUAL
from custom_components.nebenkosten.runtime import NkConfigEntry

from .computed_meters import CHAIN, Form, add_computed, enter, exchanged
from .conftest import act, add_meter, settle
from .reading_back import used_per_day

__all__ = ["exchanged"]


async def test_a_master_and_a_formula_are_published_day_by_day(
    hass: HomeAssistant, exchanged: NkConfigEntry
) -> None:
    done = await add_computed(
        hass, exchanged, SUBENTRY_MASTER, name="Haus", periods=CHAIN
    )
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert done["data"]["periods"][0]["composition_type"] == "single"
    done = await add_computed(
        hass,
        exchanged,
        SUBENTRY_VIRTUAL,
        name="Rest",
        terms=[{"meter_id": "haus"}, {"meter_id": "wohnung", "factor": -1}],
    )
    assert done["type"] is FlowResultType.CREATE_ENTRY
    run = await act(hass, "run_analytics")
    assert run["status"] == "ok"
    assert run["meters"]["haus"]["total"] == pytest.approx(310 + 185)
    assert run["meters"]["rest"]["total"] == pytest.approx(495 - 68)
    days = await used_per_day(hass, "haus")
    assert sum(days.values()) == pytest.approx(495)
    assert sum((await used_per_day(hass, "rest")).values()) == pytest.approx(427)
    counter = hass.states.get("sensor.haus_counter")
    assert counter is not None
    assert float(counter.state) == pytest.approx(100 + 495)
    assert hass.states.get("sensor.rest_counter") is None
    assert hass.states.get("binary_sensor.rest_reading_overdue") is None
    assert hass.states.get("number.haus_new_reading") is None


async def test_a_reading_runs_all_that_is_computed_from_its_meter(
    hass: HomeAssistant, exchanged: NkConfigEntry
) -> None:
    await add_computed(hass, exchanged, SUBENTRY_MASTER, name="Haus", periods=CHAIN)
    await act(hass, "run_analytics")
    await enter(hass, "neu", ("2026-02-10", 70))
    run = await act(hass, "run_analytics", meter_id="neu")
    assert run["meters"].keys() == {"neu", "haus"}
    days = await used_per_day(hass, "haus")
    assert sum(days[f"2026-02-{day:02}"] for day in range(1, 11)) == pytest.approx(70)


async def test_a_computed_meter_takes_no_readings(
    hass: HomeAssistant, exchanged: NkConfigEntry
) -> None:
    await add_computed(hass, exchanged, SUBENTRY_MASTER, name="Haus", periods=CHAIN)
    with pytest.raises(ServiceValidationError) as caught:
        await act(hass, "add_reading", meter_id="haus", value=1)
    assert caught.value.translation_key == "not_read"
    placeholders = caught.value.translation_placeholders or {}
    assert placeholders["operands"] == "alt, neu"


@pytest.mark.parametrize(
    ("kind", "form", "field", "key"),
    [
        (SUBENTRY_MASTER, {"periods": []}, "periods", "periods_missing"),
        (
            SUBENTRY_MASTER,
            {"periods": [CHAIN[1], CHAIN[0] | {"end_date": "2026-02-02"}]},
            "periods",
            "check_periods_overlap",
        ),
        (
            SUBENTRY_MASTER,
            {"periods": [CHAIN[1], CHAIN[0] | {"end_date": "2026-01-20"}]},
            "periods",
            "check_periods_gap",
        ),
        (
            SUBENTRY_MASTER,
            {"periods": [CHAIN[0] | {"end_date": "2025-01-20"}]},
            "periods",
            "check_period_backwards",
        ),
        (
            SUBENTRY_MASTER,
            {"periods": [CHAIN[0] | {"source_meters": ["nowhere"]}]},
            "base",
            "check_operand_missing",
        ),
        (
            SUBENTRY_MASTER,
            {"periods": [CHAIN[0] | {"source_meters": ["formel"]}]},
            "periods",
            "check_source_computed",
        ),
        (
            SUBENTRY_MASTER,
            {"periods": CHAIN, "medium": "water", "unit": "m³"},
            "unit",
            "check_units",
        ),
        (SUBENTRY_VIRTUAL, {"terms": []}, "terms", "terms_missing"),
        (
            SUBENTRY_VIRTUAL,
            {"terms": [{"meter_id": "alt"}, {"meter_id": "Alt"}]},
            "terms",
            "check_term_twice",
        ),
        (
            SUBENTRY_VIRTUAL,
            {"terms": [{"meter_id": "selbst"}], "meter_id": "selbst"},
            "base",
            "check_cycle",
        ),
        (
            SUBENTRY_VIRTUAL,
            {"terms": [{"meter_id": "alt"}], "more": {"profile": "own"}},
            "base",
            "shares_invalid",
        ),
        (
            SUBENTRY_VIRTUAL,
            {"terms": [{"meter_id": "alt"}], "more": {"shares": "1; x"}},
            "base",
            "shares_invalid",
        ),
        (
            SUBENTRY_VIRTUAL,
            {"terms": [{"meter_id": "alt"}], "more": {"billing_year_start": "31.2."}},
            "base",
            "year_start_invalid",
        ),
    ],
)
async def test_what_cannot_be_is_said_and_can_be_mended(
    hass: HomeAssistant,
    exchanged: NkConfigEntry,
    kind: str,
    form: Form,
    field: str,
    key: str,
) -> None:
    await add_computed(
        hass, exchanged, SUBENTRY_VIRTUAL, name="Formel", terms=[{"meter_id": "alt"}]
    )
    answer = await add_computed(hass, exchanged, kind, **({"name": "Neuer"} | form))
    assert answer["type"] is FlowResultType.FORM
    assert answer["errors"] == {field: key}
    good: Form = {"name": "Neuer", "medium": "electricity", "unit": "kWh"}
    good |= {"periods": CHAIN} if kind == SUBENTRY_MASTER else {}
    good |= {"terms": [{"meter_id": "alt"}]} if kind == SUBENTRY_VIRTUAL else {}
    done = await hass.config_entries.subentries.async_configure(answer["flow_id"], good)
    assert done["type"] is FlowResultType.CREATE_ENTRY
    await settle(hass)


async def test_settings_of_a_computed_meter_are_shown_and_changed(
    hass: HomeAssistant, exchanged: NkConfigEntry
) -> None:
    for kind, form in (
        (SUBENTRY_MASTER, {"name": "Haus", "periods": CHAIN}),
        (
            SUBENTRY_VIRTUAL,
            {
                "name": "Rest",
                "terms": [
                    {"meter_id": "haus", "factor": 1.0},
                    {"meter_id": "alt", "factor": -0.5, "zero_when_absent": True},
                ],
                "more": {
                    "profile": "own",
                    "shares": "16 14 12,5 8 4 2 2 2 4 8 12 16",
                    "sensitivity": "quiet",
                    "muted": True,
                    "billing_year_start": "1.10.",
                },
            },
        ),
    ):
        await add_computed(hass, exchanged, kind, **form)
        subentry = list(exchanged.subentries.values())[-1]
        shown: Any = await hass.config_entries.subentries.async_init(
            (exchanged.entry_id, kind),
            context={"source": "reconfigure", "subentry_id": subentry.subentry_id},
        )
        assert shown["step_id"] == "settings"
        suggested = {
            str(key): key.description["suggested_value"]
            for key in shown["data_schema"].schema
            if key.description and "suggested_value" in key.description
        }
        before = dict(subentry.data)
        done = await hass.config_entries.subentries.async_configure(
            shown["flow_id"],
            suggested | ({"more": form["more"]} if "more" in form else {}),
        )
        assert done["reason"] == "reconfigure_successful"
        await settle(hass)
        assert dict(subentry.data) == before
    assert before["profile"][2] == 12.5
    assert before["billing_year_start"] == "10-01"
    assert before["terms"][1] == {
        "meter_id": "alt",
        "factor": -0.5,
        "when_absent": "zero",
    }


async def test_nothing_is_part_of_itself(
    hass: HomeAssistant, exchanged: NkConfigEntry
) -> None:
    await add_meter(hass, exchanged, name="Zimmer", more={"part_of": "wohnung"})
    flat = next(s for s in exchanged.subentries.values() if s.unique_id == "wohnung")
    menu = await hass.config_entries.subentries.async_init(
        (exchanged.entry_id, "physical_meter"),
        context={"source": "reconfigure", "subentry_id": flat.subentry_id},
    )
    form = await hass.config_entries.subentries.async_configure(
        menu["flow_id"], {"next_step_id": "settings"}
    )
    answer = await hass.config_entries.subentries.async_configure(
        form["flow_id"],
        {
            "name": "Wohnung",
            "medium": "electricity",
            "unit": "kWh",
            "more": {"part_of": "zimmer"},
        },
    )
    assert answer["errors"] == {"base": "check_part_of_itself"}
    hass.config_entries.subentries.async_abort(answer["flow_id"])


async def test_a_change_that_breaks_another_meter_is_refused(
    hass: HomeAssistant, exchanged: NkConfigEntry
) -> None:
    await add_computed(hass, exchanged, SUBENTRY_MASTER, name="Haus", periods=CHAIN)
    neu = next(s for s in exchanged.subentries.values() if s.unique_id == "neu")
    menu = await hass.config_entries.subentries.async_init(
        (exchanged.entry_id, "physical_meter"),
        context={"source": "reconfigure", "subentry_id": neu.subentry_id},
    )
    form = await hass.config_entries.subentries.async_configure(
        menu["flow_id"], {"next_step_id": "settings"}
    )
    answer: Any = await hass.config_entries.subentries.async_configure(
        form["flow_id"], {"name": "Neu", "medium": "water", "unit": "m³"}
    )
    assert answer["errors"] == {"base": "check_elsewhere"}
    assert answer["description_placeholders"]["meter"] == "haus"
    assert "m³" in answer["description_placeholders"]["text"]
    hass.config_entries.subentries.async_abort(answer["flow_id"])


async def test_the_configuration_is_checked_by_an_action_too(
    hass: HomeAssistant, exchanged: NkConfigEntry
) -> None:
    assert (await act(hass, "check_config"))["findings"] == []
    await add_computed(hass, exchanged, SUBENTRY_MASTER, name="Haus", periods=CHAIN)
    alt = next(s for s in exchanged.subentries.values() if s.unique_id == "alt")
    hass.config_entries.async_remove_subentry(exchanged, alt.subentry_id)
    await settle(hass)
    (finding,) = (await act(hass, "check_config"))["findings"]
    assert (finding["code"], finding["meter_id"]) == ("operand_missing", "haus")
    assert "alt" in finding["text"]
    assert finding["way_out"]
    # What is wrong elsewhere keeps nobody from changing another meter.
    done = await add_computed(
        hass,
        exchanged,
        SUBENTRY_VIRTUAL,
        name="Frei",
        terms=[{"meter_id": "wohnung"}],
    )
    assert done["type"] is FlowResultType.CREATE_ENTRY


async def test_a_day_is_explained_down_to_its_readings(
    hass: HomeAssistant, exchanged: NkConfigEntry
) -> None:
    await add_computed(hass, exchanged, SUBENTRY_MASTER, name="Haus", periods=CHAIN)
    await add_computed(
        hass,
        exchanged,
        SUBENTRY_VIRTUAL,
        name="Rest",
        terms=[
            {"meter_id": "haus"},
            {"meter_id": "wohnung", "factor": -1},
        ],
    )
    tree = await act(hass, "explain", meter_id="rest", date="2026-02-10")
    assert tree["value"] == pytest.approx(sum(one["value"] for one in tree["inputs"]))
    house, flat = tree["inputs"]
    master, factor, _ = house["inputs"]
    assert (factor["what"], factor["value"]) == ("factor", 1.0)
    (source,) = master["inputs"]
    end, less = source["inputs"][0]["inputs"]
    assert end["value"] + less["value"] == pytest.approx(master["value"])
    first, interval, share = end["inputs"]
    assert end["op"] == "share"
    assert end["value"] == pytest.approx(
        first["value"] + interval["value"] * share["value"]
    )
    assert len(end["reading_ids"]) == 2
    assert flat["value"] == pytest.approx(-1.0)
    outside = await act(hass, "explain", meter_id="rest", date="2020-01-01")
    assert outside["value"] is None
    assert await act(hass, "explain", meter_id="haus")
