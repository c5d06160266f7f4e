"""Meters computed from others, in order, unit by unit; gas by its factors."""

from datetime import date, timedelta

from hypothesis import given, settings, strategies as st
import numpy as np
import pytest

from custom_components.nebenkosten.engine.domain import gas_conversion, units
from custom_components.nebenkosten.engine.domain.evaluation_order import (
    CyclicMeterError,
    in_order,
)
from custom_components.nebenkosten.engine.domain.meters import (
    DEFAULT_GAS,
    GasFactor,
    Medium,
    Term,
    Virtual,
)
from custom_components.nebenkosten.engine.domain.report import Provenance
from custom_components.nebenkosten.engine.queries.periods import periods

from ..houses import meter
from ..synthetic import (
    DAYS,
    FIRST,
    Home,
    codes,
    day,
    household,
    one,
    read_at,
    read_daily,
    visits,
)

A, B, C = household(8.0, 1), household(3.0, 2), household(2.0, 3)
GAS = meter(medium=Medium.GAS, unit="m³")
KWH = meter(medium=Medium.GAS, unit="kWh")
WATER = meter(medium=Medium.WATER, unit="m³")


def virtual(name: str, *operands: str) -> Virtual:
    return Virtual(
        meter_id=name,
        name=name,
        medium=Medium.OTHER,
        unit="kWh",
        terms=tuple(Term(meter_id=operand) for operand in operands),
    )


def test_order_by_topology() -> None:
    found = in_order([virtual("c", "b", "A"), virtual("b", "a"), meter(meter_id="a")])
    assert [m.meter_id for m in found] == ["a", "b", "c"]


def test_a_cycle_is_refused_with_its_path() -> None:
    with pytest.raises(CyclicMeterError) as caught:
        in_order([virtual("a", "b"), virtual("b", "c"), virtual("c", "a")])
    assert sorted(caught.value.path[:-1]) == ["a", "b", "c"]
    assert caught.value.path[0] == caught.value.path[-1]


def test_a_cycle_takes_no_other_meter_down() -> None:
    home = Home()
    home.add("a", read_daily(A))
    home.compute("x", Term(meter_id="y"))
    home.compute("y", Term(meter_id="x"))
    home.compute("z", Term(meter_id="a", factor=2.0))
    found = home.analysed()
    assert codes(found["x"]) == codes(found["y"]) == ["formula_cycle"]
    np.testing.assert_allclose(found["z"].use, 2 * A)


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.floats(-3, 3), min_size=3, max_size=3),
    st.integers(0, 40),
    st.integers(0, 40),
)
def test_days_months_and_years_add_up_alike(
    factors: list[float], late: int, early: int
) -> None:
    home = Home()
    for name, use, first in (("a", A, 0), ("b", B, late), ("c", C, 0)):
        home.add(name, read_at(use, visits(first, DAYS - early)))
    home.compute(
        "sum",
        *(Term(meter_id=n, factor=f) for n, f in zip("abc", factors, strict=True)),
    )
    found = home.analysed()
    total = found["sum"]
    start = found["b"].first_day
    assert total.first_day == start
    for kind in ("day", "month", "year"):
        parts = [
            {p.start: p.value for p in periods(found[name], kind, start)}
            for name in "abc"
        ]
        for period in periods(total, kind):
            values = [part[period.start] for part in parts]
            if period.value is None:
                assert None in values
            else:
                wanted = sum(
                    f * (v or 0.0) for f, v in zip(factors, values, strict=True)
                )
                assert period.value == pytest.approx(wanted, rel=1e-9, abs=1e-6)


def test_the_worst_operand_says_how_a_day_is_known() -> None:
    home = Home()
    home.add("a", read_daily(A))
    home.add("b", read_at(B, visits()))
    home.compute("sum", Term(meter_id="a"), Term(meter_id="b"))
    found = home.analysed()
    np.testing.assert_array_equal(found["sum"].provenance, found["b"].provenance)


