"""Who is absent, what is an estimate, and what is told where nothing is measured."""

from datetime import date

import numpy as np

from custom_components.nebenkosten.engine.domain.meters import Term
from custom_components.nebenkosten.engine.domain.report import Provenance

from .synthetic import DAYS, FIRST, Home, codes, day, household, read_at, read_daily

A, B = household(8.0, 1), household(5.0, 2)


def test_formulas_know_who_is_absent() -> None:
    home = Home()
    home.add("a", read_daily(A, 0, 1000), removed=day(999))
    home.add("b", read_daily(B, 300), installed=day(300))
    home.add("leer", [], installed=day(1200))
    terms = [Term(meter_id=name, zero_when_absent=True) for name in ("a", "b", "leer")]
    home.compute("alle", *terms)
    home.compute("zwei", *terms[:2])
    found = home.analysed()
    number = np.arange(DAYS)
    expected = np.where(number < 1000, A, 0.0) + np.where(number >= 300, B, 0.0)
    two, every = found["zwei"], found["alle"]
    assert (two.first_day, two.last_day) == (FIRST, day(DAYS - 1))
    np.testing.assert_allclose(two.use, expected)
    assert (two.provenance == Provenance.MEASURED).all()
    np.testing.assert_allclose(every.use[:1200], expected[:1200])
    assert np.isnan(every.use[1200:]).all()
    assert "operand_unread" in codes(every)


def test_a_meter_of_a_few_readings_says_that_it_is_estimated() -> None:
    home = Home()
    home.add("a", read_at(A, [0, 120, 240, 365, 500, 700, 900, 1100, 1300, DAYS]))
    home.add("b", read_daily(A))
    found = home.analysed()
    assert found["a"].quality is not None
    assert found["b"].quality is not None
    assert found["a"].quality.is_estimated
    assert not found["b"].quality.is_estimated


def test_parts_above_the_whole_are_told_where_nothing_is_measured() -> None:
    home = Home()
    home.add("haus", read_at(A, [0, 200, 430, 640, 860, 1050, 1270, DAYS]))
    home.add(
        "teil",
        read_at(A * 1.6, [50, 290, 500, 750, 930, 1180, 1400]),
        part_of="haus",
    )
    assert "parts_exceed_whole" in codes(home.analysed(date(2025, 12, 1))["haus"])
    unread = Home()
    unread.add("haus", read_at(A, [0])[:1], installed=FIRST)
    unread.add("teil", read_daily(A), part_of="haus")
    assert "parts_exceed_whole" not in codes(unread.analysed()["haus"])
