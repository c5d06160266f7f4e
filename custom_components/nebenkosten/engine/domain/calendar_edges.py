"""The edges of days and hours as instants."""

from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np

from . import local_days
from .arrays import Floats
from .local_days import HOUR


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
        np.arange(start, end, HOUR) if (end - start) % HOUR == 0 else np.array([start])
        for start, end in pairwise(bounds.tolist())
    ]
    return np.concatenate([*parts, bounds[-1:]])
