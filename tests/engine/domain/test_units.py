"""Fixed factors, spellings, and pairs that make no sense."""

from array import array
from dataclasses import replace

from hypothesis import given, strategies as st
import pytest

from custom_components.nebenkosten.engine.domain import units
from custom_components.nebenkosten.engine.domain.meters import House
from custom_components.nebenkosten.engine.domain.report import Context, Series
from custom_components.nebenkosten.engine.pipeline import analyse

from ..houses import meter, read, report_of, series

ENERGY = ["Wh", "kWh", "MWh", "GWh", "J", "kJ", "MJ", "GJ"]
VOLUME = ["L", "m³", "ft³", "CCF", "MCF", "gal"]


@given(
    st.one_of(
        st.tuples(st.sampled_from(ENERGY), st.sampled_from(ENERGY)),
        st.tuples(st.sampled_from(VOLUME), st.sampled_from(VOLUME)),
    )
)
def test_there_and_back_is_one(pair: tuple[str, str]) -> None:
    there, back = units.factor(*pair), units.factor(*reversed(pair))
    assert there * back == pytest.approx(1, rel=1e-12)


@pytest.mark.parametrize(
    ("given_unit", "wanted", "factor"),
    [("MWh", "kWh", 1000), ("GJ", "MWh", 1 / 3.6), ("L", "m³", 0.001), ("x", "x", 1)],
)
def test_known_factors(given_unit: str, wanted: str, factor: float) -> None:
    assert units.factor(given_unit, wanted) == pytest.approx(factor)


@pytest.mark.parametrize("pair", [("m³", "kWh"), ("kWh", "L"), ("°C", "kWh")])
def test_a_pair_that_makes_no_sense_is_refused_by_name(pair: tuple[str, str]) -> None:
    with pytest.raises(units.UnitMismatchError, match=f"{pair[0]} cannot become"):
        units.factor(*pair)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("m3", "m³"), ("KWH", "kWh"), (" kwh ", "kWh"), ("l", "L"), ("Stück", "Stück")],
)
def test_spellings(typed: str, meant: str) -> None:
    assert units.canonical(typed) == meant


def test_readings_of_another_unit_are_converted_or_left_out() -> None:
    points = [read("2025-01-01", 1), read("2025-01-11", 1.1), read("2025-01-11", 7)]
    stored = series(points)
    named = replace(
        stored.readings,
        units=array("b", [1, 1, 2]),
        unit_names=(None, "MWh", "m³"),
    )
    found = analyse(
        House(time_zone="Europe/Berlin", meters=(meter(),)),
        {"strom": Series(named, stored.amounts)},
        Context(as_of=points[1][0]),
    ).meters["strom"]
    assert found.use.sum() == pytest.approx(100)
    assert found.quarantined == {3}
    assert [f.code for f in found.findings] == ["unit_mismatch"]
    assert report_of(meter(), []).first_day is None
