"""Intervals between two readings that are odd for their season and their weather."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from custom_components.nebenkosten.engine.domain.meters import Medium
from custom_components.nebenkosten.engine.domain.report import MeterReport

from ..houses import BERLIN, at
from ..synthetic import (
    DAYS,
    FIRST,
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

MEANS = outdoors()
SEEN = visits()


def sparse(factor: float, place: int = 25, **fields: Any) -> MeterReport:
    use = household(8.0)
    use[SEEN[place] : SEEN[place + 1]] *= factor
    return one(read_at(use, SEEN), **fields)


@pytest.mark.parametrize(
    ("factor", "kind"), [(3.0, "high"), (0.1, "low"), (0.0, "no_use")]
)
def test_odd_intervals_are_named(factor: float, kind: str) -> None:
    (event,) = sparse(factor).anomalies
    assert event.kind == kind
    assert event.start == day(SEEN[25])
    assert event.end == day(SEEN[26] - 1)
    assert event.reason.code == f"anomaly_{kind}"


def test_a_verdict_on_an_interval_is_given_once() -> None:
    use = household(8.0)
    use[SEEN[25] : SEEN[26]] *= 3
    points = read_at(use, SEEN)
    for count in range(27, len(points), 4):
        report = one(points[:count], day(SEEN[count - 1]))
        assert [a.start for a in report.anomalies] == [day(SEEN[25])]
    assert not one(points[:26], day(SEEN[25] + 20)).anomalies


def test_few_intervals_are_no_evidence() -> None:
    assert not sparse(3.0, place=2).anomalies


def test_heating_is_judged_by_the_weather() -> None:
    use = heating(MEANS, 2.0, 1.0)
    outside = temperature(MEANS)
    for seed in range(5):
        points = read_at(use, visits(seed=seed))
        assert not one(points, medium=Medium.GAS, temperature=outside).anomalies
    use[SEEN[30] : SEEN[31]] *= 2.5
    found = one(read_at(use, SEEN), medium=Medium.GAS, temperature=outside).anomalies
    assert [a.start for a in found] == [day(SEEN[30])]


def test_a_garden_has_its_summer_each_year() -> None:
    season = np.maximum(0.0, np.sin(2 * np.pi * (np.arange(DAYS) - 100) / 365.25))
    points = read_at(season * 0.1, [*range(0, DAYS, 60)])
    assert not one(points, medium=Medium.WATER, unit="m³").anomalies


def test_three_odd_intervals_are_the_new_normal() -> None:
    use = household(8.0)
    use[SEEN[25] :] *= 3
    found = one(read_at(use, SEEN)).anomalies
    assert 1 <= len(found) <= 5


def test_days_between_equal_readings_prove_nothing_alone() -> None:
    use = household(8.0)
    use[SEEN[10] : SEEN[14]] = 0
    report = one(read_at(use, SEEN), medium=Medium.WATER, unit="m³")
    assert {a.kind for a in report.anomalies} <= {"no_use"}


def test_zone_of_the_house_is_the_calendar() -> None:
    assert at("2022-01-01", BERLIN) == read_daily(np.ones(3), 0, 2)[0][0]
    assert date(2022, 1, 1) == FIRST
    assert day(1) - FIRST == timedelta(days=1)
