"""The contract's section "Days", for random houses and by hand."""

from datetime import date, datetime, timedelta
from itertools import pairwise
import math
import random
from zoneinfo import ZoneInfo

from hypothesis import given, settings, strategies as st
import numpy as np
import pytest

from custom_components.nebenkosten.engine.domain import local_days
from custom_components.nebenkosten.engine.domain.report import (
    MeterReport,
    Provenance,
    ReadingKind,
)
from custom_components.nebenkosten.engine.queries.periods import periods

from .houses import Point, at, meter, read, report_of, sparse_readings

_DAY = 86400.0


@settings(max_examples=100)
@given(sparse_readings(), st.integers(0, 200), st.randoms(use_true_random=False))
def test_days_of_random_houses(
    drawn: tuple[str, list[Point]], later: int, dice: random.Random
) -> None:
    zone_name, points = drawn
    zone = ZoneInfo(zone_name)
    as_of = points[-1][0] + later * _DAY
    report = report_of(meter(), points, as_of, zone=zone_name)
    points = [p for i, p in enumerate(points, 1) if i not in report.quarantined]
    if report.first_day is None or report.last_day is None:
        return
    assert report.last_day == local_days.local_day(as_of, zone) - timedelta(days=1)
    first = local_days.first_midnight_at_or_after(points[0][0], zone)
    assert report.first_day == first
    _midnights_bound_local_days(report.midnights, first, zone)
    _counter_passes_through_readings(points, report.midnights, report.counter)
    _days_sum_between_midnight_readings(points, report.midnights, report.use)
    _provenance_is_as_the_contract_says(points, report.midnights, report, zone_name)
    shuffled = points[:]
    dice.shuffle(shuffled)
    again = report_of(meter(), shuffled, as_of, zone=zone_name)
    np.testing.assert_array_equal(again.use, report.use)
    np.testing.assert_array_equal(again.provenance, report.provenance)


def _midnights_bound_local_days(edges: np.ndarray, first: date, zone: ZoneInfo) -> None:
    lengths = set(np.round(np.diff(edges) / 3600, 3))
    assert lengths <= {22.0, 23.0, 23.5, 24.0, 24.5, 25.0}
    for number, edge in enumerate(edges.tolist()):
        assert local_days.local_day(edge, zone) == first + timedelta(days=number)
        assert local_days.local_day(edge - 1, zone) == first + timedelta(
            days=number - 1
        )


def _counter_passes_through_readings(
    points: list[Point], edges: np.ndarray, counter: np.ndarray
) -> None:
    shown = dict(zip(edges.tolist(), counter.tolist(), strict=True))
    latest = {time: value for time, value, _ in points}
    for time, value in latest.items():
        if time in shown:
            assert shown[time] == pytest.approx(value, rel=1e-9)


def _days_sum_between_midnight_readings(
    points: list[Point], edges: np.ndarray, use: np.ndarray
) -> None:
    latest = {time: value for time, value, _ in points}
    known = [(i, latest[e]) for i, e in enumerate(edges.tolist()) if e in latest]
    for (i, before), (j, after) in pairwise(known):
        assert use[i:j].sum() == pytest.approx(
            after - before, rel=1e-9, abs=1e-9 * max(after, 1)
        )


def _provenance_is_as_the_contract_says(
    points: list[Point], edges: np.ndarray, report: MeterReport, zone_name: str
) -> None:
    """State the contract's words once more, one midnight at a time."""
    latest = sorted({time: value for time, value, _ in points}.items())
    flags = [_known(latest, edge) for edge in edges.tolist()]
    longest = max((u - t for (t, _), (u, _) in pairwise(latest)), default=0.0) / _DAY
    ahead = min(max(92, 2 * longest), 400)
    zone = ZoneInfo(zone_name)
    limit = (
        datetime.fromtimestamp(latest[-1][0], zone) + timedelta(days=ahead)
    ).timestamp()
    for i, got in enumerate(report.provenance.tolist()):
        begin, end = edges[i], edges[i + 1]
        if len(latest) < 2 or end > limit:
            wanted = Provenance.UNKNOWN
        elif flags[i] and flags[i + 1]:
            wanted = Provenance.MEASURED
        elif begin < latest[0][0] or end > latest[-1][0]:
            wanted = Provenance.EXTRAPOLATED
        else:
            wanted = Provenance.INTERPOLATED
        assert got == wanted, i


