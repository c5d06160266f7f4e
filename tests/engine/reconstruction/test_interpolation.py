"""How use is laid out between readings, by evidence, and that the past stays."""

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given, settings, strategies as st
import numpy as np
import pytest

from custom_components.nebenkosten.engine.domain.meters import Medium
from custom_components.nebenkosten.engine.domain.report import Temperature
from custom_components.nebenkosten.engine.load_model import (
    change_point_model,
    outdoor_temperature as outside,
    seasonal_profiles,
)
from custom_components.nebenkosten.engine.load_model.training_intervals import Intervals
from custom_components.nebenkosten.engine.meter_kinds.preparation import model_date

from ..houses import BERLIN, at, meter
from ..synthetic import (
    DAYS,
    FIRST,
    codes,
    counter,
    day,
    heating,
    household,
    one,
    outdoors,
    read_at,
    read_daily,
    temperature,
    visits,
)

MEANS = outdoors()
HEAT = heating(MEANS, 2.0, 1.0)
SEEN = visits()


def by_month(use: np.ndarray) -> np.ndarray:
    months = np.array([d.year * 12 + d.month for d in map(day, range(len(use)))])
    return np.array([use[months == m].sum() for m in np.unique(months)])


def error(found: np.ndarray, true: np.ndarray) -> float:
    months, truth = by_month(found)[1:-1], by_month(true)[1:-1]
    return float(np.abs(months - truth).sum() / truth.sum())


@pytest.mark.parametrize("apart", [40, 90, 365])
def test_weather_beats_a_profile_and_a_profile_a_straight_line(apart: int) -> None:
    points = read_at(HEAT, [*range(0, DAYS - 1, apart), DAYS])
    none = one(points, medium=Medium.GAS, profile="none")
    profile = one(points, medium=Medium.GAS)
    weather = one(points, medium=Medium.GAS, temperature=temperature(MEANS))
    errors = [error(report.use, HEAT) for report in (weather, profile, none)]
    assert errors == sorted(errors)
    assert errors[0] < 0.1
    assert weather.model is not None
    assert weather.model.shape == "degree_days"
    assert weather.model.fit is None or weather.model.fit < 0.1


def test_a_season_is_learned_from_the_readings() -> None:
    wave = 10 + 6 * np.sin(2 * np.pi * np.arange(DAYS) / 365.25)
    report = one(read_at(wave, [*range(0, DAYS - 1, 60), DAYS]), medium=Medium.OTHER)
    assert report.model is not None
    assert report.model.shape == "season"
    assert error(report.use, wave) < 0.02


def test_a_steady_meter_stays_straight() -> None:
    report = one(read_at(np.full(DAYS, 3.0), SEEN), medium=Medium.WATER, unit="m³")
    # A day of 23 hours has an hour less of it.
    hours = np.diff(report.midnights) / 3600
    np.testing.assert_allclose(report.use, hours / 8, rtol=0.01)


def test_own_shares_are_used() -> None:
    shares = (20.0, 15, 10, 5, 5, 0, 0, 5, 5, 10, 10, 15)
    report = one(read_at(HEAT, [0, 365, 730]), profile=shares)
    months = by_month(report.use[:365])
    assert months[0] > 4 * months[4]
    assert report.model is not None
    assert report.model.shape == "profile"


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 999), st.booleans(), st.sampled_from(list(Medium)))
def test_what_was_read_is_met_and_nothing_runs_backwards(
    seed: int, warm: bool, medium: Medium
) -> None:
    seen = visits(seed=seed)
    use = household(5.0, seed, stray=0.5) * (MEANS < 12)
    points = read_at(use, seen)
    outside = temperature(MEANS) if warm else None
    report = one(points, medium=medium, unit="kWh", temperature=outside)
    shown = counter(use)
    np.testing.assert_allclose(
        report.counter[seen], shown[seen] - shown[0] + 1000, rtol=1e-9
    )
    assert report.use.min() >= 0


def test_a_new_last_reading_reaches_back_one_reading_further_than_the_last() -> None:
    points = read_at(HEAT, SEEN)
    outside = temperature(MEANS)
    for last in (-9, -8, -4):
        early = one(
            points[:last], day(SEEN[last] + 1), medium=Medium.GAS, temperature=outside
        )
        late = one(
            points[: last + 1],
            day(SEEN[last] + 1),
            medium=Medium.GAS,
            temperature=outside,
        )
        same = SEEN[last - 2]
        np.testing.assert_allclose(late.use[:same], early.use[:same], rtol=1e-9)
        assert not np.allclose(
            late.use[same : SEEN[last]], early.use[same : SEEN[last]]
        )


def test_days_that_pass_change_no_earlier_day() -> None:
    points = read_at(HEAT, SEEN[:-4])
    outside = temperature(MEANS)
    first = one(points, day(SEEN[-5] + 5), medium=Medium.GAS, temperature=outside)
    later = one(points, day(SEEN[-5] + 25), medium=Medium.GAS, temperature=outside)
    np.testing.assert_allclose(later.use[: len(first.use)], first.use, rtol=1e-9)


def test_on_a_model_date_the_past_may_be_reshaped_and_says_so() -> None:
    points = read_at(HEAT, SEEN)
    before = one(points, date(2025, 7, 1), medium=Medium.GAS)
    after = one(points, date(2025, 7, 3), medium=Medium.GAS)
    assert "reshaped" not in codes(before)
    (finding,) = [f for f in after.findings if f.code == "reshaped"]
    changed = ~np.isclose(after.use[: len(before.use)], before.use, rtol=1e-9, atol=0)
    assert finding.data["days"] >= changed.sum() > 0
    assert "reshaped" not in codes(one(points, date(2025, 7, 20), medium=Medium.GAS))
    for left, right in pairwise(SEEN[:31]):
        assert after.use[left:right].sum() == pytest.approx(
            before.use[left:right].sum(), rel=1e-9
        )


