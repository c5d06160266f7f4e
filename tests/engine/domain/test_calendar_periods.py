"""Periods and midnights."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from custom_components.nebenkosten.engine.domain import (
    calendar_edges,
    calendar_periods,
    local_days,
)


@pytest.mark.parametrize(
    ("kind", "start", "following"),
    [
        ("day", date(2025, 3, 30), date(2025, 3, 31)),
        ("week", date(2025, 3, 24), date(2025, 3, 31)),
        ("month", date(2025, 3, 1), date(2025, 4, 1)),
        ("year", date(2025, 1, 1), date(2026, 1, 1)),
        ("billing_year", date(2024, 7, 1), date(2025, 7, 1)),
    ],
)
def test_periods(
    kind: calendar_periods.PeriodKind, start: date, following: date
) -> None:
    found = calendar_periods.period_start(date(2025, 3, 30), kind, (7, 1))
    assert found == start
    assert calendar_periods.next_period(found, kind) == following


def test_the_billing_year_begins_on_its_own_day() -> None:
    day = date(2025, 7, 1)
    assert calendar_periods.period_start(day, "billing_year", (7, 1)) == day


def test_a_skipped_midnight_begins_with_the_change() -> None:
    zone = ZoneInfo("America/Sao_Paulo")  # 2018-11-04 began at 01:00
    assert local_days.iso(local_days.midnight(date(2018, 11, 4), zone), zone) == (
        "2018-11-04T01:00:00-02:00"
    )


def test_december_ends_with_the_year() -> None:
    zone = ZoneInfo("Europe/Berlin")
    edges = calendar_edges.midnights(date(2024, 12, 30), date(2025, 1, 1), zone)
    assert [local_days.local_day(e, zone).isoformat() for e in edges.tolist()] == [
        "2024-12-30",
        "2024-12-31",
        "2025-01-01",
        "2025-01-02",
    ]
