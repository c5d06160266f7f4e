"""Amounts shape what readings total; alone they are use without a dial."""

from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from hypothesis import given, settings
import numpy as np
import pytest

from custom_components.nebenkosten.engine.cleaning.amounts import Use, believed
from custom_components.nebenkosten.engine.cleaning.registers import clean
from custom_components.nebenkosten.engine.domain import metrics
from custom_components.nebenkosten.engine.domain.meters import House
from custom_components.nebenkosten.engine.domain.report import Context, Provenance
from custom_components.nebenkosten.engine.pipeline import analyse
from custom_components.nebenkosten.engine.queries.periods import total
from custom_components.nebenkosten.engine.queries.published import published_rows
from custom_components.nebenkosten.engine.reconstruction.counter import shown as dial
from custom_components.nebenkosten.engine.reconstruction.extrapolation import Span
from custom_components.nebenkosten.engine.reconstruction.interpolation import flow

from ..houses import Point, at, meter, read, report_of, series, sparse_readings

_HOUR = 3600.0
_NONE = Use(np.empty(0), np.empty(0), np.empty(0))


def hours(start: str, uses: list[float]) -> list[tuple[float, float, float]]:
    begin = at(start)
    return [
        (begin + i * _HOUR, begin + (i + 1) * _HOUR, use) for i, use in enumerate(uses)
    ]


def test_amounts_alone_give_days_but_no_dial() -> None:
    report = report_of(
        meter(), [], "2025-01-03", amounts=hours("2025-01-01", [1.0] * 24 + [2.0] * 24)
    )
    assert report.use == pytest.approx([24, 48])
    assert set(report.provenance) == {Provenance.MEASURED}
    assert np.isnan(report.counter).all()
    assert not report.findings


def test_readings_give_the_total_and_amounts_the_shape() -> None:
    report = report_of(
        meter(),
        [read("2025-01-01", 100), read("2025-01-03", 175)],
        "2025-01-03",
        amounts=hours("2025-01-01", [1.0] * 24 + [2.0] * 24),
    )
    assert report.use == pytest.approx([25, 50])
    assert [f.code for f in report.findings] == ["drift"]


def test_a_gap_between_amounts_is_unknown_without_readings() -> None:
    amounts = hours("2025-01-01", [1.0] * 24) + hours("2025-01-03", [1.0] * 24)
    report = report_of(meter(), [], "2025-01-04", amounts=amounts)
    assert report.use[[0, 2]] == pytest.approx([24, 24])
    assert np.isnan(report.use[1])
    filled = report_of(
        meter(),
        [read("2025-01-01", 0), read("2025-01-04", 60)],
        "2025-01-04",
        amounts=amounts,
    )
    assert filled.use == pytest.approx([24, 12, 24])


def test_amounts_without_use_do_not_hide_what_the_dial_counted() -> None:
    report = report_of(
        meter(),
        [read("2025-01-01", 0), read("2025-01-03", 10)],
        "2025-01-03",
        amounts=hours("2025-01-01", [0.0] * 48),
    )
    assert report.use == pytest.approx([5, 5])
    assert [f.code for f in report.findings] == ["drift"]


def test_amounts_explain_a_reset() -> None:
    report = report_of(
        meter(),
        [read("2025-01-01", 500), read("2025-01-03", 20)],
        "2025-01-03",
        amounts=hours("2025-01-01", [1.0] * 48),
    )
    assert report.use == pytest.approx([24, 24])
    assert [f.code for f in report.findings] == ["counter_reset"]


def test_a_fall_within_partly_known_time_is_unknown_where_nothing_is_known() -> None:
    report = report_of(
        meter(),
        [read("2025-01-01", 500), read("2025-01-03", 20)],
        "2025-01-03",
        amounts=hours("2025-01-01", [1.0] * 24),
    )
    assert report.use[0] == pytest.approx(24)
    assert np.isnan(report.use[1])
    assert [f.code for f in report.findings] == ["counter_fell"]


def test_a_negative_amount_is_unknown_and_said() -> None:
    report = report_of(
        meter(),
        [],
        "2025-01-03",
        amounts=hours("2025-01-01", [1.0] * 30 + [-5.0] + [1.0] * 17),
    )
    assert report.use[0] == pytest.approx(24)
    assert np.isnan(report.use[1])
    assert [f.code for f in report.findings] == ["negative_amount"]


def test_of_overlapping_amounts_one_counts() -> None:
    twice = hours("2025-01-01", [1.0] * 24) + hours("2025-01-01", [2.0] * 24)
    report = report_of(meter(), [], "2025-01-02", amounts=twice)
    assert report.use == pytest.approx([48])
    crossing = (at("2025-01-01 00:30"), at("2025-01-01 01:30"), 7.0)
    shifted = [*hours("2025-01-01", [1.0] * 24), crossing]
    assert report_of(meter(), [], "2025-01-02", amounts=shifted).use == pytest.approx(
        [24]
    )


def test_hours_of_today_end_where_knowledge_ends() -> None:
    report = report_of(
        meter(),
        [],
        "2025-01-02 12:00",
        amounts=hours("2025-01-01", [1.0] * 24 + [2.0] * 10),
        hours_from=date(2025, 1, 1),
    )
    assert report.last_day == date(2025, 1, 1)
    assert report.hours is not None
    assert report.hours.use == pytest.approx([1.0] * 24 + [2.0] * 10)
    assert report.hours.edges[-1] == at("2025-01-02 10:00")


