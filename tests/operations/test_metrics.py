"""Every day is there once, and every number means one thing."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

from homeassistant.components.recorder.statistics import get_metadata
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import get_instance
from hypothesis import given
import pytest

from custom_components.nebenkosten.engine.domain import metrics
from custom_components.nebenkosten.engine.domain.metrics import (
    METRICS,
    Additivity,
    NotAdditiveError,
)
from custom_components.nebenkosten.engine.domain.report import Provenance, Report
from custom_components.nebenkosten.engine.queries.json_report import meters_json
from custom_components.nebenkosten.engine.queries.periods import total
from custom_components.nebenkosten.runtime import NkConfigEntry
from scripts.make_metrics_page import PAGE, page
from scripts.servers import Influxd

from ..engine.houses import BERLIN, meter, read, report_of, sparse_readings
from ..home_assistant.clock import pass_to
from ..home_assistant.conftest import act, add_meter, settle
from ..home_assistant.influx_house import Beside, connect
from ..home_assistant.leaking_house import leaking
from ..home_assistant.reading_back import used_per_day
from .tools import read_house, state

type Tree = dict[str, Any]


def _recomputed(tree: Tree) -> float:
    if not tree["inputs"]:
        return float(tree["value"])
    values = [_recomputed(one) for one in tree["inputs"]]
    if tree["op"] == "share":
        return values[0] + values[1] * values[2]
    if tree["op"] == "product":
        product = 1.0
        for value in values:
            product *= value
        return product
    assert tree["op"] == "sum"
    return sum(values)


def _leaves(tree: Tree) -> list[Tree]:
    if not tree["inputs"]:
        return [tree]
    return [leaf for one in tree["inputs"] for leaf in _leaves(one)]


async def test_the_leaves_alone_give_the_value(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    hass.config_entries.async_update_entry(
        house,
        options={
            **house.options,
            "gas": [
                {"energy_content": 11.2, "z_factor": 0.95},
                {"energy_content": 11.5, "z_factor": 0.95, "valid_from": "2026-02-01"},
            ],
        },
    )
    await settle(hass)
    await read_house(hass, house, medium="gas", unit="m³")
    flow = await hass.config_entries.subentries.async_init(
        (house.entry_id, "virtual_meter"), context={"source": "user"}
    )
    await hass.config_entries.subentries.async_configure(
        flow["flow_id"],
        {
            "name": "Energie",
            "medium": "gas",
            "unit": "kWh",
            "terms": [{"meter_id": "strom", "factor": 0.5}],
        },
    )
    await settle(hass)
    await act(hass, "run_analytics")
    tree = await act(hass, "explain", meter_id="energie", date="2026-02-14")
    days = await used_per_day(hass, "energie")
    assert tree["value"] == pytest.approx(days["2026-02-14"], rel=1e-9)
    assert _recomputed(tree) == pytest.approx(tree["value"], rel=1e-9)
    readings = (await act(hass, "get_readings"))["meters"]["strom"]["readings"]
    known = {one["id"]: one["value"] for one in readings}
    for leaf in _leaves(tree):
        for reading in leaf["reading_ids"]:
            assert leaf["value"] == known[reading]
    used = {r for leaf in _leaves(tree) for r in leaf["reading_ids"]}
    assert used == {readings[0]["id"], readings[1]["id"]}
    sentences = " ".join(leaf["how"] for leaf in _leaves(tree))
    assert "11.5" in sentences
    assert "2026-02-01" in sentences

    await add_meter(hass, house, name="Anders")
    await act(hass, "edit_reading", reading_id=readings[1]["id"], value=1300)
    run = await act(hass, "run_analytics")
    moved = {key for key, one in run["meters"].items() if one["changed_days"]}
    assert moved == {"strom", "energie"}


@given(sparse_readings())
def test_no_day_is_left_out(drawn: tuple[str, list[Any]]) -> None:
    _, points = drawn
    report = report_of(meter(), points)
    if report.first_day is None or report.last_day is None:
        return
    days = (report.last_day - report.first_day).days + 1
    assert len(report.use) == len(report.provenance) == days
    assert len(report.midnights) == days + 1
    for number, (begin, end) in enumerate(pairwise(report.midnights.tolist())):
        day = report.first_day + timedelta(days=number)
        assert datetime.fromtimestamp(begin, BERLIN) == datetime(
            day.year, day.month, day.day, tzinfo=BERLIN
        )
        assert end - begin in (82800, 86400, 90000)


def test_days_without_use_and_a_leap_year() -> None:
    points = [
        read("2024-01-01", 5.0),
        read("2025-01-01", 5.0),
        read("2025-01-02", 6.0),
    ]
    report = report_of(meter(installed=date(2024, 1, 1)), points)
    assert report.first_day == date(2024, 1, 1)
    leap = report.use[:366]
    assert not leap.any()
    assert (report.provenance[:365] == Provenance.MEASURED).all()


async def test_five_outputs_agree_on_a_day(
    hass: HomeAssistant, house: NkConfigEntry, influxd: Influxd, freezer: Any
) -> None:
    beside = Beside(influxd.url)
    await connect(hass, house, beside.form())
    await leaking(hass, house, {})
    await pass_to(hass, freezer, "2026-03-10 12:00:00")
    (analysis,) = await house.runtime_data.queries.async_analyses(["wasser"])
    day = date(2026, 3, 9)
    period = total(analysis.report, day, day)
    assert period is not None
    wanted = metrics.CONSUMPTION.of(analysis.report, period)
    assert wanted is not None
    (row,) = (await act(hass, "get_consumption", start=str(day), end=str(day)))[
        "meters"
    ]["wasser"]["rows"]
    points = beside.results("meter_consumption", "wasser")
    for found in (
        float(state(hass, "wasser_yesterday").state),
        (await used_per_day(hass, "wasser"))[str(day)],
        points["2026-03-08T23:00:00+00:00"]["value"],
        row["value"],
        (await act(hass, "explain", meter_id="wasser", date=str(day)))["value"],
    ):
        assert found == pytest.approx(wanted, rel=1e-9)
    counter = metrics.COUNTER.of(analysis.report, period)
    assert counter == pytest.approx(float(state(hass, "wasser_counter").state))
    assert row["counter"] == pytest.approx(counter)


def test_the_page_is_the_catalogue() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()


def test_what_means_nothing_added_up_refuses() -> None:
    for one in METRICS.values():
        if one.additivity is Additivity.SUM:
            assert one.total([1.0, 2.0]) == 3.0
            continue
        with pytest.raises(NotAdditiveError):
            one.total([1.0, 2.0])


def test_every_metric_of_a_period() -> None:
    points = [read("2025-01-01", 0.0), read("2025-03-01", 590.0)]
    report = report_of(meter(), points)
    first, last = date(2025, 1, 1), date(2025, 1, 31)
    january = total(report, first, last)
    assert january is not None
    used = metrics.CONSUMPTION.of(report, january)
    assert used == pytest.approx(310, rel=0.2)
    assert metrics.PER_DAY.of(report, january) == pytest.approx((used or 0) / 31)
    assert metrics.MEASURED_SHARE.of(report, january) == 0
    assert metrics.INTERPOLATED_SHARE.of(report, january) == 1
    assert metrics.COUNTER_SPREAD.of(report, january) is not None
    assert metrics.ADJUSTED_YEAR.of(report, january) is None
    beyond = total(report, first, date(2030, 1, 1))
    assert beyond is not None
    assert metrics.COUNTER_SPREAD.of(report, beyond) is None
    assert report.quality is not None
    assert metrics.QUALITY.of(report.quality) == report.quality.score


# What the catalogue is made to say in the test below.
_NUMBER, _DIAL, _COLUMN, _UNIT = 4711.0, 815.0, 7.0, "L"


@pytest.fixture
def other_catalogue() -> Iterator[None]:
    """Make rows of the catalogue say something that nobody else would come to.

    They are changed in place: whoever holds one has the changed one.
    """

    def column(course: metrics.Course) -> Any:
        return course.use * 0 + _COLUMN

    with ExitStack() as stack:
        for metric, said in (
            (
                metrics.CONSUMPTION,
                {"unit": _UNIT, "of": lambda *_: _NUMBER, "column": column},
            ),
            (metrics.COUNTER, {"unit": _UNIT, "of": lambda *_: _DIAL}),
            (metrics.FORECAST_YEAR, {"unit": _UNIT, "of": lambda _: _NUMBER}),
            (metrics.QUALITY, {"of": lambda _: 42}),
        ):
            for name, value in said.items():
                stack.callback(object.__setattr__, metric, name, getattr(metric, name))
                object.__setattr__(metric, name, value)
        yield


@pytest.mark.usefixtures("other_catalogue")
async def test_every_output_takes_number_and_unit_from_the_catalogue(
    hass: HomeAssistant, house: NkConfigEntry, influxd: Influxd, freezer: Any
) -> None:
    beside = Beside(influxd.url)
    await connect(hass, house, beside.form())
    await leaking(hass, house, {})
    await pass_to(hass, freezer, "2026-03-10 12:00:00")
    day = "2026-03-09"
    asked = {"start": day, "end": day}
    run = (await act(hass, "run_analytics"))["meters"]["wasser"]
    rows = (await act(hass, "get_consumption", **asked))["meters"]["wasser"]
    summary = (await act(hass, "get_daily_summary", date=day))["meters"]["wasser"]
    tree = await act(hass, "explain", meter_id="wasser", date=day)
    (analysis,) = await house.runtime_data.queries.async_analyses(["wasser"])
    export: Any = meters_json(Report(0.0, "UTC", {"wasser": analysis.report}), str)[
        "wasser"
    ]
    # Other tests' points of such a meter lie there too, in its own unit.
    stored = beside.server.points(beside.processed, "meter_consumption", "wasser", 0)
    points = {one.fields["value"] for one in stored if one.tags["unit"] == _UNIT}
    statistic = await used_per_day(hass, "wasser")
    assert {
        "sensor": state(hass, "wasser_month").state,
        "counter": state(hass, "wasser_counter").state,
        "forecast": state(hass, "wasser_forecast_year").state,
        "quality": state(hass, "wasser_quality").state,
        "action": rows["rows"][0]["value"],
        "dial": rows["rows"][0]["counter"],
        "run": run["total"],
        "summary": summary["consumption"],
        "explained": tree["value"],
        "export": set(export["yearly"].values()),
        "statistic": statistic[day],
        "point": points,
    } == {
        "sensor": str(_NUMBER),
        "counter": str(_DIAL),
        "forecast": str(_NUMBER),
        "quality": "42",
        "action": _NUMBER,
        "dial": _DIAL,
        "run": _NUMBER,
        "summary": _NUMBER,
        "explained": _NUMBER,
        "export": {_NUMBER},
        "statistic": _COLUMN,
        "point": {_COLUMN},
    }
    known = await get_instance(hass).async_add_executor_job(
        lambda: get_metadata(hass, statistic_source="nebenkosten")
    )
    units = {
        "sensor": state(hass, "wasser_month").attributes["unit_of_measurement"],
        "forecast": state(hass, "wasser_forecast_year").attributes[
            "unit_of_measurement"
        ],
        "action": rows["unit"],
        "summary": summary["unit"],
        "explained": tree["unit"],
        "export": export["unit"],
        "statistic": known["nebenkosten:wasser_consumption"][1]["unit_of_measurement"],
    }
    assert units == dict.fromkeys(units, _UNIT)
