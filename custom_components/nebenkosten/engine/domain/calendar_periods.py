"""The bounds of days, hours, months and years in a stretch of time."""

from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

import numpy as np

from . import local_days

if TYPE_CHECKING:
    from .report import Floats

type PeriodKind = Literal["day", "week", "month", "year", "billing_year"]

_HOUR = 3600.0


def midnights(first: date, last: date, zone: ZoneInfo) -> Floats:
    """Return the instants (n+1,) [epoch s] that bound the days first..last."""
    begin, edges = _edges(zone.key, first.year, last.year + 1)
    start = (first - begin).days
    return edges[start : start + max((last - first).days + 2, 1)]


@lru_cache(maxsize=64)
def _edges(key: str, first_year: int, last_year: int) -> tuple[date, Floats]:
    zone = ZoneInfo(key)
    begin = date(first_year, 1, 1)
    count = (date(last_year, 1, 2) - begin).days
    instants = np.array(
        [local_days.midnight(begin + timedelta(days=i), zone) for i in range(count)]
    )
    instants.setflags(write=False)
    return begin, instants


def hour_edges(bounds: Floats) -> Floats:
    """Return the full hours of each span between bounds [epoch s], bounds included.

    A day that is no whole number of hours long stays in one piece: its hours would not
    begin with the clock's.
    """
    parts = [
        np.arange(start, end, _HOUR)
        if (end - start) % _HOUR == 0
        else np.array([start])
        for start, end in pairwise(bounds.tolist())
    ]
    return np.concatenate([*parts, bounds[-1:]])


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
