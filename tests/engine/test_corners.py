"""Rare lives of meters: nothing known, no overlap, too short, far apart."""

from datetime import date

import numpy as np
import pytest

from custom_components.nebenkosten.engine.domain.meters import Medium, Term
from custom_components.nebenkosten.engine.domain.report import Temperature
from custom_components.nebenkosten.engine.domain.serialization import meter_from
from custom_components.nebenkosten.engine.load_model import (
    outdoor_temperature as outside,
)

from .houses import at, meter, read, report_of
from .synthetic import (
    DAYS,
    FIRST,
    Home,
    codes,
    day,
    heating,
    household,
    of_kind,
    one,
    outdoors,
    read_at,
    read_daily,
    temperature,
    typed,
    visits,
)

USE = household(8.0)
MEANS = outdoors()
SEEN = visits()


def test_a_temperature_of_another_time_is_none() -> None:
    known = Temperature(date(1990, 1, 1), [5.0] * 500)
    assert outside.temperatures(known, FIRST, 100, 100) is None


def test_a_formula_over_a_meter_without_days() -> None:
    home = Home()
    home.add("leer", [])
    home.add("a", read_daily(USE))
    home.compute("x", Term(meter_id="leer"), Term(meter_id="a"))
    home.compute("y", Term(meter_id="a"), Term(meter_id="leer", zero_when_absent=True))
    found = home.analysed()
    assert found["x"].first_day is None
    np.testing.assert_allclose(found["y"].use, USE)


def test_operands_that_never_live_together_with_one_that_may_be_absent() -> None:
    home = Home()
    home.add("a", read_daily(USE, 0, 100), removed=day(99))
    home.add("b", read_daily(USE, 300, 400), removed=day(399))
    absent = Term(meter_id="b", zero_when_absent=True)
    home.compute("x", Term(meter_id="a"), absent)
    np.testing.assert_allclose(home.analysed()["x"].use, USE[:100])


def test_a_period_without_readings_is_unknown_and_the_next_goes_on() -> None:
    home = Home()
    home.add("leer", [], removed=day(99))
    home.add("neu", read_daily(USE, 100), installed=day(100))
    home.join("m", (FIRST, day(99), ["leer"]), (day(100), None, ["neu"]))
    found = home.analysed()["m"]
    np.testing.assert_allclose(found.use[-100:], USE[-100:])


def test_a_source_read_only_in_another_period_is_unknown() -> None:
    home = Home()
    home.add("a", read_daily(USE, 0, 300))
    home.add("b", read_daily(USE, 300))
    home.join(
        "m",
        (FIRST, day(299), ["a"]),
        (day(600), day(700), ["a"]),
        (day(701), None, ["b"]),
    )
    found = home.analysed()["m"]
    assert np.isnan(found.use[600:701]).all()
    np.testing.assert_allclose(found.use[701:], USE[701:])


def test_a_source_that_was_itself_exchanged() -> None:
    points = read_at(USE, SEEN)
    swapped = [
        *points[:20],
        of_kind(points[20], "removal"),
        of_kind((points[20][0], 0.0, points[20][2]), "install"),
        *(typed(p, p[1] - points[20][1]) for p in points[21:]),
    ]
    home = Home()
    home.add("a", swapped)
    home.join("m", (FIRST, None, ["a"]))
    found = home.analysed()
    assert found["m"].use.sum() == pytest.approx(USE.sum(), rel=1e-9)


def test_masters_hand_over_to_masters() -> None:
    home = Home()
    home.add("a", read_daily(USE, 0, 700), removed=day(699))
    home.add("b", read_daily(USE, 700), installed=day(700))
    home.join("erst", (FIRST, day(699), ["a"]))
    home.join("dann", (day(700), None, ["b"]))
    home.join("m", (FIRST, day(699), ["erst"]), (day(700), None, ["dann"]))
    np.testing.assert_allclose(home.analysed()["m"].use, USE, rtol=1e-9)


def test_a_new_meter_read_twice_on_its_first_day_proves_nothing() -> None:
    old = read_at(USE, [*SEEN[:20], SEEN[20]])
    first = old[-1][0]
    home = Home()
    home.add("a", old, removed=day(SEEN[20] - 1))
    kind = old[0][2]
    home.add(
        "b", [(first, 0.0, kind), (first + 3600, 0.2, kind)], installed=day(SEEN[20])
    )
    home.join("m", (FIRST, day(SEEN[20] - 1), ["a"]), (day(SEEN[20]), None, ["b"]))
    assert "exchange_implausible" not in codes(home.analysed()["m"])


def test_a_hand_over_to_nobody() -> None:
    home = Home()
    home.add("a", read_daily(USE, 0, 300), removed=day(299))
    home.add("b", [], installed=day(300))
    home.join("m", (FIRST, day(299), ["a"]), (day(300), None, ["b"]))
    found = home.analysed()["m"]
    np.testing.assert_allclose(found.use[:300], USE[:300])
    assert np.isnan(found.use[300:]).all()


def test_a_master_before_it_begins() -> None:
    home = Home()
    home.add("a", read_daily(USE, 0, 100))
    home.join("m", (day(200), None, ["a"]))
    assert home.analysed(day(101))["m"].first_day is None


