"""What users expect of meters, and how a day is explained that has no simple reason."""

from datetime import date

import pytest

from custom_components.nebenkosten.engine.assessment.user_limits import unmet
from custom_components.nebenkosten.engine.domain.meters import House
from custom_components.nebenkosten.engine.domain.report import Context
from custom_components.nebenkosten.engine.pipeline import analyse
from custom_components.nebenkosten.engine.queries.counter_at import state_at
from custom_components.nebenkosten.engine.queries.explain import explain

from ..houses import at, meter, read, report_of, series

AS_OF = at("2026-01-01")


def year(summer: float, winter: float, first: str = "2024-01-01") -> list[str]:
    """Return what is not met by a meter with these uses per day."""
    start = date.fromisoformat(first)
    points, value = [], 0.0
    for number in range((date(2026, 1, 1) - start).days):
        day = date.fromordinal(start.toordinal() + number)
        points.append(read(str(day), value))
        value += summer if 4 <= day.month <= 9 else winter
    report = report_of(meter(rises_in_winter=True, daily_limit=8.0), points)
    return [finding.code for finding in unmet(report)]


@pytest.mark.parametrize(
    ("summer", "winter", "codes"),
    [
        (2.0, 5.0, []),
        (5.0, 5.0, ["winter_not_higher"]),
        (2.0, 9.0, ["limit_exceeded"]),
        (9.0, 1.0, ["winter_not_higher"]),
    ],
)
def test_demands(summer: float, winter: float, codes: list[str]) -> None:
    assert year(summer, winter) == codes


def test_who_is_too_young_or_has_holes_is_not_judged() -> None:
    assert year(5.0, 1.0, first="2025-06-01") == []
    # So long after the last reading nobody carries anything forward.
    points = [read("2023-01-01", 0.0), read("2023-05-01", 900.0)]
    holes = report_of(meter(rises_in_winter=True), points)
    assert [f.code for f in unmet(holes)] == []
    assert list(unmet(report_of(meter(rises_in_winter=True), []))) == []


def test_a_dial_that_was_set_anew_and_one_that_nobody_knows() -> None:
    one = meter()
    house = House(time_zone="Europe/Berlin", meters=(one,))
    points = [
        read("2025-01-01", 100.0),
        read("2025-02-01T12:00", 410.0, "removal"),
        read("2025-02-01T13:00", 5.0, "install"),
        read("2025-03-01", 280.0),
        read("2025-04-01", 30.0),
        read("2025-05-01", 330.0),
    ]
    stored = series(points)
    context = Context(as_of=AS_OF)
    reports = analyse(house, {one.key: stored}, context).meters
    report = reports[one.key]
    assert report.first_day is not None

    def explained(day: date) -> tuple[float | None, set[str]]:
        tree = explain(
            house,
            reports,
            lambda m, t: state_at(house, m, stored, context, t),
            one,
            day,
        )
        return tree.value, {part.how for part in tree.inputs}

    value, parts = explained(date(2025, 2, 1))
    assert value is not None
    assert "dial_set_anew" in parts
    for number in range(len(report.use)):
        day = date.fromordinal(report.first_day.toordinal() + number)
        value, parts = explained(day)
        assert (value is None) == (report.use[number] != report.use[number])
        assert "less" in parts