def test_an_operand_that_may_be_absent_counts_zero_outside_its_life() -> None:
    home = Home()
    home.add("a", read_daily(A))
    home.add("b", read_daily(B, 100, 200), removed=day(199))
    absent = Term(meter_id="b", factor=-1.0, zero_when_absent=True)
    home.compute("rest", Term(meter_id="a"), absent)
    rest = home.analysed()["rest"]
    number = np.arange(DAYS)
    inside = (number >= 100) & (number < 200)
    np.testing.assert_allclose(rest.use[~inside], A[~inside])
    np.testing.assert_allclose(rest.use[inside], (A - B)[inside])
    assert set(rest.provenance.tolist()) == {Provenance.MEASURED}


def test_nested_formulas_and_masters_of_masters() -> None:
    home = Home()
    home.add("a", read_daily(A, 0, 700), installed=FIRST, removed=day(699))
    home.add("b", read_daily(A, 700), installed=day(700))
    home.join("ab", (FIRST, day(699), ["a"]), (day(700), None, ["b"]))
    home.join("oben", (FIRST, None, ["ab"]))
    home.compute("halb", Term(meter_id="oben", factor=0.5))
    home.compute("ganz", Term(meter_id="halb", factor=2.0))
    found = home.analysed()
    for name in ("ab", "oben", "ganz"):
        np.testing.assert_allclose(found[name].use, A, rtol=1e-9)
    assert found["ab"].counter[-1] - found["ab"].counter[0] == pytest.approx(A.sum())


@settings(max_examples=15, deadline=None)
@given(st.integers(60, DAYS - 60), st.integers(0, 100))
def test_a_master_is_the_sum_of_its_parts(swap: int, seed: int) -> None:
    home = Home()
    home.add("a", read_at(A, visits(0, swap, seed)), removed=day(swap - 1))
    home.add("b", read_at(B, visits(0, swap, seed + 1)), removed=day(swap - 1))
    home.add("c", read_at(C, visits(swap, DAYS, seed + 2)), installed=day(swap))
    home.join("m", (FIRST, day(swap - 1), ["a", "b"]), (day(swap), None, ["c"]))
    found = home.analysed()
    np.testing.assert_allclose(
        found["m"].use[:swap], found["a"].use + found["b"].use, rtol=1e-9, atol=1e-9
    )
    np.testing.assert_allclose(found["m"].use[swap:], found["c"].use, rtol=1e-9)
    assert not found["m"].findings or "exchange_implausible" in codes(found["m"])


def test_long_overlaps_are_cut_at_the_change() -> None:
    home = Home()
    home.add("a", read_daily(A, 0, 710), removed=day(709))
    home.add("b", read_daily(A, 700), installed=day(700))
    home.join("m", (FIRST, day(704), ["a"]), (day(705), None, ["b"]))
    np.testing.assert_allclose(home.analysed()["m"].use, A, rtol=1e-9)


def test_days_that_no_period_covers_are_unknown() -> None:
    home = Home()
    home.add("a", read_daily(A))
    home.join("m", (FIRST, day(99), ["a"]), (day(110), day(400), ["a"]))
    found = home.analysed()["m"]
    assert found.last_day == day(400)
    assert np.isnan(found.use[100:110]).all()
    np.testing.assert_allclose(found.use[110:], A[110:401])


def test_a_source_that_never_was_and_one_that_does_not_exist() -> None:
    home = Home()
    home.join("m", (FIRST, None, ["fehlt"]))
    found = home.analysed()["m"]
    assert codes(found) == ["operand_missing"]
    assert found.first_day is None


def test_a_join_out_of_line_is_a_finding() -> None:
    home = Home()
    home.add("a", read_daily(A, 0, 700), removed=day(699))
    home.add("b", read_daily(A * 1000, 700), installed=day(700))
    home.join("m", (FIRST, day(699), ["a"]), (day(700), None, ["b"]))
    (finding,) = home.analysed()["m"].findings
    assert finding.code == "exchange_implausible"
    actual, expected = (float(str(finding.data[k])) for k in ("actual", "expected"))
    assert actual > 100 * expected


# --- gas ---------------------------------------------------------------------------


def test_the_state_number_from_the_altitude() -> None:
    for altitude, z in ((0, 0.971), (300, 0.937), (500, 0.915), (700, 0.893)):
        assert gas_conversion.zustandszahl(altitude) == pytest.approx(z, abs=0.001)


