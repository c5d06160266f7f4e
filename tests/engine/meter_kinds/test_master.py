"""Masters: tenures, hand-overs, units, holes, masters of masters."""

from datetime import timedelta
import itertools

from hypothesis import given, settings, strategies as st
import numpy as np
import pytest

from custom_components.nebenkosten.engine.domain import calendar_edges
from custom_components.nebenkosten.engine.domain.meters import (
    GasFactor,
    House,
    Medium,
    Term,
)
from custom_components.nebenkosten.engine.domain.report import Context, Provenance
from custom_components.nebenkosten.engine.pipeline import analyse

from ..houses import BERLIN, Point, series
from ..synthetic import (
    DAYS,
    FIRST,
    Floats,
    Home,
    codes,
    day,
    household,
    of_kind,
    read_at,
    read_daily,
    typed,
    visits,
)

A, B, C = household(8.0, 1), household(5.0, 2), household(3.0, 3)
_FACTOR = {"Wh": 1000.0, "kWh": 1.0, "MWh": 0.001, "GJ": 0.0036}
_UNITS = st.sampled_from(sorted(_FACTOR))
GAS = (
    GasFactor(brennwert=10.0, zustandszahl=0.95),
    GasFactor(brennwert=11.0, zustandszahl=0.95, valid_from=day(500)),
)


def readings(use: Floats, first: int, last: int, *, dense: bool) -> list[Point]:
    """Read a dial daily, or now and then, from one midnight to another."""
    if dense:
        return read_daily(use, first, last)
    return read_at(use, visits(first, last, seed=first + last))


@settings(max_examples=25, deadline=None)
@given(st.booleans(), _UNITS, _UNITS, st.integers(0, 10**6))
def test_a_master_of_one_source_equals_it_day_by_day(
    dense: bool, given_unit: str, wanted: str, seed: int
) -> None:
    home = Home()
    use = household(8.0 * _FACTOR[given_unit], seed)
    points = readings(use, 30, DAYS - 60, dense=dense)
    points[-1] = of_kind(points[-1], "removal") if seed % 2 else points[-1]
    home.add("a", points, unit=given_unit, installed=FIRST if seed % 3 else None)
    cut = day(400 + seed % 300)
    home.join(
        "m", (FIRST, cut, ["a"]), (cut + timedelta(days=1), None, ["a"]), unit=wanted
    )
    found = home.analysed()
    source, master = found["a"], found["m"]
    assert master.first_day == source.first_day
    scale = _FACTOR[wanted] / _FACTOR[given_unit]
    count = len(source.use)
    np.testing.assert_allclose(master.use[:count], scale * source.use, rtol=1e-12)
    np.testing.assert_array_equal(master.provenance[:count], source.provenance)
    assert np.isnan(master.use[count:]).all()
    assert not codes(master)


@settings(max_examples=25, deadline=None)
@given(
    st.booleans(),
    st.booleans(),
    st.integers(200, 1200),
    st.sampled_from(["start", "end"]),
)
def test_a_meter_that_goes_on_keeps_its_differences_whole(
    dense: bool, other: bool, cut: int, which: str
) -> None:
    home = Home()
    home.add("a", readings(A, 0, DAYS, dense=dense))
    joins = which == "start"
    life = (cut, DAYS) if joins else (0, cut)
    dates = {"installed": day(cut)} if joins else {"removed": day(cut - 1)}
    home.add("b", readings(B, *life, dense=other), **dates)
    before, after = (["a"], ["a", "b"]) if joins else (["b", "a"], ["a"])
    home.join("m", (FIRST, day(cut - 1), before), (day(cut), None, after))
    found = home.analysed()
    expected = found["a"].use.copy()
    inside = slice(cut, DAYS) if joins else slice(0, cut)
    expected[inside] += found["b"].use
    np.testing.assert_allclose(found["m"].use, expected, rtol=1e-9, atol=1e-9)
    assert not codes(found["m"])


