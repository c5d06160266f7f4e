"""Meters that stand still: news first, an anomaly once it lasts."""

from typing import Any

import numpy as np

from custom_components.nebenkosten.engine.domain.meters import Medium
from custom_components.nebenkosten.engine.domain.report import MeterReport

from ..synthetic import (
    DAYS,
    START,
    Home,
    codes,
    day,
    events_of,
    household,
    one,
    read_daily,
    temperature,
)


def stopped(days: int, **fields: Any) -> MeterReport:
    use = household(0.3, 2)
    last = START + days
    use[START:last] = 0
    return one(read_daily(use[:last], 0, last), day(last), unit="m³", **fields)


def test_water_that_stands_still_is_news_before_it_is_an_event() -> None:
    young, old = (stopped(n, medium=Medium.WATER) for n in (10, 25))
    assert codes(young) == ["no_use"]
    assert not events_of(young)
    assert [a.kind for a in events_of(old)] == ["stuck"]
    assert [a.kind for a in events_of(stopped(10, medium=Medium.OTHER))] == ["stuck"]


def test_gas_that_stands_still_in_summer_is_news_and_in_winter_an_event() -> None:
    # Day 700 is the second of December.
    assert events_of(stopped(10, medium=Medium.GAS))
    warm = temperature(np.full(DAYS, 20.0))
    assert not events_of(stopped(10, medium=Medium.GAS, temperature=warm))


def test_at_once_when_the_parent_still_counts_it() -> None:
    part = household(0.3, 2)
    main = part + household(0.1, 3)
    last = START + 6
    stuck = part.copy()
    stuck[START:last] = 0
    home = Home()
    home.add("haus", read_daily(main, 0, last), medium=Medium.WATER, unit="m³")
    home.add(
        "teil",
        read_daily(stuck, 0, last),
        medium=Medium.WATER,
        unit="m³",
        part_of="haus",
    )
    assert [a.kind for a in events_of(home.analysed(day(last))["teil"])] == ["stuck"]
    calm = Home()
    calm.add(
        "haus", read_daily(main - part + stuck, 0, last), medium=Medium.WATER, unit="m³"
    )
    calm.add(
        "teil",
        read_daily(stuck, 0, last),
        medium=Medium.WATER,
        unit="m³",
        part_of="haus",
    )
    assert not events_of(calm.analysed(day(last))["teil"])
