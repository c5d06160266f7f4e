"""What is odd, from the days before alone; each rule on its own and all together."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, override

from hypothesis import given, settings, strategies as st
import numpy as np
import pytest

from custom_components.nebenkosten.engine.anomalies import daily_detection, events
from custom_components.nebenkosten.engine.anomalies.detectors import (
    DETECTORS,
    HOURLY_DETECTORS,
    INTERVAL_DETECTORS,
)
from custom_components.nebenkosten.engine.anomalies.detectors.continuous_flow import (
    ContinuousFlow,
    least_flow,
)
from custom_components.nebenkosten.engine.anomalies.detectors.hourly import (
    HourlyDetector,
    HourlyUse,
    HourlyVerdict,
)
from custom_components.nebenkosten.engine.anomalies.detectors.intervals import (
    IntervalDetector,
    IntervalUse,
    OddInterval,
)
from custom_components.nebenkosten.engine.domain.meters import (
    AnyMeter,
    Medium,
    Sensitivity,
)
from custom_components.nebenkosten.engine.domain.report import Anomaly, MeterReport

from ..houses import at, meter
from ..synthetic import (
    DAYS,
    Home,
    codes,
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

NORMAL = [Sensitivity.NORMAL]
MEANS = outdoors()
START = 700


def flags(use: np.ndarray, *names: str) -> np.ndarray:
    found = daily_detection.judge(
        use[None], 5, None, NORMAL, frozenset(names) if names else None
    )
    odd: np.ndarray = found.odd[0]
    return odd


def faulty(kind: str, use: np.ndarray) -> np.ndarray:
    """Return a use with a fault that begins on day 700."""
    wrong = use.copy()
    usual = float(np.median(use))
    if kind == "spike":
        wrong[START] += 6 * usual
    elif kind == "leak":
        wrong[START : START + 30] += 1.2 * usual
    elif kind == "creep":
        wrong[START : START + 40] += usual * np.linspace(0.05, 2.5, 40)
    elif kind == "double":
        wrong[START : START + 30] *= 2.2
    elif kind == "stuck":
        wrong[START : START + 8] = 0
    elif kind == "catch_up":
        wrong[START + 6] += wrong[START : START + 6].sum()
        wrong[START : START + 6] = 0
    return wrong


def events_of(report: MeterReport) -> list[Anomaly]:
    return [a for a in report.anomalies if a.end >= day(START)]


@pytest.mark.parametrize(
    ("kind", "named"),
    [
        ("spike", {"spike"}),
        ("leak", {"high"}),
        ("creep", {"creep", "high"}),
        ("double", {"high"}),
        ("stuck", {"stuck"}),
        ("catch_up", {"catch_up"}),
    ],
)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_faults_are_found_and_named(kind: str, named: set[str], seed: int) -> None:
    use = faulty(kind, household(8.0, seed))
    found = events_of(one(read_daily(use)))
    assert found
    event = found[0]
    assert event.kind in named
    assert day(START) <= event.start <= day(START + 20)
    if kind in ("spike", "leak", "double"):
        assert event.actual > event.expected > 0
        assert event.score > 2
    assert event.anomaly_id == found[0].anomaly_id


def test_clean_homes_raise_next_to_no_alarm() -> None:
    years = alarms = 0.0
    for seed in range(12):
        report = one(read_daily(household(8.0, seed, stray=0.35)))
        alarms += len(report.anomalies)
        years += DAYS / 365.25
    assert alarms / years < 1.0


def test_vacations_are_no_alarm() -> None:
    use = household(8.0)
    for start in (300, 660, 1000):
        use[start : start + 14] *= 0.1
    assert not one(read_daily(use)).anomalies


def test_the_weather_is_no_alarm() -> None:
    use = heating(MEANS, 2.0, 1.0)
    report = one(read_daily(use), medium=Medium.GAS, temperature=temperature(MEANS))
    assert len(report.anomalies) <= 1


def test_sensitivity_decides_how_much_is_told() -> None:
    counts = []
    for sensitivity in Sensitivity:
        found = 0
        for seed in range(8):
            use = household(8.0, seed, stray=0.5)
            use[START : START + 20] += 0.5 * 8.0
            report = one(read_daily(use), sensitivity=sensitivity)
            found += len(report.anomalies)
        counts.append(found)
    assert counts[0] < counts[1] < counts[2]


@settings(max_examples=30, deadline=None)
@given(
    st.integers(0, 999),
    st.integers(60, 799),
    st.sampled_from(["spike", "leak", "creep", "double", "stuck", "catch_up"]),
    st.sampled_from(sorted(DETECTORS)),
)
def test_no_verdict_knows_the_future(
    seed: int, cut: int, kind: str, detector: str
) -> None:
    use = faulty(kind, household(5.0, seed, stray=0.4))[:800]
    holes = np.random.default_rng(seed).random(800) < 0.05
    use = np.where(holes, np.nan, use)
    for names in (None, frozenset({detector})):
        whole = daily_detection.judge(use[None], 2, MEANS[:800], NORMAL, names)
        part = daily_detection.judge(use[None, :cut], 2, MEANS[:cut], NORMAL, names)
        np.testing.assert_array_equal(part.odd, whole.odd[:, :cut])
        np.testing.assert_array_equal(part.expected, whole.expected[:, :cut])


@settings(max_examples=12, deadline=None)
@given(
    st.integers(0, 99),
    st.integers(10, 900),
    st.sampled_from(["spike", "leak", "double", "stuck", "catch_up"]),
)
def test_later_readings_change_no_earlier_verdict(
    seed: int, cut: int, kind: str
) -> None:
    """Also where a meter was read by hand at first, and where it has holes."""
    use = faulty(kind, household(5.0, seed, stray=0.4))
    by_hand = visits(0, 200, seed)
    daily = read_daily(use)
    points = [p for n, p in enumerate(daily) if n in by_hand or n >= 200]
    points = [p for n, p in enumerate(points) if n % 97 != 5]
    whole = one(points)
    until = day(cut)
    part = one([p for p in points if p[0] <= daily[cut][0]], until)
    days = slice(0, min(len(part.use), cut))
    if part.expected is not None and whole.expected is not None:
        np.testing.assert_array_equal(part.expected[days], whole.expected[days])
    settled = until - timedelta(days=3)
    early, late = (
        [(a.start, a.end, a.kind) for a in report.anomalies if a.end < settled]
        for report in (part, whole)
    )
    assert early == late


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 99))
def test_no_meter_depends_on_another(seed: int) -> None:
    uses = np.stack([faulty("leak", household(5.0, seed + i)) for i in range(4)])
    uses[1, :300] = np.nan
    together = daily_detection.judge(uses, 0, MEANS, NORMAL * 4)
    for row in range(4):
        alone = daily_detection.judge(uses[row : row + 1], 0, MEANS, NORMAL)
        np.testing.assert_array_equal(alone.odd[0], together.odd[row])
        np.testing.assert_array_equal(alone.expected[0], together.expected[row])


@pytest.mark.parametrize("name", sorted(DETECTORS))
def test_each_rule_by_itself(name: str) -> None:
    kind = {"stuck": "stuck", "shift": "leak"}.get(name, "spike")
    use = household(8.0, 4)
    odd = flags(faulty(kind, use), name)
    assert odd[START : START + 30].any()
    assert not flags(np.full(400, 5.0), name).any()


def test_the_old_rules_can_be_switched_on() -> None:
    use = faulty("spike", household(8.0))
    usual = one(read_daily(use), detectors=frozenset({"global_z", "interquartile"}))
    found = [a for a in usual.anomalies if a.start <= day(START) <= a.end]
    assert found
    use[START] = 0.001
    low = one(read_daily(use), detectors=frozenset({"rolling_z"}))
    assert "low" in {a.kind for a in low.anomalies}


def test_what_lasts_becomes_the_new_normal() -> None:
    use = household(8.0)
    use[START:] *= 2.5
    odd = flags(use)
    assert odd[START : START + 15].sum() > 5
    assert odd[START + 120 :].sum() < 20


def test_a_month_of_absence_becomes_normal() -> None:
    use = household(8.0)
    use[400:] *= 0.2
    odd = flags(use)
    assert not odd[400:800].any()
    use[600:630] *= 3
    assert flags(use)[600:630].any()


def test_a_meter_that_never_moves() -> None:
    assert not flags(np.zeros(400)).any()


# --- events --------------------------------------------------------------------------


def test_odd_days_one_apart_are_one_event_two_apart_are_two() -> None:
    odd = np.zeros(20, bool)
    odd[[3, 4, 6, 10, 13]] = True
    assert events.runs(odd) == [(3, 6), (10, 10), (13, 13)]
    assert events.runs(np.zeros(5, bool)) == []


def test_an_event_is_open_until_two_quiet_days() -> None:
    use = faulty("leak", household(8.0))
    for after, is_open in ((5, True), (10, True), (35, False)):
        last = START + after
        report = one(read_daily(use[: last + 1], 0, last + 1), day(last + 1))
        assert report.anomalies[-1].is_open is is_open


# --- water ---------------------------------------------------------------------------


def hourly(days: int, seed: int = 1) -> np.ndarray:
    """Return a home's litres by the hour: nothing at night."""
    dice = np.random.default_rng(seed)
    hours = np.tile(np.r_[np.zeros(6), np.full(18, 12.0)], days)
    result: np.ndarray = (
        hours * dice.gamma(1, 1, len(hours)) * (dice.random(len(hours)) < 0.6)
    )
    return result