def _known(readings: list[tuple[float, float]], midnight: float) -> bool:
    if any(abs(time - midnight) <= 60 for time, _ in readings):
        return True
    return any(
        t <= midnight <= u and (u - t <= 7200 or v == w)
        for (t, v), (u, w) in pairwise(readings)
    )


@settings(max_examples=50)
@given(sparse_readings(), st.integers(1, 60 * 24 * 700), st.floats(0, 1))
def test_adding_and_deleting_a_reading_restores_everything(
    drawn: tuple[str, list[Point]], minute: int, share: float
) -> None:
    zone_name, points = drawn
    as_of = points[-1][0] + _DAY
    before = report_of(meter(), points, as_of, zone=zone_name)
    added = (points[0][0] + minute * 60, points[-1][1] * share, ReadingKind.ACTUAL)
    report_of(meter(), [*points, added], as_of, zone=zone_name)
    after = report_of(meter(), points, as_of, zone=zone_name)
    np.testing.assert_allclose(after.use, before.use, rtol=1e-9)


@settings(max_examples=100)
@given(sparse_readings(), st.data())
def test_a_reading_between_two_keeps_all_sums_between_the_others(
    drawn: tuple[str, list[Point]], data: st.DataObject
) -> None:
    """With few readings the shape may move anywhere, what was read may not."""
    zone_name, points = drawn
    latest = sorted({time: value for time, value, _ in points}.items())
    i = data.draw(st.integers(0, len(latest) - 2)) if len(latest) > 1 else 0
    before, after = latest[i], latest[min(i + 1, len(latest) - 1)]
    share = data.draw(st.floats(0.01, 0.99))
    inserted = (
        before[0] + share * (after[0] - before[0]),
        before[1] + data.draw(st.floats(0, 1)) * (after[1] - before[1]),
        ReadingKind.ACTUAL,
    )
    as_of = points[-1][0] + 60 * _DAY
    old = report_of(meter(), points, as_of, zone=zone_name)
    new = report_of(meter(), [*points, inserted], as_of, zone=zone_name)
    if old.quarantined or new.quarantined or not len(old.use):
        return
    _counter_passes_through_readings(points, new.midnights, new.counter)
    _days_sum_between_midnight_readings(points, new.midnights, new.use)
    measured = (old.provenance == Provenance.MEASURED) & (
        (old.midnights[1:] <= before[0]) | (old.midnights[:-1] >= after[0])
    )
    np.testing.assert_allclose(new.use[measured], old.use[measured], rtol=1e-9)


@settings(max_examples=50)
@given(sparse_readings())
def test_months_and_years_are_sums_of_their_days(
    drawn: tuple[str, list[Point]],
) -> None:
    zone_name, points = drawn
    report = report_of(meter(), points, points[-1][0] + 120 * _DAY, zone=zone_name)
    days = {p.start: p.value for p in periods(report, "day")}
    for kind in ("week", "month", "year", "billing_year"):
        found = list(periods(report, kind, year_start=(7, 1)))
        assert sum(sum(p.days) for p in found) == len(days)
        for period in found:
            inside = [v for d, v in days.items() if period.start <= d < period.end]
            if any(v is None for v in inside):
                assert period.value is None
            else:
                total = math.fsum(v for v in inside if v is not None)
                assert period.value == pytest.approx(total)


@pytest.mark.parametrize(
    ("day", "hours"), [("2025-03-30", 23), ("2025-10-26", 25), ("2025-06-01", 24)]
)
def test_clock_changes_make_days_of_23_and_25_hours(day: str, hours: int) -> None:
    report = report_of(meter(), [read("2025-01-01", 0), read("2025-12-31", 8736)])
    found = [
        (end - begin) / 3600
        for begin, end in zip(report.midnights, report.midnights[1:], strict=False)
        if begin == at(day)
    ]
    assert found == [hours]
    use = report.use[report.midnights[:-1] == at(day)]
    assert use == pytest.approx([8736 / 364 * hours / 24])


