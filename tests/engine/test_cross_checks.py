"""Quality, balance, calibration, forecast, adjusted years and states at a date."""

from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from custom_components.nebenkosten.engine.assessment.calibration_expiry import (
    calibrated_until,
)
from custom_components.nebenkosten.engine.assessment.data_quality import of_operands
from custom_components.nebenkosten.engine.domain.answers import State
from custom_components.nebenkosten.engine.domain.meters import House, Medium
from custom_components.nebenkosten.engine.domain.report import (
    Context,
    Provenance,
    Series,
)
from custom_components.nebenkosten.engine.queries.counter_at import state_at
from custom_components.nebenkosten.engine.queries.periods import last_year, periods

from .houses import Point, at, meter, read, report_of, series
from .synthetic import (
    FIRST,
    Home,
    codes,
    counter,
    day,
    heating,
    household,
    of_kind,
    one,
    outdoors,
    read_at,
    read_daily,
    temperature,
    typed,
    visits,
)

MEANS = outdoors()
USE = household(0.5)
SEEN = visits()


# --- quality -------------------------------------------------------------------------


def test_a_hand_read_meter_kept_up_to_date_reaches_100() -> None:
    quality = one(read_at(USE, SEEN), installed=FIRST).quality
    assert quality is not None
    assert quality.score == 100
    assert quality.completeness == 1.0
    assert quality.largest_gap_days == pytest.approx(44, abs=1)
    assert quality.interpolated_share > 0.9


def test_each_fault_lowers_the_score() -> None:
    points = read_at(USE, SEEN, start=500.0)
    full = one(points, installed=FIRST).quality
    stale = one(points[:-6], installed=FIRST).quality
    wrong = [*points]
    wrong[9] = typed(points[9], points[9][1] * 10)
    typo = one(wrong, installed=FIRST).quality
    late = one(points[4:], installed=FIRST).quality
    assert full is not None
    for worse in (stale, typo, late):
        assert worse is not None
        assert worse.score <= full.score
    assert stale is not None
    assert stale.freshness < 1
    assert stale.score < full.score
    assert typo is not None
    assert typo.quarantined == 1
    assert late is not None
    assert late.extrapolated_share > 0


def test_the_score_is_the_contracts_formula() -> None:
    quality = one(read_at(USE, SEEN[:-4]), installed=FIRST).quality
    assert quality is not None
    assert quality.score == round(
        100
        * (
            0.5 * quality.completeness
            + 0.2 * (1 - quality.extrapolated_share)
            + 0.2 * quality.freshness
            + 0.1
        )
    )


def test_nothing_known_has_no_quality() -> None:
    assert one([]).quality is None
    assert of_operands(one([]), []) is None


# --- balance -------------------------------------------------------------------------


def house(lost: float, seen: list[int] | None = None, apart: int = 0) -> Home:
    """Return a main water meter and two parts; a share gets lost between them."""
    a, b = household(0.3, 2), household(0.2, 3)
    main = (a + b) / (1 - lost) if lost < 1 else a
    at_main = seen or SEEN
    at_parts = [0, *(n + apart for n in at_main[1:-1]), at_main[-1]]
    home = Home()
    water: dict[str, Any] = {"medium": Medium.WATER, "unit": "m³", "installed": FIRST}
    home.add("haus", read_at(main, at_main), **water)
    home.add("eg", read_at(a, at_parts), part_of="haus", **water)
    home.add("og", read_at(b, at_parts), part_of="HAUS", **water)
    return home


@pytest.mark.parametrize(
    ("lost", "found"),
    [
        (0.0, []),
        (0.15, []),
        (0.3, ["balance_above_tolerance"]),
        (-0.2, ["parts_exceed_whole"]),
    ],
)
def test_main_against_the_sum_of_its_parts(lost: float, found: list[str]) -> None:
    assert codes(house(lost).analysed()["haus"]) == found


def test_a_gardens_meter_is_no_balance() -> None:
    home = house(0.0)
    home.meters = [home.meters[0], home.meters[2]]
    home.readings["og"] = read_at(household(0.05, 4), SEEN)
    assert not codes(home.analysed()["haus"])


def test_reading_days_that_lie_apart_allow_a_band() -> None:
    for apart in (1, 2, 4):
        assert not codes(house(0.0, apart=apart).analysed()["haus"])


