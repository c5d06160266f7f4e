"""Use by parts of the day: night, morning, day, evening."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from ..domain import local_days
from ..domain.local_days import HOUR
from ..domain.report import Hours, known

# Local hours at which each part begins; the night goes on until the morning.
_BEGINS: Final[Mapping[str, int]] = {
    "night": 22,
    "morning": 6,
    "day": 10,
    "evening": 17,
}
# When next to nobody uses anything: what flows then stands for standing use or a leak.
_QUIET: Final = (2, 5)


def by_part(hours: Hours, day: date, zone: ZoneInfo) -> dict[str, float | None]:
    """Return a local day's use [unit] by part of the day, None: an hour is unknown.

    Empty where the day has no hours. A night of a clock change has its real hours.
    """
    begin, use = _of_day(hours, day, zone)
    if not len(begin):
        return {}
    parts: dict[str, float] = {}
    for start, amount in zip(begin.tolist(), use.tolist(), strict=True):
        part = _part(datetime.fromtimestamp(start, zone).hour)
        parts[part] = parts.get(part, 0.0) + amount
    return {part: known(parts[part]) for part in _BEGINS if part in parts}


def quiet_use(hours: Hours, day: date, zone: ZoneInfo) -> float | None:
    """Return the least use in an hour [unit/h] between two and five at night.

    None where one of these hours is not known; there are as many as the night has.
    """
    begin, use = _of_day(hours, day, zone)
    quiet = [
        amount
        for start, amount in zip(begin.tolist(), use.tolist(), strict=True)
        if _QUIET[0] <= datetime.fromtimestamp(start, zone).hour < _QUIET[1]
    ]
    return known(float(np.min(quiet))) if quiet else None


def _of_day(hours: Hours, day: date, zone: ZoneInfo) -> tuple[np.ndarray, np.ndarray]:
    first = local_days.midnight(day, zone)
    last = local_days.midnight(day + timedelta(days=1), zone)
    begin, end = hours.edges[:-1], hours.edges[1:]
    inside = (begin >= first) & (end <= last) & (end - begin == HOUR)
    return begin[inside], hours.use[inside]


def _part(hour: int) -> str:
    begun = [part for part, begin in _BEGINS.items() if begin <= hour]
    return max(begun, key=_BEGINS.__getitem__, default="night")
