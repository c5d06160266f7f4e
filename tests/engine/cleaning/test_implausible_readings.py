"""Glitches, slips of the pen and leaps: what is left out leaves no trace."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
import random
from zoneinfo import ZoneInfo

from hypothesis import given, settings, strategies as st
import numpy as np
import pytest

from custom_components.nebenkosten.engine.domain.calendar_edges import midnights
from custom_components.nebenkosten.engine.domain.meters import Medium
from custom_components.nebenkosten.engine.domain.report import (
    Consumption,
    MeterReport,
    Provenance,
    ReadingKind,
)

from ..houses import ZONES, Point, days_of, meter, read, report_of
from ..synthetic import codes, household, instants, one, read_at, typed, visits

_DAY = 86400.0
_UNITS = {
    "kWh": (Medium.ELECTRICITY, 10.0),
    "m³": (Medium.WATER, 0.3),
    "L": (Medium.GAS, 5000.0),
    "Takte": (Medium.OTHER, 40.0),
}


@dataclass(frozen=True)
class Sensor:
    """A sensor that reads at an even pace for days."""

    zone: str
    medium: Medium
    unit: str
    minutes: int
    points: list[Point] = field(repr=False)

    @property
    def a_day(self) -> int:
        """Return how many readings a day has."""
        return 24 * 60 // self.minutes

    def report(self, points: list[Point]) -> MeterReport:
        """Return the report of other readings, to the end of its own."""
        one = meter(medium=self.medium, unit=self.unit)
        return report_of(one, points, self.points[-1][0], zone=self.zone)

    def lifted(self, to: float) -> list[Point]:
        """Return the readings of a dial that shows so many times more."""
        base = to * max(value for _, value, _ in self.points)
        return [typed(point, base + point[1]) for point in self.points]


@st.composite
def sensors(draw: st.DrawFn) -> Sensor:
    """Draw a sensor that reads for eight days, or daily for some months."""
    zone = draw(st.sampled_from(ZONES))
    unit = draw(st.sampled_from(sorted(_UNITS)))
    medium, scale = _UNITS[unit]
    minutes = draw(st.sampled_from([20, 60, 24 * 60]))
    count = draw(st.integers(60, 150)) if minutes > 60 else 8 * 24 * 60 // minutes
    hour = 0 if minutes > 60 else draw(st.integers(0, 23))
    start = datetime(2024, 3, 20, hour, tzinfo=ZoneInfo(zone))
    dice = np.random.default_rng(draw(st.integers(0, 10**6)))
    use = scale * minutes / 1440 * dice.gamma(3.0, 1 / 3, count)
    shown = draw(st.floats(2, 1000)) * scale + np.cumsum(use)
    if minutes > 60:
        times = [(start + timedelta(days=i)).timestamp() for i in range(count)]
    else:
        times = [start.timestamp() + 60 * minutes * i for i in range(count)]
    points = [
        (time, value, ReadingKind.ACTUAL)
        for time, value in zip(times, shown.tolist(), strict=True)
    ]
    return Sensor(zone, medium, unit, minutes, points)


@settings(max_examples=60, deadline=None)
@given(sensors(), st.integers(1, 20), st.data())
def test_a_glitch_of_any_length_at_any_hour_leaves_no_trace(
    sensor: Sensor, length: int, data: st.DataObject
) -> None:
    points = sensor.points
    begin = data.draw(st.integers(5, len(points) - 22))
    level = data.draw(st.sampled_from([0.0, 0.0, 0.3]))
    run = range(begin, begin + length)
    wrong = [
        typed(point, level * points[begin - 1][1]) if i in run else point
        for i, point in enumerate(points)
    ]
    without = [point for i, point in enumerate(points) if i not in run]
    found, clean = sensor.report(wrong), sensor.report(without)
    assert found.quarantined == {i + 1 for i in run}
    np.testing.assert_allclose(found.use, clean.use, rtol=1e-9)
    np.testing.assert_array_equal(found.provenance, clean.provenance)
    (finding,) = found.findings
    assert finding.code == "glitch"
    assert finding.data["count"] == length


@settings(max_examples=40, deadline=None)
@given(sensors(), st.integers(1, 20), st.sampled_from([10.0, 100.0]), st.data())
def test_a_sensor_that_shows_far_too_much_for_some_readings(
    sensor: Sensor, length: int, factor: float, data: st.DataObject
) -> None:
    points = sensor.lifted(200)
    begin = data.draw(st.integers(5 * sensor.a_day, len(points) - 22))
    run = range(begin, begin + length)
    wrong = [
        typed(point, factor * points[begin][1]) if i in run else point
        for i, point in enumerate(points)
    ]
    without = [point for i, point in enumerate(points) if i not in run]
    found, clean = sensor.report(wrong), sensor.report(without)
    assert found.quarantined == {i + 1 for i in run}
    np.testing.assert_allclose(found.use, clean.use, rtol=1e-9)


@settings(max_examples=40, deadline=None)
@given(sensors(), st.integers(1, 20))
def test_zeros_before_the_first_true_value_are_left_out(
    sensor: Sensor, length: int
) -> None:
    true = sensor.lifted(200)
    wrong = [typed(p, 0.0) if i < length else p for i, p in enumerate(true)]
    found, clean = sensor.report(wrong), sensor.report(true[length:])
    assert found.first_day == clean.first_day
    np.testing.assert_array_equal(found.use, clean.use)
    assert codes(found) == ["glitch"]


def test_a_new_meter_that_begins_at_zero_is_believed() -> None:
    found = one(read_at(household(8.0), visits(), start=0.0))
    assert not found.quarantined
    assert not found.findings


@settings(max_examples=20, deadline=None)
@given(sensors(), st.data())
def test_a_dial_that_really_begins_anew_waits_until_it_goes_on(
    sensor: Sensor, data: st.DataObject
) -> None:
    points = sensor.lifted(5)
    latest = len(points) - 3 * max(sensor.a_day, 10)
    at = data.draw(st.integers(2 * max(sensor.a_day, 10), latest))
    base = points[at][1]
    reset = [typed(p, p[1] - base) if i >= at else p for i, p in enumerate(points)]
    known: dict[float, float] = {}
    for count in range(at - 1, len(reset), max(sensor.a_day // 12, 1)):
        now = days_of(
            reset[: count + 1],
            reset[count][0],
            sensor.zone,
            medium=sensor.medium,
            unit=sensor.unit,
        )
        known = _still_measured(known, now)
    whole = sensor.report(reset)
    assert not whole.quarantined
    assert codes(whole) == ["exchange_suspected"]
    hole = (whole.midnights[1:] > reset[at - 1][0]) & (
        whole.midnights[:-1] < reset[at][0]
    )
    assert np.isnan(whole.use[hole]).all()
    assert not np.isnan(whole.use[~hole]).any()


def _still_measured(known: dict[float, float], now: Consumption) -> dict[float, float]:
    """Assert that days once measured are; return all that are, by their midnight."""
    measured = now.provenance == Provenance.MEASURED
    found = dict(
        zip(
            now.midnights[:-1][measured].tolist(),
            now.use[measured].tolist(),
            strict=True,
        )
    )
    for midnight, use in known.items():
        assert found[midnight] == pytest.approx(use, rel=1e-9, abs=1e-9)
    return found


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 10**6),
    st.sampled_from([Medium.ELECTRICITY, Medium.GAS, Medium.WATER, Medium.HEAT]),
    st.sampled_from(ZONES),
)
def test_no_measured_day_changes_as_readings_are_added(
    seed: int, medium: Medium, zone: str
) -> None:
    """Vacancies, bursts, a dial that is stuck and catches up: all of it is true use."""
    dice = np.random.default_rng(seed)
    unit = "m³" if medium in (Medium.GAS, Medium.WATER) else "kWh"
    use = 8.0 * dice.gamma(2.0, 0.5, 260)
    for _ in range(4):
        begin, length = dice.integers(0, 240), dice.integers(1, 40)
        use[begin : begin + length] *= dice.choice([0.0, 0.0, 0.05, 4.0, 15.0, 80.0])
    first = datetime(2024, 1, 1, tzinfo=ZoneInfo(zone)).date()
    edges = midnights(first, first + timedelta(days=len(use) - 1), ZoneInfo(zone))
    shown = dice.integers(0, 2) * 700.0 + np.concatenate(([0.0], np.cumsum(use)))
    kept = np.unique(np.append([0, len(use)], dice.integers(0, len(use), 240)))
    points = [
        (float(edges[i]), float(shown[i]), ReadingKind.ACTUAL) for i in kept.tolist()
    ]
    known: dict[float, float] = {}
    for count in range(2, len(points) + 1):
        as_of = points[count - 1][0]
        now = days_of(points[:count], as_of, zone, medium=medium, unit=unit)
        known = _still_measured(known, now)


def test_a_rise_that_cannot_be_is_never_silent() -> None:
    points = read_at(np.full(1461, 10.0), list(range(400)), start=5000.0)
    leapt = [
        typed(p, p[1] + (50_000.0 if i >= 300 else 0)) for i, p in enumerate(points)
    ]
    newest = report_of(meter(), leapt[:301], leapt[300][0])
    assert newest.quarantined == {301}
    assert np.nansum(newest.use) < 4000
    later = one(leapt)
    (finding,) = [f for f in later.findings if f.code == "implausible_rise"]
    assert finding.data["reading_id"] == 301
    assert finding.data["likely"] == pytest.approx(8000, rel=0.01)
    # The dial says so: it counts, until a person corrects or confirms it.
    assert later.use[:399].sum() == pytest.approx(3990 + 50_000)
    confirmed = report_of(meter(), leapt, leapt[-1][0], confirmed=frozenset({301}))
    assert not confirmed.findings


def test_a_burst_pipe_stays_news() -> None:
    use = household(0.3, stray=0.4)
    use[700:704] = 9.0
    found = one(read_at(use, list(range(900))), medium=Medium.WATER, unit="m³")
    assert not found.quarantined
    np.testing.assert_allclose(found.use[:899], use[:899], rtol=1e-9)


def test_a_stuck_dial_that_catches_up_is_believed() -> None:
    use = household(8.0)
    points = read_at(use, list(range(800)))
    stuck = [
        typed(p, points[400][1]) if 400 < i < 470 else p for i, p in enumerate(points)
    ]
    found = one(stuck)
    assert not found.quarantined
    assert found.use[:799].sum() == pytest.approx(use[:799].sum())


def test_the_connection_limits_what_nothing_else_does() -> None:
    points = read_at(np.full(1461, 10.0), [0, 1], start=100.0)
    wrong = [points[0], typed(points[1], 300_000.0)]
    assert one(wrong).quarantined == {2}
    assert not one(wrong, medium=Medium.OTHER, unit="Stück").quarantined


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([1.0, 0.001, 1000.0]), st.data())
def test_a_slipped_comma_is_found_in_the_newest_reading_too(
    seed: int, scale: float, data: st.DataObject
) -> None:
    medium, unit = Medium.ELECTRICITY, {1.0: "kWh", 0.001: "MWh", 1000.0: "Wh"}[scale]
    count = data.draw(st.integers(5, 12))
    use = scale * household(5.0, seed)
    points = read_at(use, visits(seed=seed)[:count], start=scale * 3000.0)
    wrong = [*points[:-1], typed(points[-1], points[-1][1] * 10)]
    as_of = wrong[-1][0]
    found, clean = (
        report_of(meter(medium=medium, unit=unit), p, as_of)
        for p in (wrong, points[:-1])
    )
    assert found.quarantined == {count}
    np.testing.assert_allclose(found.use, clean.use, rtol=1e-9)
    assert codes(found) == ["typo"]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.data())
def test_a_misread_digit_is_no_rollover(seed: int, data: st.DataObject) -> None:
    start = data.draw(st.integers(11_000, 19_000))
    points = read_at(household(8.0, seed), visits(seed=seed), start=float(start))
    place = data.draw(st.integers(3, len(points) - 4))
    digit = data.draw(st.integers(4, 9))
    text = f"{points[place][1]:.3f}"
    wrong = [*points]
    wrong[place] = typed(points[place], float(f"{digit}{text[1:]}"))
    found = one(wrong, digits=5)
    clean = one(points[:place] + points[place + 1 :], digits=5)
    assert "rollover" not in codes(found)
    assert found.quarantined == {place + 1}
    np.testing.assert_allclose(found.use, clean.use, rtol=1e-9, atol=1e-9)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([0, 1]), st.integers(4, 6))
def test_a_true_rollover_is_use(seed: int, daily: int, digits: int) -> None:
    use = household(10.0 ** (digits - 3) / 40, seed)
    seen = list(range(400)) if daily else visits(seed=seed)
    start = 10.0**digits - float(use[:200].sum())
    points = [typed(p, p[1] % 10**digits) for p in read_at(use, seen, start=start)]
    found = one(points, digits=digits)
    assert codes(found).count("rollover") == 1
    assert not found.quarantined
    end = seen[-1]
    assert found.use[:end].sum() == pytest.approx(use[:end].sum(), rel=1e-6)


def test_estimates_never_displace_what_was_read() -> None:
    dice = random.Random(5)
    points = read_at(household(8.0), visits())
    for _ in range(20):
        chosen = dice.sample(range(len(points)), 3)
        guesses = [
            (points[i][0], points[i][1] * dice.uniform(0.9, 1.1), ReadingKind.ESTIMATE)
            for i in chosen
        ]
        mixed = [*points, *guesses]
        dice.shuffle(mixed)
        np.testing.assert_array_equal(one(mixed).use, one(points).use)


def test_a_later_edit_wins_within_a_kind_alone() -> None:
    at = read("2025-01-11", 0)[0]
    kinds = (ReadingKind.ESTIMATE, ReadingKind.REMOTE, ReadingKind.ACTUAL)
    dice = random.Random(2)
    for _ in range(20):
        # Of each kind an earlier and a later edit; the ids are their order.
        rivals = [(at, dice.uniform(5, 15), kind) for kind in (*kinds, *kinds)]
        dice.shuffle(rivals)
        known = dice.sample(kinds, dice.randint(1, 3))
        chosen = [point for point in rivals if point[2] in known]
        best = max(known, key=kinds.index)
        wanted = [value for _, value, kind in chosen if kind is best][-1]
        points = [read("2025-01-01", 0), read("2025-01-21", 20), *chosen]
        if best is ReadingKind.ESTIMATE:
            wanted = 10.0
        found = report_of(meter(), points, points[1][0])
        assert found.use[:10].sum() == pytest.approx(wanted)


def test_a_flat_that_stood_empty_used_nothing_whatever_comes_later() -> None:
    use = household(8.0, stray=0.4)
    use[700:731] = 0.0
    seen = [*range(0, 701, 70), 731, 760, 800, 850, 900]
    points = read_at(use, seen)
    for count in range(12, len(points) + 1):
        found = report_of(meter(), points[:count], points[count - 1][0])
        empty = slice(700, 731)
        assert (found.use[empty] == 0).all()
        assert (found.provenance[empty] == Provenance.MEASURED).all()
        assert not found.quarantined


def test_pure_chance_is_gone_through_once() -> None:
    """Each value a break: every reading is still believed, left out or waiting."""
    dice = np.random.default_rng(3)
    times = instants(range(1200))
    points = [
        (time, value, ReadingKind.ACTUAL)
        for time, value in zip(times, dice.uniform(0, 1000, 1200).tolist(), strict=True)
    ]
    found = report_of(meter(), points, times[-1])
    assert found.readings + len(found.quarantined) == 1200
    np.testing.assert_array_equal(
        np.isnan(found.use), found.provenance == Provenance.UNKNOWN
    )


def test_what_is_left_out_was_never_read() -> None:
    """Without the readings that are left out the result is the same."""
    dice = np.random.default_rng(11)
    for _ in range(30):
        points = read_at(household(6.0, int(dice.integers(10**6))), visits())
        for i in dice.choice(len(points), 3, replace=False).tolist():
            points[i] = typed(
                points[i], points[i][1] * float(dice.choice([0.1, 10, 1.3]))
            )
        found = one(points)
        kept = [p for i, p in enumerate(points, 1) if i not in found.quarantined]
        np.testing.assert_array_equal(one(kept).use, found.use)