def test_no_hours_before_they_are_wanted() -> None:
    report = report_of(
        meter(),
        [],
        "2025-01-02",
        amounts=hours("2025-01-01", [1.0] * 24),
        hours_from=date(2025, 1, 5),
    )
    assert report.hours is None


@settings(max_examples=100)
@given(sparse_readings())
def test_the_dial_passes_through_every_used_reading(
    drawn: tuple[str, list[Point]],
) -> None:
    zone_name, points = drawn
    end = points[-1][0]
    readings = series(points).readings
    cleaned = clean(meter(), readings, end, ZoneInfo(zone_name), doubting=False)
    (register,) = cleaned.registers
    course = flow(register, _NONE, Span(None, end, -np.inf, float))
    shown = dial(register, course, register.times)
    np.testing.assert_allclose(shown, register.values, rtol=1e-9)
    between = (register.times[1:] + register.times[:-1]) / 2
    assert (np.diff(dial(register, course, np.sort(between))) >= -1e-6).all()


def test_an_installed_meter_with_amounts_alone_goes_back_at_its_rate() -> None:
    one = meter(installed=date(2025, 1, 1))
    report = report_of(one, [], "2025-01-04", amounts=hours("2025-01-02", [1.0] * 48))
    assert report.use == pytest.approx([24, 24, 24])
    assert [int(p) for p in report.provenance] == [2, 0, 0]


def test_amounts_outside_the_meters_life_are_nothing() -> None:
    one = meter(installed=date(2025, 2, 1))
    report = report_of(one, [], "2025-02-04", amounts=hours("2025-01-02", [1.0] * 48))
    assert np.isnan(report.use).all()


def test_rows_of_days_then_hours_and_none_of_unknown_days() -> None:
    amounts = hours("2025-01-01", [1.0] * 48) + hours("2025-01-04", [0.5] * 30)
    report = report_of(
        meter(),
        [],
        "2025-01-05 08:00",
        amounts=amounts,
        hours_from=date(2025, 1, 2),
    )
    rows = published_rows(report)
    starts = [at("2025-01-01")]
    starts += [at("2025-01-02") + i * _HOUR for i in range(24)]
    starts += [at("2025-01-04") + i * _HOUR for i in range(30)]
    assert rows.starts.tolist() == starts
    assert rows.sums[0] == pytest.approx(24)
    assert rows.sums[24] == pytest.approx(48)
    assert rows.sums[-1] == pytest.approx(48 + 15)
    assert np.isnan(rows.states).all()


def test_no_dial_outside_the_days() -> None:
    points = [read("2025-01-01", 5), read("2025-01-03", 7)]
    report = report_of(meter(), points, "2025-01-03")
    first = date(2025, 1, 1)
    inside, beyond = (total(report, first, date(2025, 1, day)) for day in (1, 3))
    assert inside is not None
    assert beyond is not None
    assert metrics.COUNTER.of(report, inside) == pytest.approx(6)
    assert metrics.COUNTER.of(report, beyond) is None
    assert total(report, date(2026, 1, 1), None) is None
    assert total(report_of(meter(), []), None, None) is None


def test_resets_are_told_once_and_units_that_do_not_fit_too() -> None:
    points = [read(f"2025-01-0{d}", 20 if d % 2 else 0) for d in range(1, 8)]
    amounts = hours("2025-01-01", [1.0] * 144)
    stored = series(points, amounts)
    report = report_of(meter(), points, "2025-01-07", amounts=amounts)
    (reset,) = [f for f in report.findings if f.code == "counter_reset"]
    assert reset.data["count"] == 3
    named = replace(stored.amounts, unit_names=("m³",))
    use, findings = believed(meter(), named, at("2025-01-07"))
    assert len(use.values) == 0
    assert [f.code for f in findings] == ["amount_unit_mismatch"]


@pytest.mark.parametrize(
    ("zone", "day", "rows"),
    [
        ("Europe/Berlin", date(2025, 3, 30), 23),
        ("Europe/Berlin", date(2025, 10, 26), 25),
        ("Australia/Lord_Howe", date(2025, 4, 6), 1),  # 24 hours and a half
    ],
)
def test_hours_of_days_with_a_clock_change(zone: str, day: date, rows: int) -> None:
    begin = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).timestamp()
    amounts = [(begin + i * _HOUR, begin + (i + 1) * _HOUR, 1.0) for i in range(50)]
    report = report_of(
        meter(), [], begin + 26 * _HOUR, zone=zone, amounts=amounts, hours_from=day
    )
    assert report.hours is not None
    inside = report.hours.edges < report.midnights[1]
    assert inside.sum() == rows
    assert report.hours.use[: inside.sum()].sum() == pytest.approx(report.use[0])


def test_amounts_of_a_wrong_unit_are_told_even_where_nothing_else_is_known() -> None:
    stored = series([], hours("2025-01-01", [1.0] * 24))
    lost = replace(stored, amounts=replace(stored.amounts, unit_names=("m³",)))
    report = analyse(
        House(time_zone="Europe/Berlin", meters=(meter(),)),
        {"strom": lost},
        Context(as_of=at("2025-01-02")),
    ).meters["strom"]
    assert report.first_day is None
    assert [f.code for f in report.findings] == ["amount_unit_mismatch"]
