"""What the original system got wrong, each with the right result beside it."""

from datetime import date, timedelta

import numpy as np
import pytest

from custom_components.nebenkosten.engine.domain.meters import Medium, Term
from custom_components.nebenkosten.engine.domain.report import MeterReport, Provenance
from custom_components.nebenkosten.engine.queries.periods import periods

from .synthetic import (
    DAYS,
    FIRST,
    Home,
    codes,
    counter,
    day,
    heating,
    household,
    instants,
    of_kind,
    one,
    outdoors,
    read_at,
    read_daily,
    temperature,
    typed,
    visits,
)

USE = household(8.0)
SEEN = visits()


def months(report: MeterReport) -> dict[str, float | None]:
    return {p.start.isoformat()[:7]: p.value for p in periods(report, "month")}


def years(report: MeterReport) -> dict[int, float]:
    found = {p.start.year: p.value for p in periods(report, "year")}
    return {year: value for year, value in found.items() if value is not None}


def test_readings_by_the_thousand_are_used_whole() -> None:
    report = one(read_daily(USE))
    np.testing.assert_allclose(report.use, USE, rtol=1e-9)
    assert set(report.provenance.tolist()) == {Provenance.MEASURED}


def test_the_past_does_not_move_with_new_readings() -> None:
    points = read_at(USE, SEEN)
    early = one(points[:-3], day(SEEN[-4]))
    late = one(points[:-2], day(SEEN[-3]))
    same = SEEN[-5]
    np.testing.assert_allclose(late.use[:same], early.use[:same], rtol=1e-9)


def test_consumption_belongs_to_its_own_day_and_month() -> None:
    report = one(read_daily(USE))
    assert months(report)["2022-01"] == pytest.approx(USE[:31].sum())
    assert months(report)["2022-12"] == pytest.approx(USE[334:365].sum())


def test_two_days_of_november_do_not_get_all_of_november() -> None:
    means = outdoors()
    use = heating(means, 2.0, 1.0)
    report = one(read_at(use, [0, 120, 304, 333, 335, 500]), medium=Medium.GAS)
    around = report.use[300:340]
    assert around.max() < 4 * np.median(around)


def test_a_heat_meter_is_not_carried_on_at_its_yearly_mean() -> None:
    means = outdoors()
    use = heating(means, 0.5, 1.0)
    summer = (date(2024, 6, 1) - FIRST).days
    seen = [number for number in SEEN if number <= summer]
    report = one(
        read_at(use, seen),
        date(2024, 8, 1),
        medium=Medium.HEAT,
        temperature=temperature(means),
    )
    carried = slice(seen[-1], len(report.use))
    assert report.use[carried].sum() == pytest.approx(use[carried].sum(), rel=0.35)


def test_a_meter_that_started_at_1500_and_was_never_used() -> None:
    points = [
        (time, 1500.0, point[2])
        for time, point in zip(instants(SEEN[3:]), read_at(USE, SEEN[3:]), strict=True)
    ]
    report = one(points, installed=FIRST)
    assert np.nansum(report.use) == 0.0


def test_one_single_reading() -> None:
    report = one(read_at(USE, [200])[:1], installed=FIRST)
    assert np.isnan(report.use).all()
    assert "second_reading_missing" in codes(report)


@pytest.mark.parametrize("factor", [10.0, 0.1])
@pytest.mark.parametrize("place", [1, 15, -2, -1])
def test_a_typo_leaves_no_trace(factor: float, place: int) -> None:
    points = read_at(USE, SEEN, start=5000.0)
    wrong = points[:]
    wrong[place] = typed(wrong[place], round(wrong[place][1] * factor, 1))
    without = [point for point in points if point != points[place]]
    report, clean = one(wrong), one(without)
    np.testing.assert_allclose(report.use, clean.use, rtol=1e-9)
    (finding,) = [f for f in report.findings if f.code == "typo"]
    assert finding.data["likely"] == pytest.approx(points[place][1], rel=0.01)
    assert len(report.quarantined) == 1


