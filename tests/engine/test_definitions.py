"""Definitions that do not fit together, days explained and summed up, by truth."""

from datetime import date
import math
from typing import Any

import pytest

from custom_components.nebenkosten.engine.domain.answers import Node, State
from custom_components.nebenkosten.engine.domain.meters import (
    House,
    Master,
    MasterPeriod,
    Medium,
    Meter,
    SourceRef,
    Term,
    Virtual,
)
from custom_components.nebenkosten.engine.domain.report import Context, Snapshot
from custom_components.nebenkosten.engine.domain.serialization import (
    master_from,
    meter_data,
    virtual_from,
)
from custom_components.nebenkosten.engine.domain.validation import Check, problems
from custom_components.nebenkosten.engine.pipeline import analyse
from custom_components.nebenkosten.engine.queries.counter_at import state_at
from custom_components.nebenkosten.engine.queries.explain import explain
from custom_components.nebenkosten.stores.plain import plain, restored

from .definitions import physical, virtual
from .houses import read, series

START, END = date(2025, 1, 1), date(2025, 6, 30)


def master(meter_id: str, *periods: MasterPeriod) -> Master:
    return Master(
        meter_id=meter_id,
        name=meter_id,
        medium=Medium.ELECTRICITY,
        unit="kWh",
        periods=periods,
    )


def fed(*spans: tuple[date | None, date | None]) -> tuple[SourceRef, ...]:
    return tuple(
        SourceRef(
            kind="entity",
            reference="sensor.one",
            valid_from=begin,
            valid_to=end,
        )
        for begin, end in spans
    )


def codes(*meters: Meter | Master | Virtual) -> set[tuple[str, Check]]:
    house = House(
        time_zone="Europe/Berlin",
        meters=tuple(m for m in meters if isinstance(m, Meter)),
        masters=tuple(m for m in meters if isinstance(m, Master)),
        virtuals=tuple(m for m in meters if isinstance(m, Virtual)),
    )
    return {(one.meter_id, one.code) for one in problems(house)}


def test_a_good_house_has_no_problems() -> None:
    periods = MasterPeriod(start=START, end=None, sources=("a",))
    joined, formula = master("m", periods), virtual("v", Term(meter_id="m"))
    assert codes(physical("a"), joined, formula) == set()


def test_every_meter_of_every_cycle_is_named() -> None:
    found = codes(
        virtual("a", Term(meter_id="b")),
        virtual("b", Term(meter_id="a")),
        virtual("c", Term(meter_id="d")),
        virtual("d", Term(meter_id="c")),
        virtual("e", Term(meter_id="e")),
    )
    assert {m for m, code in found if code is Check.CYCLE} == set("abcde")


def test_a_chain_of_parts_that_ends_well_and_one_that_does_not() -> None:
    first, second = physical("a", part_of="b"), physical("b", part_of="c")
    assert codes(first, second, physical("c")) == set()
    ring = codes(first, second, physical("c", part_of="b"))
    assert ring == {("b", Check.PART_OF_ITSELF), ("c", Check.PART_OF_ITSELF)}


def test_a_meter_that_is_part_of_nothing() -> None:
    assert codes(physical("a", part_of="x")) == {("a", Check.PART_OF_MISSING)}


def test_a_unit_that_no_factor_joins() -> None:
    water = physical("w", medium=Medium.WATER, unit="m³")
    odd = physical("o", medium=Medium.OTHER, unit="Stück")
    for operand in ("w", "o"):
        found = codes(water, odd, virtual("v", Term(meter_id=operand)))
        assert found == {("v", Check.UNITS)}


@pytest.mark.parametrize(
    ("first", "second", "shared"),
    [
        (fed((None, None)), fed((None, None)), True),
        (fed((None, START)), fed((END, None)), False),
        (fed((END, None)), fed((None, START)), False),
        (fed((None, END)), fed((START, None)), True),
    ],
)
def test_a_source_feeds_two_meters_only_one_after_the_other(
    first: tuple[SourceRef, ...], second: tuple[SourceRef, ...], shared: bool
) -> None:
    found = codes(physical("a", sources=first), physical("b", sources=second))
    assert (("b", Check.SOURCE_SHARED) in found) is shared