def test_years_without_a_whole_one_or_with_a_hole_are_not_adjusted() -> None:
    use = heating(MEANS, 1.0, 1.0)
    warm = temperature(MEANS)
    short = read_at(use, [n for n in SEEN if 30 < n < 350])
    part = one(short, day(350), medium=Medium.GAS, temperature=warm)
    assert not part.adjusted
    fallen = [
        typed(p, p[1] + (0 if n < 20 else -1000))
        for n, p in enumerate(read_at(use, SEEN))
    ]
    holed = one(fallen, medium=Medium.GAS, installed=FIRST, temperature=warm)
    hole = day(SEEN[19]).year
    assert hole not in holed.adjusted
    assert holed.adjusted


def test_a_part_of_a_few_days_or_with_a_hole_says_nothing_of_the_balance() -> None:
    water = {"medium": Medium.WATER, "unit": "m³"}
    for first, last in ((DAYS - 3, DAYS), (DAYS - 20, DAYS)):
        home = Home()
        home.add("haus", read_daily(USE), **water)
        home.add("teil", read_daily(USE * 2, first, last), part_of="haus", **water)
        found = home.analysed()["haus"]
        assert bool(codes(found)) is (last - first > 10)
    points = read_at(USE, SEEN)
    points[-2:] = [typed(p, p[1] - 5000) for p in points[-2:]]
    home = Home()
    home.add("haus", read_at(USE, SEEN), **water)
    home.add("teil", points, part_of="haus", **water)
    assert not codes(home.analysed()["haus"])


def test_hand_read_parts_that_never_meet_say_nothing() -> None:
    home = Home()
    home.add("haus", read_at(USE, [0, 700]), medium=Medium.WATER, unit="m³")
    home.add(
        "teil",
        read_at(USE, [350, 1000]),
        medium=Medium.WATER,
        unit="m³",
        part_of="haus",
    )
    assert "parts_exceed_whole" not in codes(home.analysed()["haus"])


def test_amounts_that_are_more_than_the_dial_shows_leave_no_room() -> None:
    amounts = [(at("2025-01-05"), at("2025-01-10"), 100.0)]
    points = [read("2025-01-10", 50), read("2025-01-20", 60)]
    installed = meter(installed=date(2025, 1, 1))
    report = report_of(installed, points, "2025-01-20", amounts=amounts)
    assert report.use[:4].sum() == 0.0
    assert report.use[4:9].sum() == pytest.approx(100)


def test_a_growing_use_creeps() -> None:
    use = household(8.0, 3, stray=0.1)
    use[700:740] += 8.0 * np.linspace(0.0, 4.0, 40)
    report = one(read_daily(use))
    assert "creep" in {a.kind for a in report.anomalies}


def test_odd_days_of_water_that_does_not_run_on() -> None:
    litres = np.tile(np.r_[np.zeros(12), np.full(12, 20.0)], 120)
    litres[24 * 100 : 24 * 101] *= 8
    times = [at("2022-01-01") + 3600 * i for i in range(len(litres) + 1)]
    shown = 50 + np.concatenate(([0.0], np.cumsum(litres))) / 1000
    kind = read_daily(np.ones(2), 0, 1)[0][2]
    points = [(t, float(v), kind) for t, v in zip(times, shown, strict=True)]
    report = one(points, day(120), medium=Medium.WATER, unit="m³")
    assert [a.kind for a in report.anomalies] == ["spike"]


def test_on_the_morning_of_the_exchange() -> None:
    home = Home()
    home.add("a", read_daily(USE, 0, 700), removed=day(699))
    home.add("b", read_daily(USE, 700), installed=day(700))
    home.join("m", (FIRST, day(699), ["a"]), (day(700), None, ["b"]))
    np.testing.assert_allclose(home.analysed(day(700))["m"].use, USE[:700])


def test_a_master_whose_source_began_today() -> None:
    home = Home()
    home.add("a", read_daily(USE, 50))
    home.join("m", (FIRST, None, ["a"]))
    assert home.analysed(day(50))["m"].first_day is None


def test_a_whole_with_unknown_days_cannot_be_balanced() -> None:
    water = {"medium": Medium.WATER, "unit": "m³"}
    points = read_daily(USE)
    fallen = [
        typed(p, p[1] - (5000 if n > DAYS - 30 else 0)) for n, p in enumerate(points)
    ]
    gone = [p for n, p in enumerate(fallen) if not DAYS - 31 < n < DAYS - 1]
    home = Home()
    home.add("haus", gone, **water)
    home.add("teil", read_daily(USE * 2), part_of="haus", **water)
    assert "parts_exceed_whole" not in codes(home.analysed()["haus"])


@pytest.mark.parametrize("installed", ["0001-01-01", "1900-01-01", "9999-12-31"])
@pytest.mark.parametrize("removed", ["0001-01-01", "2200-01-01", "9999-12-31"])
def test_a_life_at_the_ends_of_the_calendar(installed: str, removed: str) -> None:
    """People write 9999-12-31 for a meter that is never removed."""
    plain = {"meter_id": "a", "medium": "electricity", "unit": "kWh"}
    stored = meter_from("a", plain | {"installed": installed, "removed": removed})
    home = Home()
    home.add("a", read_daily(USE), installed=stored.installed, removed=stored.removed)
    home.add("b", read_daily(USE))
    found = home.analysed()
    np.testing.assert_allclose(found["b"].use, USE)
    if installed < "2000" < removed:
        np.testing.assert_allclose(found["a"].use[-len(USE) :], USE)
