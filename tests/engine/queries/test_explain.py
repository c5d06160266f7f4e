"""What a day is made of adds up to it, whatever the meter."""

from collections.abc import Mapping
from datetime import date
import random

import pytest

from custom_components.nebenkosten.engine.domain.answers import Node, State
from custom_components.nebenkosten.engine.domain.local_days import midnight
from custom_components.nebenkosten.engine.domain.meters import (
    AnyMeter,
    House,
    Medium,
    Meter,
    Term,
)
from custom_components.nebenkosten.engine.domain.report import Context, MeterReport
from custom_components.nebenkosten.engine.queries.counter_at import state_at
from custom_components.nebenkosten.engine.queries.explain import explain

from ..houses import BERLIN, series
from ..synthetic import (
    DAYS,
    FIRST,
    LAST,
    Home,
    day,
    household,
    of_kind,
    read_at,
    read_daily,
    typed,
    visits,
)

A, B = household(8.0, 1), household(5.0, 2)


def combined(node: Node) -> float:
    """Return a value as its inputs give it."""
    values = [one.value or 0.0 for one in node.inputs]
    if node.op == "sum":
        return sum(values)
    if node.op == "product":
        product = 1.0
        for value in values:
            product *= value
        return product
    first, second, share = values
    return first + second * share


def nodes(node: Node) -> list[Node]:
    """Return a node and all below it."""
    return [node, *(below for one in node.inputs for below in nodes(one))]


def a_home() -> Home:
    """Return a house with every kind of meter, unit, hand-over and hole."""
    home = Home()
    old = read_at(A, visits(0, 500, seed=1))
    old[-1] = of_kind(old[-1], "removal")
    home.add("alt", old, installed=FIRST)
    home.add("neu", read_daily(A / 1000, 507, 900), unit="MWh")
    home.add("drei", read_daily(A, 898), installed=day(898))
    home.add("lang", read_at(B, visits(seed=5)))
    fallen = read_at(B, visits(seed=7))
    home.add(
        "faellt",
        [typed(p, p[1] - (900 if i > 20 else 0)) for i, p in enumerate(fallen)],
    )
    rolled = [typed(p, p[1] % 10**4) for p in read_at(B, visits(seed=8), start=5000.0)]
    home.add("rollt", rolled, digits=4)
    home.add("leer", [])
    home.add("gas", read_at(B, visits(seed=9)), medium=Medium.GAS, unit="m³")
    home.join(
        "kette",
        (FIRST, day(499), ["alt"]),
        (day(500), day(898), ["neu", "lang"]),
        (day(899), None, ["drei", "lang"]),
    )
    home.join("oben", (day(100), None, ["kette"]), unit="Wh")
    home.join("loch", (FIRST, day(400), ["alt"]), (day(450), None, ["leer", "lang"]))
    home.join("kwh", (FIRST, None, ["gas"]), medium=Medium.GAS)
    home.compute(
        "rest",
        Term(meter_id="oben", factor=0.5),
        Term(meter_id="faellt", factor=-1.0),
        Term(meter_id="drei", factor=2.0, zero_when_absent=True),
    )
    home.compute(
        "energie", Term(meter_id="kwh"), Term(meter_id="gas"), medium=Medium.GAS
    )
    return home


@pytest.fixture(name="house", scope="module")
def analysed_house() -> tuple[House, Mapping[str, MeterReport], Home]:
    home = a_home()
    reports = home.analysed()
    house = House(
        time_zone="Europe/Berlin",
        meters=tuple(home.meters),
        masters=tuple(home.masters),
        virtuals=tuple(home.virtuals),
    )
    return house, reports, home


def test_the_inputs_of_a_thousand_days_combine_to_them(
    house: tuple[House, Mapping[str, MeterReport], Home],
) -> None:
    known, reports, home = house
    stored = {key: series(points) for key, points in home.readings.items()}
    context = Context(as_of=midnight(day(DAYS), BERLIN))
    dials: dict[tuple[str, float], State] = {}

    def dial(one: Meter, at: float) -> State:
        key = one.key, at
        if key not in dials:
            dials[key] = state_at(known, one, stored[one.key], context, at)
        return dials[key]

    dice = random.Random(4)
    asked: list[tuple[AnyMeter, date]] = [
        (dice.choice(known.all_meters), day(dice.randrange(DAYS + 2)))
        for _ in range(1000)
    ]
    hows: set[str] = set()
    for one, when in asked:
        tree = explain(known, reports, dial, one, when)
        report = reports[one.key]
        index = -1 if report.first_day is None else (when - report.first_day).days
        inside = 0 <= index < len(report.use)
        if inside and tree.value is not None:
            assert tree.value == report.use[index]
        for node in nodes(tree):
            hows.add(node.how)
            if node.inputs and node.value is not None:
                margin = 1e-9 * max(1.0, *(abs(i.value or 0.0) for i in node.inputs))
                assert combined(node) == pytest.approx(node.value, rel=1e-9, abs=margin)
        if tree.how == "chain" and len(tree.inputs) == 1 and tree.inputs[0].value:
            assert tree.inputs[0].value == pytest.approx(tree.value, rel=1e-9)
    assert {"chain", "formula", "difference", "exchange", "outside", "source"} <= hows
    assert when <= LAST or hows
