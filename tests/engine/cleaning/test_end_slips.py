"""The first and the newest reading of a dial, and what a person vouches for."""

import numpy as np
import pytest

from custom_components.nebenkosten.engine.domain.report import ReadingKind

from ..houses import meter, read, report_of
from ..synthetic import codes, household, instants, one, read_at, typed, visits


def test_what_a_person_vouches_for_is_not_given_up() -> None:
    points = read_at(household(8.0), visits(), start=5000.0)
    wrong = [*points]
    wrong[10] = typed(points[10], points[10][1] + 400)
    found = report_of(meter(), wrong, wrong[-1][0])
    assert found.quarantined == {11}
    kept = report_of(meter(), wrong, wrong[-1][0], confirmed=frozenset({11}))
    assert kept.quarantined
    assert 11 not in kept.quarantined
    low = [typed(p, p[1] - 4000) if i == 10 else p for i, p in enumerate(points)]
    vouched = report_of(meter(), low, low[-1][0], confirmed=frozenset({11}))
    assert 11 not in vouched.quarantined
    assert "counter_fell" in codes(vouched)


def test_an_installation_is_no_slip_of_the_pen() -> None:
    points = read_at(household(8.0), visits(), start=5000.0)
    wrong = [typed(points[0], 500.0), *points[1:]]
    assert one(wrong).quarantined == {1}
    installed = (points[0][0], 500.0, ReadingKind.INSTALL)
    assert not one([installed, *points[1:]]).quarantined


def test_a_leap_that_falls_back_a_little_and_goes_on() -> None:
    points = read_at(np.full(1461, 10.0), list(range(300)), start=5000.0)
    base = [typed(p, p[1] + (90_000 if i >= 200 else 0)) for i, p in enumerate(points)]
    base[200:203] = [typed(p, p[1] + 30_000) for p in base[200:203]]
    found = one(base)
    assert found.quarantined == {201, 202, 203}
    assert codes(found)[:2] == ["glitch", "implausible_rise"]


def test_a_leap_just_before_the_removal_is_named() -> None:
    points = read_at(np.full(1461, 10.0), list(range(300)), start=5000.0)
    end = points[298][0] + 3600.0
    leapt = (points[298][0] + 1800.0, 95_000.0, ReadingKind.ACTUAL)
    removed = (end, 95_001.0, ReadingKind.REMOVAL)
    found = report_of(meter(), [*points[:299], leapt, removed], end)
    assert "implausible_rise" in codes(found)
    assert not found.quarantined


@pytest.mark.parametrize("value", [5_210.0, 33_210.0, 5_321.0, 63_210.0])
def test_a_slip_in_the_very_first_reading(value: float) -> None:
    """A digit dropped, one misread, a comma slipped: what was meant is told."""
    points = read_at(household(8.0), visits(), start=53_210.0)
    found = one([typed(points[0], value), *points[1:]])
    assert found.quarantined == {1}
    (finding,) = found.findings
    assert finding.code == "typo"
    assert float(str(finding.data["likely"])) == pytest.approx(53_210, rel=0.01)
    assert one(points[1:]).first_day == found.first_day


def test_a_first_interval_of_high_use_is_no_slip() -> None:
    """Nine times what followed, but no more than what the meter counts later."""
    use = np.concatenate((np.full(30, 9.0), np.full(130, 1.0), np.full(1301, 10.0)))
    found = one(read_at(use, range(0, 900, 30), start=52_000.0))
    assert not found.quarantined
    np.testing.assert_allclose(found.use[:30].sum(), 270.0)


def test_a_fall_right_after_the_first_of_few_readings_is_left_to_the_user() -> None:
    points = [read("2025-01-01", 100), read("2025-02-01", 50), read("2025-03-01", 60)]
    found = report_of(meter(), points, points[-1][0])
    assert not found.quarantined
    assert codes(found) == ["exchange_suspected"] or "counter_fell" in codes(found)


def test_of_two_that_contradict_each_other_the_one_a_slip_explains_goes() -> None:
    shown = [4700.0, 5000.0, 5300.0, 5750.0, 5700.0, 5900.0, 6200.0, 6500.0]
    times = instants(range(0, 30 * len(shown), 30))
    points = [(t, v, ReadingKind.ACTUAL) for t, v in zip(times, shown, strict=True)]
    found = report_of(meter(), points, times[-1])
    assert found.quarantined == {4}
    (finding,) = found.findings
    assert finding.data["likely"] == 5570.0


def test_a_newest_reading_of_high_use_is_news_and_stays() -> None:
    use = np.append(np.full(600, 10.0), np.full(861, 110.0))
    points = read_at(use, range(0, 631, 30), start=500.0)
    found = report_of(meter(), points, points[-1][0])
    assert not found.quarantined
    assert not found.findings
    assert found.use[600:630].sum() == pytest.approx(3300)