@settings(max_examples=40, deadline=None)
@given(
    st.integers(300, 900),
    st.integers(0, 5),
    st.data(),
    st.lists(_UNITS, min_size=4, max_size=4),
)
def test_overlaps_count_twice_for_two_days_and_never_longer(
    start: int, overlap: int, data: st.DataObject, units: list[str]
) -> None:
    """Two levels, four units: what the inner master counts, the outer one does."""
    change = start + data.draw(st.integers(0, overlap))
    old, new, inner, outer = units
    home = Home()
    home.add(
        "a",
        read_daily(A * _FACTOR[old], 0, start + overlap),
        unit=old,
        removed=day(start + overlap - 1),
    )
    home.add("b", read_daily(B * _FACTOR[new], start), unit=new, installed=day(start))
    home.join(
        "m", (FIRST, day(change - 1), ["a"]), (day(change), None, ["b"]), unit=inner
    )
    home.join("oben", (FIRST, None, ["m"]), unit=outer)
    found = home.analysed()
    expected = np.where(np.arange(DAYS) < (change if overlap > 2 else start), A, B)
    if overlap <= 2:
        expected[start : start + overlap] += A[start : start + overlap]
    for name, unit in (("m", inner), ("oben", outer)):
        np.testing.assert_allclose(found[name].use, expected * _FACTOR[unit], rtol=1e-9)
        assert (found[name].provenance == Provenance.MEASURED).all()
        begin = found["a"].counter[0] / _FACTOR[old] * _FACTOR[unit]
        np.testing.assert_allclose(
            found[name].counter - begin,
            np.append(0.0, np.cumsum(expected)) * _FACTOR[unit],
            rtol=1e-9,
            atol=1e-9 * begin,
        )
    assert ("exchange_overlaps" in codes(found["m"])) is (0 < overlap <= 2)
    assert "exchange_implausible" not in codes(found["m"])


def test_an_overlap_that_misses_the_start_is_cut_where_the_new_meter_begins() -> None:
    home = Home()
    home.add("a", read_daily(A, 0, 730), removed=day(729))
    home.add("b", read_daily(B, 720))
    home.join("m", (FIRST, day(699), ["a"]), (day(700), None, ["b"]))
    found = home.analysed()["m"]
    np.testing.assert_allclose(found.use, np.where(np.arange(DAYS) < 720, A, B))


@settings(max_examples=25, deadline=None)
@given(st.integers(300, 900), st.integers(1, 60), st.booleans(), st.booleans())
def test_a_gap_is_carried_from_both_sides(
    start: int, gap: int, dense: bool, closed: bool
) -> None:
    home = Home()
    old = readings(A, 0, start, dense=dense)
    old[-1] = of_kind(old[-1], "removal") if closed else old[-1]
    home.add("a", old)
    home.add("b", readings(A, start + gap, DAYS, dense=dense))
    home.join("m", (FIRST, day(start - 1), ["a"]), (day(start), None, ["b"]))
    home.join("oben", (FIRST, None, ["m"]))
    found = home.analysed()
    for name in ("m", "oben"):
        report = found[name]
        hole = slice(start, start + gap)
        assert (report.provenance[hole] == Provenance.EXTRAPOLATED).all()
        assert not np.isnan(report.use).any()
        np.testing.assert_allclose(
            report.use[:start], found["a"].use[:start], rtol=1e-9
        )
        np.testing.assert_allclose(report.use[start + gap :], found["b"].use, rtol=1e-9)
    (finding,) = [f for f in found["m"].findings if f.code == "exchange_bridged"]
    assert finding.data["use"] == pytest.approx(
        found["m"].use[start : start + gap].sum()
    )


def test_a_gap_between_masters_is_carried_from_both_sides() -> None:
    home = Home()
    for name, first, last in (("a", 0, 200), ("b", 200, 390), ("c", 420, 700)):
        home.add(name, read_daily(A, first, last))
    home.add("d", read_daily(A, 700))
    home.join("alt", (FIRST, day(199), ["a"]), (day(200), None, ["b"]))
    home.join("neu", (FIRST, day(699), ["c"]), (day(700), None, ["d"]))
    home.join("m", (FIRST, day(399), ["alt"]), (day(400), None, ["neu"]))
    found = home.analysed()["m"]
    gap = slice(390, 420)
    assert (found.provenance[gap] == Provenance.EXTRAPOLATED).all()
    assert found.use[gap].sum() == pytest.approx(A[gap].sum(), rel=0.3)
    np.testing.assert_allclose(np.delete(found.use, gap), np.delete(A, gap), rtol=1e-9)


