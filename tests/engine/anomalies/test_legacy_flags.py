"""What the original's rules say of the days of an event."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from custom_components.nebenkosten.engine.anomalies.legacy_flags import flagged_days
from custom_components.nebenkosten.engine.domain.report import (
    Anomaly,
    Finding,
    MeterReport,
    Severity,
)

from ..houses import meter

FIRST = date(2025, 1, 1)


def report(use: list[float], *anomalies: tuple[int, int]) -> MeterReport:
    days = len(use)
    return MeterReport(
        meter=meter(),
        first_day=FIRST,
        last_day=FIRST + timedelta(days=days - 1),
        midnights=np.array([86400.0 * day for day in range(days + 1)]),
        use=np.array(use),
        provenance=np.zeros(days, np.int64),
        counter=np.zeros(days + 1),
        readings=2,
        quarantined=frozenset(),
        superseded=frozenset(),
        last_reading=None,
        slack=np.zeros(days + 1),
        expected=np.full(days, 10.0),
        anomalies=tuple(_event(start, end) for start, end in anomalies),
    )


def _event(start: int, end: int) -> Anomaly:
    return Anomaly(
        meter_id="a",
        kind="high",
        start=FIRST + timedelta(days=start),
        end=FIRST + timedelta(days=end),
        actual=1.0,
        expected=1.0,
        score=1.0,
        reason=Finding(code="anomaly_high", severity=Severity.WARNING, meter_id="a"),
    )


def test_a_day_beside_the_two_years_before() -> None:
    usual = [9.0, 10.0, 11.0, 12.0] * 25
    (day,) = flagged_days(report([*usual, 30.0, 10.0], (100, 100)))
    first, third = np.quantile(usual, (0.25, 0.75))
    assert day.index == 100
    assert (day.use, day.expected, day.rules) == (30.0, 10.0, 3)
    assert day.low == pytest.approx(first - 1.5 * (third - first))
    assert day.high == pytest.approx(third + 1.5 * (third - first))
    assert day.z == pytest.approx((30 - np.mean(usual)) / np.std(usual))


def test_days_within_the_fences_are_odd_by_our_rule_alone() -> None:
    usual = [9.0, 10.0, 11.0, 12.0] * 25
    found = flagged_days(report([*usual, 12.0, float("nan"), 12.0], (100, 102)))
    assert [(day.index, day.rules) for day in found] == [(100, 1), (102, 1)]


def test_days_all_alike_have_no_deviation_and_few_days_no_fences() -> None:
    (day,) = flagged_days(report([*[10.0] * 40, 30.0], (40, 40)))
    assert (day.z, day.rules) == (None, 2)
    (early,) = flagged_days(report([*[10.0] * 5, 30.0], (5, 5)))
    assert (early.z, early.low, early.high, early.rules) == (None, None, None, 1)


def test_no_expectation_and_no_days() -> None:
    known = report([10.0] * 5, (1, 1))
    (day,) = flagged_days(replace(known, expected=None))
    assert day.expected is None
    assert not flagged_days(replace(known, first_day=None))
