"""The outdoor temperature on each day of a meter's life."""

from datetime import date
from functools import lru_cache
from typing import Final

import numpy as np

from ..domain.arrays import Floats
from ..domain.report import Temperature

_NEEDED: Final = 0.9
_A_YEAR: Final = 330
_GAP: Final = 10
_WINDOW: Final = 10
_YEAR: Final = 365.25


def temperatures(
    known: Temperature | None, first: date, days: int, passed: int
) -> Floats | None:
    """Return daily means (days,) [°C] from `first` on, None where too few are known.

    Nine tenths of the time (CalTRACK 2.0, 2.2.1), or most of a year, from which the
    usual temperature of a season is taken for longer gaps and for days to come: only
    the first `passed` ones are asked for. Short gaps are bridged straight.
    """
    if known is None or not days:
        return None
    found = np.full(days, np.nan)
    means = np.asarray(known.means, float)
    offset = (known.first_day - first).days
    begin, end = max(offset, 0), min(offset + len(means), days)
    if end > begin:
        found[begin:end] = means[begin - offset : end - offset]
    have = ~np.isnan(found)
    if have.sum() < min(_NEEDED * passed, _A_YEAR) or not have.any():
        return None
    at = np.flatnonzero(have)
    bridged = np.interp(np.arange(days), at, found[at])
    far = _distance(at, days) > _GAP
    return np.where(far, usual(known, first, days), bridged)


def usual(known: Temperature, first: date, days: int) -> Floats:
    """Return the mean temperature (days,) of each day's season in all years known."""
    wanted = (first.toordinal() + np.arange(days)) % _YEAR
    found: Floats = _by_season(known)[np.minimum(wanted.astype(int), 365)]
    return found


@lru_cache(maxsize=4)
def _by_season(known: Temperature) -> Floats:
    """Return the mean temperature (366,) around each day of the year."""
    means = np.asarray(known.means, float)
    have = ~np.isnan(means)
    phase = (known.first_day.toordinal() + np.flatnonzero(have)) % _YEAR
    table = np.zeros(366)
    for day in range(366):
        away = np.abs((phase - day + _YEAR / 2) % _YEAR - _YEAR / 2)
        near = away <= max(_WINDOW, float(away.min()))
        table[day] = means[have][near].mean()
    return table


def _distance(at: np.ndarray, days: int) -> Floats:
    """Return how many days (days,) each day is away from one with a value."""
    grid = np.arange(days)
    after = np.clip(np.searchsorted(at, grid), 0, len(at) - 1)
    before = np.clip(after - 1, 0, None)
    result: Floats = np.minimum(
        np.abs(at[after] - grid), np.abs(at[before] - grid)
    ).astype(float)
    return result


def so_far(
    known: Temperature | None, first: date, days: int, *, whole: bool = False
) -> Floats | None:
    """Return daily means (days,) [°C] in which a gap repeats the last value before it.

    So a day's temperature never depends on a later one. Days before the first value
    are NaN; with `whole`, None is returned in their place.
    """
    if known is None:
        return None
    found = np.full(days, np.nan)
    means = np.asarray(known.means, float)
    offset = (known.first_day - first).days
    have = np.flatnonzero(~np.isnan(means))
    if not len(have):
        return None
    which = np.searchsorted(have + offset, np.arange(days), "right") - 1
    inside = which >= 0
    found[inside] = means[have[which[inside]]]
    if whole and not inside.all():
        return None
    return found