def test_factors_hold_from_their_day_the_first_one_ever_before() -> None:
    dated = [
        GasFactor(brennwert=12.0, zustandszahl=1.0, valid_from=date(2023, 1, 1)),
        GasFactor(brennwert=11.0, zustandszahl=0.9, valid_from=date(2022, 6, 1)),
    ]
    found = gas_conversion.energy_per_volume(dated, FIRST, DAYS)
    assert found[0] == found[150] == pytest.approx(9.9)
    assert found[364] == pytest.approx(9.9)
    assert found[365] == found[-1] == pytest.approx(12.0)


def test_gas_becomes_energy_on_its_days() -> None:
    home = Home(more={"gas": (DEFAULT_GAS,)})
    home.add("gas", read_daily(A), medium=Medium.GAS, unit="m³")
    home.compute("energie", Term(meter_id="gas"))
    home.compute("zurueck", Term(meter_id="energie"), medium=Medium.GAS, unit="m³")
    found = home.analysed()
    np.testing.assert_allclose(found["energie"].use, A * 11.504 * 0.8885)
    np.testing.assert_allclose(found["zurueck"].use, A)


@given(st.sampled_from(["Wh", "kWh", "MWh", "GJ"]), st.sampled_from(["L", "m³"]))
def test_volume_and_energy_round_trip(energy: str, volume: str) -> None:
    given, wanted = (meter(medium=Medium.GAS, unit=unit) for unit in (volume, energy))
    there = gas_conversion.daily_factor(given, wanted, (DEFAULT_GAS,), FIRST, 3)
    back = gas_conversion.daily_factor(wanted, given, (DEFAULT_GAS,), FIRST, 3)
    np.testing.assert_allclose(there * back, 1.0)


def test_water_never_becomes_energy() -> None:
    with pytest.raises(units.UnitMismatchError):
        gas_conversion.daily_factor(WATER, KWH, (DEFAULT_GAS,), FIRST, 1)
    home = Home()
    home.add("wasser", read_daily(A), medium=Medium.WATER, unit="m³")
    home.compute("falsch", Term(meter_id="wasser"))
    home.join("auch", (FIRST, None, ["wasser"]))
    found = home.analysed()
    assert codes(found["falsch"]) == codes(found["auch"]) == ["unit_pair_refused"]


def test_a_master_converts_its_sources() -> None:
    home = Home()
    home.add("alt", read_daily(A / 1000, 0, 700), unit="MWh", removed=day(699))
    home.add("neu", read_daily(A, 700), installed=day(700))
    home.join("m", (FIRST, day(699), ["alt"]), (day(700), None, ["neu"]))
    np.testing.assert_allclose(home.analysed()["m"].use, A, rtol=1e-9)


def test_a_forecast_of_what_is_computed() -> None:
    home = Home()
    home.add("a", read_daily(A))
    home.add("b", read_daily(B))
    home.compute("rest", Term(meter_id="a"), Term(meter_id="b", factor=-1.0))
    today = day(DAYS - 100)
    for name in "ab":
        home.readings[name] = home.readings[name][: DAYS - 99]
    found = home.analysed(today)
    parts = [found[n].forecast for n in ("a", "b", "rest")]
    assert all(part is not None for part in parts)
    a, b, rest = (part.year.value for part in parts if part is not None)
    assert rest == pytest.approx(a - b)
    assert found["rest"].quality is not None


def test_no_forecast_where_an_operand_has_none() -> None:
    home = Home()
    home.add("a", read_daily(A))
    home.add("b", read_daily(B, 0, 20), removed=day(19))
    home.compute("rest", Term(meter_id="a"), Term(meter_id="b"))
    assert home.analysed()["rest"].forecast is None
    assert one(read_daily(A, 0, 9), day(9)).forecast is None


def test_terms_before_they_meet() -> None:
    home = Home()
    home.add("a", read_daily(A, 0, 100), removed=day(99))
    home.add("b", read_daily(B, 200))
    home.compute("x", Term(meter_id="a"), Term(meter_id="b"))
    found = home.analysed(day(DAYS - 1) + timedelta(days=1))["x"]
    assert found.first_day is None
