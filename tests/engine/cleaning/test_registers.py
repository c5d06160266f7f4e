"""Exchanges, roll-overs, corrections and estimates: the lives of a dial."""

from datetime import date, timedelta

import numpy as np
import pytest

from custom_components.nebenkosten.engine.domain.report import Provenance

from ..houses import meter, read, report_of


def test_estimates_are_anchors_only_while_there_is_nothing_better() -> None:
    points = [read("2025-01-01", 0), read("2025-01-11", 50, "estimate")]
    assert report_of(meter(), points, "2025-01-11").use.sum() == pytest.approx(50)
    points.append(read("2025-01-21", 20))
    report = report_of(meter(), points, "2025-01-21")
    assert report.superseded == {2}
    assert report.use.sum() == pytest.approx(20)
    assert report.use[:10].sum() == pytest.approx(10)


def test_a_correction_is_no_use() -> None:
    points = [
        read("2025-01-01", 100),
        read("2025-01-11", 110),
        read("2025-01-11", 1000, "correction"),
        read("2025-01-21", 1010),
    ]
    report = report_of(meter(), points, "2025-01-21")
    assert report.use == pytest.approx(np.ones(20))
    assert report.counter[10] == pytest.approx(1000)
    assert not report.findings


def test_a_rollover_goes_on() -> None:
    one = meter(digits=5)
    points = [
        read("2025-01-01", 99900),
        read("2025-01-11", 99990),
        read("2025-01-21", 80),
        read("2025-01-31", 170),
    ]
    report = report_of(one, points, "2025-01-31")
    assert report.use == pytest.approx(np.full(30, 9.0))
    assert report.counter[-1] == pytest.approx(170)
    assert report.counter[12] == pytest.approx(8)
    assert [f.code for f in report.findings] == ["rollover"]


def test_a_fall_that_is_no_rollover_stays_unknown() -> None:
    one = meter(digits=5)
    points = [read("2025-01-01", 500), read("2025-01-11", 590), read("2025-01-21", 80)]
    report = report_of(one, points, "2025-01-21")
    assert np.isnan(report.use[10:]).all()
    assert [f.code for f in report.findings] == ["counter_fell"]


def test_an_exchange_gap_is_bridged_and_says_so() -> None:
    points = [
        read("2025-01-01", 0),
        read("2025-01-11", 10, "removal"),
        read("2025-01-14", 500, "install"),
        read("2025-01-24", 510),
    ]
    report = report_of(meter(), points, "2025-01-24")
    assert report.use == pytest.approx(np.ones(23))
    assert [Provenance(p).name for p in report.provenance[9:14]] == [
        "INTERPOLATED",
        "EXTRAPOLATED",
        "EXTRAPOLATED",
        "EXTRAPOLATED",
        "INTERPOLATED",
    ]
    (finding,) = report.findings
    assert finding.code == "exchange_bridged"
    assert finding.data["days"] == pytest.approx(3)
    assert finding.data["use"] == pytest.approx(3)


def test_a_reading_after_a_removal_begins_a_new_register() -> None:
    points = [
        read("2025-01-01", 900),
        read("2025-01-11", 910, "removal"),
        read("2025-01-16", 5),
        read("2025-01-26", 15),
    ]
    report = report_of(meter(), points, "2025-01-26")
    assert report.use == pytest.approx(np.ones(25))
    assert [f.code for f in report.findings] == ["exchange_bridged"]


def test_bare_exchange_dates_on_one_day_overlap_and_both_count() -> None:
    points = [
        read("2025-01-01", 0),
        read("2025-01-12", 11, "removal"),
        read("2025-01-11", 0, "install"),
        read("2025-01-21", 10),
    ]
    report = report_of(meter(), points, "2025-01-21")
    assert report.use.sum() == pytest.approx(11 + 10)
    assert report.use[10] == pytest.approx(2)


def test_an_install_reading_at_midnight_begins_its_day_exactly() -> None:
    one = meter(installed=date(2025, 1, 1))
    points = [read("2025-01-03", 7, "install"), read("2025-01-13", 17)]
    report = report_of(one, points, "2025-01-13")
    assert np.isnan(report.use[:2]).all()
    assert report.use[2:] == pytest.approx(np.ones(10))
    assert report.provenance[2] == Provenance.INTERPOLATED


def test_a_new_register_read_once_is_unknown_and_says_so() -> None:
    points = [
        read("2025-01-01", 0),
        read("2025-01-11", 10, "removal"),
        read("2025-01-11", 500, "install"),
    ]
    report = report_of(meter(), points, "2025-01-21")
    assert report.use[:10] == pytest.approx(np.ones(10))
    assert np.isnan(report.use[10:]).all()
    assert [f.code for f in report.findings] == ["second_reading_missing"]


def test_the_meters_longest_interval_reaches_across_an_exchange() -> None:
    points = [
        read("2023-11-05", 0),
        read("2024-02-13", 100, "removal"),
        read("2024-02-13", 0, "install"),
        read("2024-02-23", 10),
    ]
    report = report_of(meter(), points, "2025-12-31")
    known = ~np.isnan(report.use)
    assert known.sum() == 100 + 10 + 200


def test_the_reach_counts_calendar_days() -> None:
    points = [read("2025-09-01", 0), read("2025-10-01", 30)]
    report = report_of(meter(), points, "2026-06-01")
    # 92 days after 1 October, across the end of summer time.
    assert report.first_day is not None
    last = report.first_day + timedelta(days=int((~np.isnan(report.use)).sum()) - 1)
    assert last == date(2025, 12, 31)
