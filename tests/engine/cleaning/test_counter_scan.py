"""Reset, exchange, roll-over, typo, repeat or a real fall: decided with evidence."""

from hypothesis import given, settings, strategies as st
import numpy as np
import pytest

from ..houses import meter, read, report_of
from ..synthetic import (
    Home,
    codes,
    heating,
    household,
    of_kind,
    one,
    outdoors,
    read_at,
    read_daily,
    typed,
    visits,
)

USE = household(8.0)
SEEN = visits()
POINTS = read_at(USE, SEEN, start=5000.0)


@settings(max_examples=40, deadline=None)
@given(st.integers(2, len(SEEN) - 1), st.sampled_from([10.0, 0.1]), st.integers(0, 9))
def test_a_slipped_comma_is_always_found(place: int, factor: float, seed: int) -> None:
    points = read_at(household(5.0, seed), SEEN, start=3000.0)
    wrong = [*points]
    wrong[place] = typed(points[place], points[place][1] * factor)
    without = points[:place] + points[place + 1 :]
    found, clean = one(wrong), one(without)
    assert len(found.quarantined) == 1
    np.testing.assert_allclose(found.use, clean.use, rtol=1e-9, atol=1e-9)


def test_a_rise_five_times_the_plausible_is_found_without_a_fall() -> None:
    points = read_at(np.full(1461, 1.0), SEEN, start=5000.0)
    wrong = [*points]
    # All of two months on the first day after a visit, next to nothing after it.
    early = points[10][0] + 86400.0, points[12][1] - 1.0, points[10][2]
    wrong[11:12] = [early]
    found = one(wrong)
    assert codes(found) == ["typo"]
    np.testing.assert_allclose(found.use, one(points[:11] + points[12:]).use)


def test_the_first_reading_may_be_the_wrong_one() -> None:
    wrong = [typed(POINTS[0], POINTS[0][1] * 10), *POINTS[1:]]
    found = one(wrong)
    assert codes(found) == ["typo"]
    np.testing.assert_allclose(found.use, one(POINTS[1:]).use, rtol=1e-9)


def test_two_typos_are_both_found() -> None:
    wrong = [*POINTS]
    for place in (10, 25):
        wrong[place] = typed(POINTS[place], POINTS[place][1] * 10)
    assert len(one(wrong).quarantined) == 2


def test_a_swap_is_named_with_the_likely_value() -> None:
    seen = list(range(0, 600, 30))
    points = read_at(np.full(1461, 10.0), seen, start=10090.0)
    assert points[12][1] == 13690.0
    wrong = [*points]
    wrong[12] = typed(points[12], 13960.0)
    found = one(wrong)
    assert "typo_suspected" in codes(found)
    assert found.findings[0].data["likely"] == 13690.0
    assert not found.quarantined


def test_a_glitch_of_a_sensor_is_left_out() -> None:
    times = [1735686000.0 + 600 * i for i in range(2000)]
    values = [100 + 0.1 * i for i in range(2000)]
    points = [
        (t, v, read("2025-01-01", 0)[2]) for t, v in zip(times, values, strict=True)
    ]
    wrong = [*points]
    wrong[500] = typed(points[500], 0.0)
    wrong[900] = typed(points[900], 9999.0)
    found = report_of(meter(), wrong, times[-1])
    assert len(found.quarantined) == 2
    clean = report_of(
        meter(), [p for i, p in enumerate(points) if i not in (500, 900)], times[-1]
    )
    np.testing.assert_allclose(found.use, clean.use)


def test_a_sensor_that_really_begins_anew_stays_unknown() -> None:
    times = [1735686000.0 + 600 * i for i in range(2000)]
    kind = read("2025-01-01", 0)[2]
    points = [
        (t, (100 + 0.1 * i) if i < 900 else 0.1 * (i - 900), kind)
        for i, t in enumerate(times)
    ]
    found = report_of(meter(), points, times[-1])
    assert not found.quarantined
    assert "exchange_suspected" in codes(found)


def test_an_installation_and_a_removal_are_never_doubted() -> None:
    points = [
        of_kind(POINTS[0], "install"),
        *POINTS[1:-1],
        of_kind(POINTS[-1], "removal"),
    ]
    points[-1] = typed(points[-1], points[-1][1] * 10)
    assert not one(points).quarantined


def test_the_season_of_heating_is_no_typo() -> None:
    use = heating(outdoors(), 0.0, 1.0)
    for seed in range(6):
        assert not one(read_at(use, visits(seed=seed))).findings


def test_daily_readings_of_a_home_are_believed() -> None:
    for seed in range(4):
        assert not one(read_daily(household(8.0, seed, stray=0.6))).quarantined


def test_a_vacation_is_no_repeat() -> None:
    use = household(8.0)
    use[SEEN[10] : SEEN[11]] = 0.0
    assert not one(read_at(use, SEEN)).quarantined


def test_two_readings_say_nothing_of_each_other() -> None:
    assert codes(one(POINTS[:2])) == ["reading_overdue"]


@pytest.mark.parametrize("start", [0.0, 50.0])
def test_small_counters(start: float) -> None:
    points = read_at(household(0.1, 3), SEEN, start=start)
    assert not one(points).quarantined


def test_amounts_explain_what_readings_alone_do_not() -> None:
    home = Home()
    home.add("a", POINTS)
    assert not codes(home.analysed()["a"])