def test_a_source_known_by_amounts_alone() -> None:
    """Its periods cut between two amounts; there is no dial whose reading to tell."""
    home = Home()
    home.add("a", [], installed=FIRST)
    home.join("m", (FIRST, None, ["a"]))
    hours = calendar_edges.hour_edges(calendar_edges.midnights(FIRST, day(9), BERLIN))
    amounts = [
        (float(begin), float(end), 0.5) for begin, end in itertools.pairwise(hours)
    ]
    house = House(
        time_zone="Europe/Berlin",
        meters=tuple(home.meters),
        masters=tuple(home.masters),
    )
    stored = {"a": series([], amounts)}
    found = analyse(house, stored, Context(as_of=float(hours[-1]))).meters
    np.testing.assert_allclose(found["m"].use, 12.0)
    np.testing.assert_array_equal(found["m"].use, found["a"].use)
    assert found["m"].last_reading is None
    assert (found["m"].provenance == Provenance.MEASURED).all()


def test_readings_outside_of_a_meters_time_shape_nothing() -> None:
    home = Home()
    home.add("a", read_at(A, range(0, DAYS, 30)))
    home.add("b", read_at(B, range(15, DAYS, 30)))
    home.join("m", (FIRST, day(699), ["a"]), (day(700), None, ["b"]))
    found = home.analysed()
    master = found["m"]
    # Read last on day 690, first on day 705: between them both are carried.
    np.testing.assert_allclose(master.use[:690], found["a"].use[:690], rtol=1e-9)
    np.testing.assert_allclose(master.use[705:], found["b"].use[690:], rtol=1e-9)
    assert (master.provenance[690:705] == Provenance.EXTRAPOLATED).all()


def test_sources_without_readings_make_one_hole() -> None:
    home = Home()
    for name in ("leer", "auch"):
        home.add(name, [])
    home.add("a", read_daily(A))
    home.join("m", (FIRST, day(99), ["a", "leer", "auch"]), (day(100), None, ["a"]))
    found = home.analysed()["m"]
    assert np.isnan(found.use[:100]).all()
    np.testing.assert_allclose(found.use[100:], A[100:])


def test_a_gap_too_long_to_carry_is_unknown_and_no_number_is_told() -> None:
    home = Home()
    home.add("a", read_daily(A, 0, 300))
    home.add("b", read_daily(B, 600))
    home.join("m", (FIRST, day(599), ["a"]), (day(600), None, ["b"]))
    found = home.analysed()["m"]
    assert codes(found) == ["exchange_too_far_apart"]
    assert np.isnan(found.use[400:600]).all()
    assert all("nan" not in str(value) for value in found.findings[0].data.values())


@settings(max_examples=20, deadline=None)
@given(st.integers(200, 500), st.integers(1, 200), st.booleans())
def test_what_is_unknown_below_is_unknown_above(
    start: int, length: int, sums: bool
) -> None:
    home = Home()
    home.add("a", read_daily(A, 0, start), removed=day(start - 1))
    home.add("leer", [])
    home.add("c", read_daily(C, start + length))
    home.add("d", read_daily(B))
    home.join(
        "m",
        (FIRST, day(start - 1), ["a"]),
        (day(start), day(start + length - 1), ["leer"]),
        (day(start + length), None, ["c"]),
    )
    home.join("oben", (FIRST, None, ["m", "d"] if sums else ["m"]))
    home.join("ganz", (FIRST, None, ["oben"]))
    found = home.analysed()
    number = np.arange(DAYS)
    hole = (number >= start) & (number < start + length)
    for name in ("m", "oben", "ganz"):
        np.testing.assert_array_equal(np.isnan(found[name].use), hole)
        assert (found[name].provenance[hole] == Provenance.UNKNOWN).all()
    more = B if sums else 0.0
    expected = np.where(number < start, A, C) + more
    np.testing.assert_allclose(found["ganz"].use[~hole], expected[~hole], rtol=1e-9)