@pytest.mark.parametrize(
    ("as_of", "wanted"),
    [
        ("2026-01-01", date(2025, 7, 1)),
        ("2026-01-02", date(2026, 1, 1)),
        ("2026-07-01", date(2026, 1, 1)),
        ("2026-07-02", date(2026, 7, 1)),
    ],
)
def test_the_model_date_is_the_last_half_year(as_of: str, wanted: date) -> None:
    assert model_date(at(as_of), BERLIN) == wanted


def test_extrapolation_grows_less_sure_and_never_negative() -> None:
    points = read_at(HEAT, SEEN[2:-3])
    report = one(points, medium=Medium.GAS, installed=FIRST)
    after = SEEN[-4]
    assert (np.diff(report.slack[after : after + 60]) > 0).all()
    assert (np.diff(report.slack[: SEEN[2] - 1]) < 0).all()
    assert np.nanmin(report.use) >= 0
    assert report.slack[SEEN[10]] == pytest.approx(0.0, abs=1e-6)
    middle = (SEEN[10] + SEEN[11]) // 2
    assert report.slack[middle] > 0


def test_back_to_the_installation_never_more_than_the_dial_shows() -> None:
    points = read_at(HEAT, SEEN[3:], start=50.0)
    report = one(points, medium=Medium.GAS, installed=FIRST)
    assert report.counter[0] == pytest.approx(0.0, abs=1e-6)
    assert report.use[: SEEN[3]].sum() == pytest.approx(50.0)


def test_cooling_has_its_part_where_it_gets_hot() -> None:
    hot = MEANS + 14
    use = 5.0 + 2.0 * np.maximum(hot - 22, 0)
    edges = np.arange(0, DAYS, 30, dtype=float)
    rise = np.array([use[int(a) : int(a) + 30].sum() for a in edges[:-1]])
    model = change_point_model.fit(
        Intervals(edges[:-1], edges[1:], rise),
        hot,
        np.ones(DAYS),
        seasonal_profiles.months(FIRST, DAYS),
        DAYS,
    )
    assert model.explained > 0.95
    assert model.error < 0.15
    assert (model.heating >= 0).all()


def test_no_weather_explains_a_constant() -> None:
    edges = np.arange(0, 300, 30, dtype=float)
    model = change_point_model.fit(
        Intervals(edges[:-1], edges[1:], np.full(9, 30.0)),
        MEANS[:300],
        np.ones(300),
        seasonal_profiles.months(FIRST, 300),
        300,
    )
    assert model.explained == 0.0


# --- temperatures ------------------------------------------------------------------


def test_too_few_temperatures_are_none() -> None:
    assert outside.temperatures(None, FIRST, 10, 10) is None
    few = Temperature(FIRST, MEANS[:100].tolist())
    assert outside.temperatures(few, FIRST, 300, 300) is None
    assert outside.temperatures(few, FIRST, 0, 0) is None


def test_gaps_are_bridged_and_the_far_takes_its_season() -> None:
    means = MEANS.copy()
    means[100:104] = np.nan
    known = Temperature(FIRST, means.tolist())
    found = outside.temperatures(known, FIRST, DAYS + 200, DAYS)
    assert found is not None
    assert not np.isnan(found).any()
    between = sorted((means[99], means[104]))
    assert between[0] <= found[101] <= between[1]
    summer = (date(2026, 7, 10) - FIRST).days
    assert found[summer] == pytest.approx(19, abs=2)


def test_a_days_temperature_never_comes_from_the_future() -> None:
    known = Temperature(FIRST + timedelta(days=5), [1.0, float("nan"), 3.0])
    found = outside.so_far(known, FIRST, 10)
    assert found is not None
    assert np.isnan(found[:5]).all()
    assert found[5:].tolist() == [1.0, 1.0, 3.0, 3.0, 3.0]
    assert outside.so_far(known, FIRST, 10, whole=True) is None
    assert outside.so_far(None, FIRST, 10) is None
    assert outside.so_far(Temperature(FIRST, [float("nan")]), FIRST, 3) is None


def test_a_profile_by_name_by_shares_or_none() -> None:
    assert (
        seasonal_profiles.shares_of(meter(profile="solar"))
        == seasonal_profiles.PROFILES["solar"]
    )
    assert seasonal_profiles.shares_of(meter(profile=(1.0,) * 12)) == (1.0,) * 12
    assert seasonal_profiles.shares_of(meter()) is None
    assert seasonal_profiles.shares_of(meter(medium=Medium.HEAT)) is not None
    assert (
        seasonal_profiles.shares_of(meter(medium=Medium.HEAT, profile="none")) is None
    )
    for shares in seasonal_profiles.PROFILES.values():
        assert sum(shares) == pytest.approx(100, abs=0.2)


def test_daily_readings_with_a_hole_keep_the_holes_total() -> None:
    use = household(8.0)
    points = [p for i, p in enumerate(read_daily(use)) if not 500 < i < 540]
    report = one(points)
    assert report.use[500:540].sum() == pytest.approx(use[500:540].sum())
    np.testing.assert_allclose(report.use[:500], use[:500])