def test_water_that_runs_day_and_night() -> None:
    litres = hourly(120)
    litres[24 * 80 + 10 : 24 * 100] += 4.0
    number = np.repeat(np.arange(120), 24)
    water = meter(medium=Medium.WATER, unit="L")
    found = ContinuousFlow.judge(HourlyUse(water, litres, number, 120))
    assert not found.odd[:80].any()
    assert found.odd[81:100].all()
    assert not found.odd[102:].any()
    least = least_flow(litres, number, 120)
    assert least[90] == pytest.approx(4.0, abs=1.5)
    calm = replace(water, sensitivity=Sensitivity.QUIET)
    quiet = ContinuousFlow.judge(HourlyUse(calm, litres, number, 120))
    assert quiet.odd.sum() <= found.odd.sum()
    short = HourlyUse(water, litres[:20], number[:20], 1)
    assert not ContinuousFlow.judge(short).odd.any()


def test_a_leak_by_the_hour_reaches_the_report() -> None:
    litres = hourly(120)
    litres[24 * 80 : 24 * 100] += 12.0
    times = [at("2022-01-01") + 3600 * i for i in range(len(litres) + 1)]
    shown = 50 + np.concatenate(([0.0], np.cumsum(litres))) / 1000
    kind = read_daily(np.ones(2), 0, 1)[0][2]
    points = [(t, float(v), kind) for t, v in zip(times, shown, strict=True)]
    report = one(points, day(120), medium=Medium.WATER, unit="m³", decimals=3)
    (event,) = [a for a in report.anomalies if a.kind == "leak"]
    assert abs((event.start - day(80)).days) <= 1
    assert event.reason.data["per_hour"] == pytest.approx(12, rel=0.2)