def test_parts_of_another_life_or_unit_say_nothing() -> None:
    home = house(0.5)
    home.add("neu", [], part_of="haus", medium=Medium.WATER, unit="m³")
    assert not codes(home.analysed()["haus"])
    home = house(0.5)
    home.add("strom", read_daily(USE), part_of="haus")
    assert not codes(home.analysed()["haus"])


# --- calibration ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("medium", "until"),
    [
        (Medium.WATER, date(2028, 12, 31)),
        (Medium.HEAT, date(2028, 12, 31)),
        (Medium.GAS, date(2030, 12, 31)),
        (Medium.ELECTRICITY, date(2030, 12, 31)),
        (Medium.OTHER, None),
    ],
)
def test_how_long_the_law_believes(medium: Medium, until: date | None) -> None:
    assert calibrated_until(meter(medium=medium), FIRST) == until
    assert calibrated_until(meter(medium=medium), None) is None


@pytest.mark.parametrize(
    ("until", "found"),
    [
        (date(2026, 12, 31), []),
        (date(2026, 6, 20), ["calibration_expires"]),
        (date(2025, 12, 31), ["calibration_expired"]),
    ],
)
def test_a_calibration_that_ends(until: date, found: list[str]) -> None:
    assert codes(one(read_daily(USE), calibrated_until=until)) == found


def test_a_new_dial_is_calibrated_anew_and_a_removed_one_never_again() -> None:
    points = read_at(USE, SEEN)
    swapped = [
        *points[:20],
        of_kind(points[20], "removal"),
        of_kind((points[20][0], 0.0, points[20][2]), "install"),
        *(typed(p, p[1] - points[20][1]) for p in points[21:]),
    ]
    old: dict[str, Any] = {
        "medium": Medium.WATER,
        "unit": "m³",
        "installed": date(2015, 1, 1),
    }
    assert "calibration_expired" in codes(one(points, **old))
    assert "calibration_expired" not in codes(one(swapped, **old))
    gone = one(points[:-1], removed=day(SEEN[-2] - 1), **old)
    assert "calibration_expired" not in codes(gone)


# --- forecast and adjusted years -----------------------------------------------------


def test_a_forecast_holds_what_comes() -> None:
    use = heating(MEANS, 2.0, 1.0)
    hits = 0
    for number in (1190, 1230, 1280, 1330, 1400):
        report = one(
            read_daily(use, 0, number),
            day(number),
            medium=Medium.GAS,
            temperature=temperature(MEANS[:number]),
        )
        forecast = report.forecast
        assert forecast is not None
        year = use[1096:].sum()
        assert forecast.year.low <= forecast.year.value <= forecast.year.high
        assert forecast.year.value == pytest.approx(year, rel=0.25)
        hits += forecast.year.low <= year <= forecast.year.high
        assert forecast.month.value <= forecast.year.value
    assert hits >= 3


def test_never_a_straight_line_for_heat() -> None:
    use = heating(MEANS, 0.0, 1.0)
    spring = 1096 + 120
    report = one(read_daily(use, 0, spring), day(spring), medium=Medium.HEAT)
    assert report.forecast is not None
    straight = use[1096:spring].sum() / 120 * 365
    true = use[1096:].sum()
    assert abs(report.forecast.year.value - true) < 0.5 * abs(straight - true)


def test_a_removed_meter_has_no_forecast() -> None:
    report = one(read_daily(USE, 0, 900), removed=day(899))
    assert report.forecast is None


def test_years_in_usual_weather() -> None:
    means = MEANS.copy()
    means[365:730] -= 3.0
    use = heating(means, 1.0, 1.0)
    report = one(
        read_at(use, SEEN),
        medium=Medium.GAS,
        installed=FIRST,
        temperature=temperature(means),
    )
    bounds = pairwise((0, 365, 730, 1096, 1461))
    actual = [use[a:b].sum() for a, b in bounds]
    assert sorted(report.adjusted) == [2022, 2023, 2024, 2025]
    adjusted = list(report.adjusted.values())
    assert max(adjusted) / min(adjusted) < 1.1
    assert max(actual) / min(actual) > 1.2
    assert not one(read_at(USE, SEEN), temperature=temperature(means)).adjusted


# --- the same days last year ---------------------------------------------------------