def test_computed_meters_come_back_as_they_were_written() -> None:
    one = virtual("v", Term(meter_id="a", factor=-0.5, zero_when_absent=True))
    assert virtual_from("v", meter_data(one)) == one
    two = master(
        "m",
        MasterPeriod(start=START, end=END, sources=("a", "b")),
        MasterPeriod(start=date(2025, 7, 1), end=None, sources=("c",)),
    )
    assert master_from("m", meter_data(two)) == two
    assert two.last_day is None
    assert master("m", two.periods[0]).last_day == END
    with pytest.raises(KeyError, match="terms"):
        virtual_from("v", {"meter_id": "v", "medium": "gas", "unit": "m³", "terms": []})


def _tree(house: House, readings: Any, key: str, day: date) -> tuple[Node, float]:
    as_of = 1775000000.0
    report = analyse(house, readings, Context(as_of=as_of))
    by_key = {m.key: m for m in house.all_meters}

    def dial(one: Meter, at: float) -> State:
        return state_at(house, one, readings[one.key], Context(as_of=as_of), at)

    found = report.meters[key]
    assert found.first_day is not None
    use = float(found.use[(day - found.first_day).days])
    return explain(house, report.meters, dial, by_key[key], day), use


# What is no reading: settings, what a model says, what an exchange carries over.
_SETTINGS = ("setting", "gas_factor", "share", "carried", "exchange", "outside")


def _recomputed(node: Node) -> float:
    """Return a node's value from its leaves alone."""
    if not node.inputs:
        return node.value or 0.0
    values = [_recomputed(one) for one in node.inputs]
    if node.op == "product":
        return math.prod(values)
    if node.op == "share":
        return values[0] + values[1] * values[2]
    assert node.op == "sum"
    return sum(values)


def _leaves(node: Node) -> list[Node]:
    return [node] if not node.inputs else [x for i in node.inputs for x in _leaves(i)]


def test_the_leaves_give_the_value() -> None:
    first = [read("2026-01-01", 100.0), read("2026-01-31", 400.0)]
    second = [read("2026-02-10", 0.0), read("2026-03-20", 380.0)]
    house = House(
        time_zone="Europe/Berlin",
        meters=(physical("old"), physical("new"), physical("late")),
        masters=(
            master(
                "joined",
                MasterPeriod(start=START, end=date(2026, 2, 4), sources=("old",)),
                MasterPeriod(start=date(2026, 2, 5), end=None, sources=("new",)),
            ),
        ),
        virtuals=(
            virtual(
                "rest",
                Term(meter_id="joined"),
                Term(meter_id="late", factor=-2.0, zero_when_absent=True),
            ),
        ),
    )
    late = [read("2026-03-01", 5.0), read("2026-03-20", 24.0)]
    readings = {
        "old": series(first),
        "new": series(second),
        "late": series(late),
    }
    for day in (date(2026, 1, 10), date(2026, 2, 3), date(2026, 3, 10)):
        tree, use = _tree(house, readings, "rest", day)
        assert tree.value == pytest.approx(use)
        assert sum(one.value or 0.0 for one in tree.inputs) == pytest.approx(use)
        assert _recomputed(tree) == pytest.approx(use, rel=1e-9)
        for leaf in _leaves(tree):
            assert leaf.reading_ids or leaf.how in _SETTINGS
    bridged, _ = _tree(house, readings, "joined", date(2026, 2, 7))
    assert "exchange" in {one.how for one in bridged.inputs}
    assert sum(one.value or 0.0 for one in bridged.inputs) == pytest.approx(
        bridged.value or 0.0
    )


def test_a_meter_without_days_is_explained_as_such() -> None:
    one = physical("empty")
    house = House(time_zone="Europe/Berlin", meters=(one,))
    report = analyse(house, {"empty": series([])}, Context(as_of=1775000000.0))

    def dial(_: Meter, __: float) -> State:
        raise AssertionError("nobody reads it")

    for reports in (report.meters, {}):
        node = explain(house, reports, dial, one, date(2026, 1, 1))
        assert (node.how, node.value) == ("outside", None)


def test_only_what_was_written_is_restored() -> None:
    shown = Snapshot(seen_on=START)
    content = plain(shown)
    assert restored(Snapshot, content) == shown
    assert isinstance(content, dict)
    for wrong in (5, content | {"counter": "x"}, {}):
        with pytest.raises((TypeError, KeyError)):
            restored(Snapshot, wrong)