def test_a_steady_surplus_of_water_is_a_leak() -> None:
    use = household(0.3, 2, stray=0.2)
    use[START : START + 20] += 0.5
    report = one(read_daily(use), medium=Medium.WATER, unit="m³")
    (event,) = events_of(report)
    assert event.kind == "leak"


class EveryFiftiethDay(HourlyDetector):
    name = "every_fiftieth_day"

    @staticmethod
    @override
    def applies(meter: AnyMeter) -> bool:
        return meter.medium is Medium.OTHER

    @staticmethod
    @override
    def judge(hourly: HourlyUse) -> HourlyVerdict:
        odd = np.arange(hourly.days) % 50 == 0
        return HourlyVerdict(odd, np.where(odd, 2.0, 0.0))


class FirstInterval(IntervalDetector):
    name = "first_interval"

    @staticmethod
    @override
    def judge(given: IntervalUse) -> list[OddInterval]:
        rises = given.intervals.rise[:1].tolist()
        return [OddInterval(0, "low", 2 * rise, 1.0) for rise in rises]


def test_a_detector_is_a_class_and_a_line_of_the_registry(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    use = household(8.0)
    daily, seldom = read_daily(use[:200], 0, 200), read_at(use, visits())
    usual = len(one(daily, day(200), medium=Medium.OTHER).anomalies)
    monkeypatch.setitem(HOURLY_DETECTORS, EveryFiftiethDay.name, EveryFiftiethDay)
    monkeypatch.setitem(INTERVAL_DETECTORS, FirstInterval.name, FirstInterval)
    assert len(one(daily, day(200), medium=Medium.OTHER).anomalies) > usual
    first = one(seldom).anomalies[0]
    assert (first.kind, first.start) == ("low", day(visits()[0]))


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