def test_gas_counts_by_the_factor_of_each_day_at_every_level() -> None:
    home = Home(more={"gas": GAS})
    gas = {"medium": Medium.GAS, "unit": "m³"}
    home.add("a", read_daily(A, 0, 400), removed=day(399), **gas)
    home.add("b", read_daily(A, 400), installed=day(400), **gas)
    home.join("m", (FIRST, day(399), ["a"]), (day(400), None, ["b"]), **gas)
    home.join("kwh", (FIRST, None, ["m"]), medium=Medium.GAS)
    home.join("zurueck", (FIRST, None, ["kwh"]), **gas)
    home.compute("formel", Term(meter_id="kwh", factor=2.0), medium=Medium.GAS)
    found = home.analysed()
    factor = np.where(np.arange(DAYS) < 500, 9.5, 10.45)
    np.testing.assert_allclose(found["kwh"].use, A * factor, rtol=1e-12)
    np.testing.assert_allclose(found["zurueck"].use, A, rtol=1e-12)
    np.testing.assert_allclose(found["formel"].use, 2 * A * factor, rtol=1e-12)
    _, reading = found["kwh"].last_reading or (0.0, 0.0)
    assert reading == pytest.approx((1000.0 + A[400:].sum() + 0.0) * 10.45, rel=0.5)


def test_an_exchange_in_other_units_is_plausible() -> None:
    home = Home()
    home.add("a", read_daily(A, 0, 700), removed=day(699))
    home.add("b", read_daily(A * 1000, 700), unit="Wh", installed=day(700))
    home.join("m", (FIRST, day(699), ["a"]), (day(700), None, ["b"]))
    found = home.analysed()["m"]
    assert not codes(found)
    np.testing.assert_allclose(found.use, A, rtol=1e-9)


def test_a_master_over_a_formula_is_told_what_is_wrong() -> None:
    home = Home()
    home.add("a", read_daily(A))
    home.compute("v", Term(meter_id="a"))
    home.join("m", (FIRST, None, ["v"]))
    found = home.analysed()["m"]
    assert codes(found) == ["source_computed"]
    assert found.first_day is None


def test_the_largest_gap_sees_hand_overs() -> None:
    home = Home()
    home.add("a", read_daily(A, 0, 300), removed=day(299))
    home.add("b", read_daily(A, 341))
    home.join("m", (FIRST, day(299), ["a"]), (day(300), None, ["b"]))
    quality = home.analysed()["m"].quality
    assert quality is not None
    assert quality.largest_gap_days == pytest.approx(41, abs=0.1)


def test_the_gap_of_a_removed_meter_ends_with_it() -> None:
    for points in (read_daily(A, 0, 300), read_at(A, visits(0, 300))):
        closed = [*points[:-1], of_kind(points[-1], "removal")]
        home = Home()
        home.add("a", points, removed=day(299))
        home.add("b", closed)
        for report in home.analysed().values():
            assert report.quality is not None
            assert report.quality.largest_gap_days < 50
            later = report.quality.at(report.midnights[-1] + 1000 * 86400.0)
            assert later.largest_gap_days < 50
            assert report.last_day == day(299)


def test_days_of_a_physical_exchange_with_a_gap_are_extrapolated() -> None:
    points = read_daily(A)
    at = points[600][0]
    points[600:601] = [
        (at - 14 * 3600, points[600][1] - A[599] * 14 / 24, points[0][2]),
        (at - 10 * 3600, 0.0, points[0][2]),
        typed(points[600], A[599] * 10 / 24),
    ]
    points[600] = of_kind(points[600], "removal")
    points[601] = of_kind(points[601], "install")
    shift = points[602][1] - points[603][1] + A[600]
    later = [typed(p, p[1] + shift) for p in points[603:]]
    home = Home()
    home.add("a", [*points[:603], *later])
    found = home.analysed()["a"]
    assert found.provenance[599] == Provenance.EXTRAPOLATED
    assert (np.delete(found.provenance, 599) == Provenance.MEASURED).all()
    assert found.use[599] == pytest.approx(A[599], rel=0.5)
