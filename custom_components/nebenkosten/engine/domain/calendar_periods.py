"""The periods of the calendar: days, weeks, months and years.

Free of numpy: loaded while Home Assistant sets up.
"""

from datetime import date, timedelta
from typing import Literal

type PeriodKind = Literal["day", "week", "month", "year", "billing_year"]


def period_start(day: date, kind: PeriodKind, year_start: tuple[int, int]) -> date:
    """Return the first day of the period that a day lies in.

    Weeks are ISO weeks; `year_start` is the (month, day) of the billing year.
    """
    if kind == "week":
        return day - timedelta(days=day.weekday())
    if kind == "month":
        return day.replace(day=1)
    if kind == "year":
        return day.replace(month=1, day=1)
    if kind == "billing_year":
        start = date(day.year, *year_start)
        return start if start <= day else date(day.year - 1, *year_start)
    return day


def next_period(start: date, kind: PeriodKind) -> date:
    """Return the first day of the period after the one that begins at `start`."""
    if kind == "day":
        return start + timedelta(days=1)
    if kind == "week":
        return start + timedelta(days=7)
    if kind == "month":
        return (start + timedelta(days=31)).replace(day=1)
    return start.replace(year=start.year + 1)