def test_a_repeat_after_a_restart_stays_used_and_is_named() -> None:
    points = read_at(USE, SEEN)
    late = points[10][0] + 25 * 86400
    repeat = late, points[10][1], points[10][2]
    gap = read_at(USE, [0, SEEN[10] + 30])[1]
    report = one([*points[:11], repeat, gap, *points[12:]])
    assert codes(report) == ["repeat_suspected"]
    assert not report.quarantined
    still = slice(SEEN[10], SEEN[10] + 25)
    assert (report.use[still] == 0).all()
    assert (report.provenance[still] == Provenance.MEASURED).all()


def test_an_old_value_that_comes_back_later() -> None:
    points = read_at(USE, SEEN)
    back = points[20][0] + 86400.0, points[7][1], points[20][2]
    report, clean = one([*points, back]), one(points)
    assert "repeated_reading" in codes(report)
    np.testing.assert_allclose(report.use, clean.use, rtol=1e-9)


def test_a_reset_inside_a_series_is_no_negative_day() -> None:
    points = read_at(USE, SEEN)
    reset = [*points[:20]]
    base = points[20][1] - 12.0
    reset += [typed(point, point[1] - base) for point in points[20:]]
    report = one(reset)
    assert "exchange_suspected" in codes(report)
    hole = slice(SEEN[19], SEEN[20])
    assert np.isnan(report.use[hole]).all()
    assert np.nanmin(report.use) >= 0


def test_removed_before_anything_happened() -> None:
    report = one(
        read_at(USE, SEEN), installed=date(2010, 1, 1), removed=date(2012, 1, 1)
    )
    assert np.isnan(report.use).all()
    assert "reading_outside_life" in codes(report)


def test_the_removal_day_counts_and_later_readings_shape_nothing() -> None:
    points = read_at(USE, SEEN)
    until = SEEN[12] - 1
    report = one(points, removed=day(until))
    assert report.last_day == day(until)
    assert report.use.sum() == pytest.approx(counter(USE)[SEEN[12]] - counter(USE)[0])
    assert len(report.quarantined) == len(SEEN) - 13


def test_mwh_do_not_become_kwh_by_themselves() -> None:
    home = Home()
    home.add("waerme", read_at(USE / 1000, SEEN), medium=Medium.HEAT, unit="MWh")
    home.compute("rest", Term(meter_id="waerme"), unit="kWh")
    found = home.analysed()
    np.testing.assert_allclose(found["rest"].use, found["waerme"].use * 1000)


# --- masters -----------------------------------------------------------------------


def exchanged(gap: int = 0) -> Home:
    """Return an old and a new meter with the same use, and their master."""
    swap = SEEN[20] + 13
    old = read_at(USE, [*SEEN[:20], swap])
    new = read_at(USE, [swap + gap, *SEEN[22:]], start=7.0)
    old[-1] = of_kind(old[-1], "removal")
    new[0] = of_kind(new[0], "install")
    home = Home()
    home.add("alt", old, installed=FIRST, removed=day(swap - 1))
    home.add("neu", new, installed=day(swap + gap))
    home.join("ganz", (FIRST, day(swap - 1), ["alt"]), (day(swap), None, ["neu"]))
    return home


def test_the_month_of_an_exchange_keeps_its_use() -> None:
    found = exchanged().analysed()
    assert found["ganz"].use.sum() == pytest.approx(USE.sum(), rel=1e-9)
    plain = one(read_at(USE, SEEN))
    for month, value in months(found["ganz"]).items():
        assert value == pytest.approx(months(plain)[month], rel=0.12), month
    assert "exchange_bridged" not in codes(found["ganz"])


def test_an_exchange_with_a_gap_is_filled_and_says_so() -> None:
    found = exchanged(gap=10).analysed()["ganz"]
    assert "exchange_bridged" in codes(found)
    assert found.use.sum() == pytest.approx(USE.sum(), rel=0.01)
    gap = SEEN[20] + 13
    assert set(found.provenance[gap + 1 : gap + 9].tolist()) == {
        Provenance.EXTRAPOLATED
    }


def test_a_sum_of_registers_that_end_at_different_times_does_not_drop() -> None:
    night, daytime = USE * 0.4, USE * 0.6
    end = 1000
    first, second = visits(0, end - 9, seed=3), visits(0, end - 2, seed=4)
    home = Home()
    home.add("nt", read_at(night, first), installed=FIRST, removed=day(end - 1))
    home.add("ht", read_at(daytime, second), installed=FIRST, removed=day(end - 1))
    home.add("neu", read_at(USE, [end, *range(end + 30, DAYS, 30)]), installed=day(end))
    home.join("ganz", (FIRST, day(end - 1), ["nt", "ht"]), (day(end), None, ["neu"]))
    found = home.analysed()["ganz"]
    assert np.nanmin(found.use) > 0
    assert np.nanmin(np.diff(found.counter)) > 0
    assert found.use[:end].sum() == pytest.approx(USE[:end].sum(), rel=0.01)