def test_the_same_days_last_year() -> None:
    report = one(read_daily(USE, 0, 900), day(900))
    by_year = {p.start.year: p for p in periods(report, "year")}
    assert last_year(report, by_year[2022]) is None
    whole = last_year(report, by_year[2023])
    assert whole is not None
    assert whole.value == pytest.approx(USE[:365].sum())
    running = last_year(report, by_year[2024])
    assert running is not None
    # 1 January to 18 June, without 29 February: like for like.
    assert sum(running.days) == 900 - 730 - 1
    leap = [p for p in periods(report, "day") if p.start == date(2024, 2, 29)]
    before = last_year(report, leap[0])
    assert before is not None
    assert before.start == date(2023, 2, 28)
    assert last_year(one([]), leap[0]) is None


# --- state at a date -----------------------------------------------------------------


def state(points: list[Point], when: str, **fields: Any) -> State:
    found = meter(**fields)
    return state_at(
        House(time_zone="Europe/Berlin", meters=(found,)),
        found,
        series(points),
        Context(as_of=at("2026-01-01")),
        at(when),
    )


def test_the_counter_on_the_day_a_tenant_left() -> None:
    points = read_at(USE, SEEN)
    shown = counter(USE)
    when = (date(2023, 5, 20) - FIRST).days
    found = state(points, "2023-05-20")
    assert found.counter is not None
    assert found.provenance is Provenance.INTERPOLATED
    assert found.counter.low < found.counter.value < found.counter.high
    assert found.counter.low <= shown[when] <= found.counter.high
    assert found.before is not None
    assert found.after is not None
    assert found.before.instant < at("2023-05-20") < found.after.instant
    assert found.before.value <= found.counter.value <= found.after.value
    assert found.register == 0


def test_a_reading_itself_is_known_exactly() -> None:
    points = [read("2025-01-01", 100), read("2025-02-01", 130), read("2025-03-01", 150)]
    found = state(points, "2025-02-01")
    assert found.counter is not None
    assert found.counter.low == found.counter.value == found.counter.high == 130
    assert found.provenance is Provenance.MEASURED
    assert found.before is not None
    assert found.after is not None
    assert found.before.reading_id == found.after.reading_id == 2


def test_beyond_the_last_reading_and_before_the_first() -> None:
    points = [read("2025-01-01", 100), read("2025-02-01", 130)]
    after = state(points, "2025-03-01")
    assert after.provenance is Provenance.EXTRAPOLATED
    assert after.after is None
    assert after.counter is not None
    later = state(points, "2025-04-01").counter
    assert later is not None
    assert later.high - later.low > after.counter.high - after.counter.low
    before = state(points, "2024-12-01", installed=date(2024, 11, 1))
    assert before.before is None
    assert before.provenance is Provenance.EXTRAPOLATED


def test_after_an_exchange_the_new_dial_answers() -> None:
    points = [
        read("2025-01-01", 100),
        read("2025-02-01", 130, "removal"),
        read("2025-02-01", 5, "install"),
        read("2025-03-01", 33),
    ]
    assert state(points, "2025-02-15").register == 1
    assert state(points, "2025-01-15").register == 0


def test_a_state_of_nothing() -> None:
    found = state([], "2025-01-01")
    assert found.counter is None
    assert found.provenance is Provenance.UNKNOWN
    unknown = state([read("2025-01-01", 5)], "2025-02-01")
    assert unknown.counter is None
    assert unknown.provenance is Provenance.UNKNOWN


def test_amounts_alone_have_no_dial() -> None:
    start = at("2025-01-01")
    hours = [(start + 3600 * i, start + 3600 * (i + 1), 1.0) for i in range(48)]
    found = meter()
    result = state_at(
        House(time_zone="Europe/Berlin", meters=(found,)),
        found,
        Series(series([]).readings, series([], hours).amounts),
        Context(as_of=at("2025-01-03")),
        at("2025-01-02"),
    )
    assert result.counter is None
    report = report_of(found, [], "2025-01-03", amounts=hours)
    assert report.slack.tolist() == [0.0, 0.0, 0.0]
    assert report.quality is not None
    assert report.quality.largest_gap_days <= 1


def test_slack_and_use_have_the_days_shape() -> None:
    report = one(read_at(USE, SEEN))
    assert len(report.slack) == len(report.use) + 1
    assert np.nanmin(report.slack) >= 0