def test_the_later_edit_wins_at_one_instant() -> None:
    points = [read("2025-01-01", 0), read("2025-01-11", 99), read("2025-01-11", 10)]
    report = report_of(meter(), points, "2025-01-11")
    assert report.use.sum() == pytest.approx(10)
    assert report.superseded == {2}
    assert report.readings == 2


def test_back_to_the_installation_never_below_zero() -> None:
    one = meter(installed=date(2025, 1, 1))
    points = [read("2025-03-01", 5), read("2025-04-01", 65)]
    report = report_of(one, points, "2025-04-01")
    assert report.first_day == date(2025, 1, 1)
    assert report.use[:59].sum() == pytest.approx(5)
    assert report.counter[0] == pytest.approx(0, abs=1e-9)
    assert set(report.provenance[:59]) == {Provenance.EXTRAPOLATED}


def test_back_to_the_installation_at_the_meters_own_rate() -> None:
    one = meter(installed=date(2025, 1, 1))
    points = [read("2025-03-01", 5000), read("2025-04-01", 5062)]
    report = report_of(one, points, "2025-04-01")
    assert report.use[0] == pytest.approx(2, rel=0.01)
    assert report.counter[0] == pytest.approx(5000 - 59 * 2, rel=0.001)


def test_an_install_reading_ends_the_way_back() -> None:
    one = meter(installed=date(2025, 1, 1))
    points = [read("2025-01-03 12:00", 7, "install"), read("2025-01-13 12:00", 17)]
    report = report_of(one, points, "2025-01-14")
    assert [Provenance(p).name for p in report.provenance[:4]] == [
        "UNKNOWN",
        "UNKNOWN",
        "EXTRAPOLATED",
        "INTERPOLATED",
    ]
    assert report.use[2] == pytest.approx(0.5)


def test_forward_at_most_as_far_as_the_readings_allow() -> None:
    points = [read("2025-01-01", 0), read("2025-01-31", 30)]
    report = report_of(meter(), points, "2025-12-31")
    assert report.last_day == date(2025, 12, 30)
    known = ~np.isnan(report.use)
    assert known.sum() == 30 + 92
    assert report.use[known] == pytest.approx(np.ones(122), rel=0.05)
    (finding,) = report.findings
    assert finding.code == "reading_overdue"


def test_a_single_reading_invents_nothing() -> None:
    one = meter(installed=date(2025, 1, 1))
    report = report_of(one, [read("2025-02-01", 40000)], "2025-03-01")
    assert np.isnan(report.use).all()
    assert [f.code for f in report.findings] == ["second_reading_missing"]


def test_a_removed_meter_ends_with_its_removal_day() -> None:
    one = meter(removed=date(2025, 2, 28))
    points = [read("2025-01-01", 0), read("2025-02-28 10:00", 58, "removal")]
    report = report_of(one, points, "2025-06-01")
    assert report.last_day == date(2025, 2, 28)
    assert report.use.sum() == pytest.approx(58)
    assert report.provenance[-1] == Provenance.EXTRAPOLATED


def test_a_removal_reading_alone_ends_the_meter() -> None:
    points = [read("2025-01-01", 0), read("2025-02-28 10:00", 58, "removal")]
    report = report_of(meter(), points, "2025-06-01")
    assert report.last_day == date(2025, 2, 28)
    assert report.use.sum() == pytest.approx(58)


def test_readings_outside_the_meters_life_do_not_count() -> None:
    one = meter(installed=date(2025, 1, 1), removed=date(2025, 1, 31))
    points = [
        read("2024-12-31", 1),
        read("2025-01-01", 10, "install"),
        read("2025-02-01", 41),
        read("2025-02-10", 99),
    ]
    report = report_of(one, points, "2025-06-01")
    assert report.quarantined == {1, 4}
    assert report.use.sum() == pytest.approx(31)
    assert [f.code for f in report.findings] == ["reading_outside_life"]


def test_a_reading_after_the_analysis_does_not_exist_yet() -> None:
    points = [read("2025-01-01", 0), read("2025-01-11", 10), read("2025-01-21", 99)]
    report = report_of(meter(), points, "2025-01-11 12:00")
    assert report.readings == 2