def test_a_missing_source_makes_days_unknown_not_smaller() -> None:
    home = Home()
    home.add("nt", read_at(USE, SEEN), installed=FIRST)
    home.add("ht", [], installed=FIRST)
    home.join("ganz", (FIRST, None, ["nt", "ht"]))
    assert np.isnan(home.analysed()["ganz"].use).all()


# --- virtual meters ----------------------------------------------------------------


def fireplace() -> tuple[Home, np.ndarray]:
    """Return a house whose gas goes to a boiler, read in kWh, and to a fireplace."""
    means = outdoors()
    boiler = heating(means, 12.0, 9.0)
    fire = household(0.2, seed=5, stray=1.0) * (means < 10)
    gas = boiler / (11.504 * 0.8885) + fire
    home = Home()
    home.add("gas", read_at(gas, visits(seed=8)), medium=Medium.GAS, unit="m³")
    home.add("boiler", read_at(boiler, visits(seed=9)), medium=Medium.GAS)
    home.compute(
        "kamin",
        Term(meter_id="gas"),
        Term(meter_id="boiler", factor=-1.0),
        medium=Medium.GAS,
        unit="m³",
    )
    return home, fire


def test_a_residual_of_meters_read_on_different_days() -> None:
    home, fire = fireplace()
    found = home.analysed(temperature=temperature(outdoors()))
    rest, base = found["kamin"], found["gas"]
    # All were read at the first and at the last midnight.
    assert rest.use.sum() == pytest.approx(fire.sum(), rel=0.001)
    for year in (2022, 2023, 2024, 2025):
        inside = np.array([day(i).year == year for i in range(DAYS)])
        error = abs(rest.use[inside].sum() - fire[inside].sum())
        assert error < 0.02 * base.use[inside].sum(), year
    assert (rest.use < 0).any()
    assert "negative_rest" not in codes(rest)


def test_a_negative_rest_between_readings_of_all_is_reported() -> None:
    home = Home()
    both = SEEN
    home.add("haus", read_at(USE, both), installed=FIRST)
    home.add("teil", read_at(USE * 1.1, both), installed=FIRST)
    home.compute("rest", Term(meter_id="haus"), Term(meter_id="teil", factor=-1.0))
    found = home.analysed()["rest"]
    (finding,) = [f for f in found.findings if f.code == "negative_rest"]
    assert finding.data["suspects"] == "teil"
    assert found.use.sum() == pytest.approx(-0.1 * USE.sum(), rel=1e-6)


def test_a_missing_operand_makes_the_days_unknown() -> None:
    home = Home()
    home.add("haus", read_at(USE, SEEN), installed=FIRST)
    home.compute("rest", Term(meter_id="haus"), Term(meter_id="fehlt", factor=-1.0))
    found = home.analysed()["rest"]
    assert codes(found) == ["operand_missing"]
    assert not len(found.use)


# --- anomalies ---------------------------------------------------------------------


def test_the_first_day_is_no_anomaly_and_plateaus_are_none() -> None:
    assert not one(read_daily(USE)).anomalies
    assert not one(read_at(USE, SEEN)).anomalies


def test_a_leak_in_summer_in_a_heat_meter_is_found() -> None:
    means = outdoors()
    use = heating(means, 1.0, 1.0)
    start = (date(2025, 7, 1) - FIRST).days
    use[start : start + 12] *= 6
    report = one(read_daily(use), medium=Medium.HEAT, temperature=temperature(means))
    found = [a for a in report.anomalies if abs((a.start - day(start)).days) <= 5]
    assert found
    assert found[0].actual > 2 * found[0].expected


def test_clock_changes_move_nothing_to_another_day() -> None:
    use = np.full(DAYS, 5.0)
    report = one(read_daily(use), as_of=day(DAYS - 1) + timedelta(days=1))
    np.testing.assert_allclose(report.use, use)
