"""Readings that two swapped digits explain better than the use they stand for.

They fit between their neighbours, so nothing contradicts them: they stay used, and are
named with what was probably meant.
"""

from typing import Final

import numpy as np

from ..domain.arrays import Floats
from ..domain.local_days import DAY
from . import typing_slips

_RATE: Final = 1.8
_FEWEST: Final = 5
_FITS: Final = 0.12
_SELDOM: Final = 5 * DAY


def swaps(
    times: Floats, values: Floats, fixed: frozenset[int]
) -> list[tuple[int, float]]:
    """Return the index of each such reading of (n,), with the likely value.

    A swap makes a zigzag: a high rate between two low ones, or the reverse. A season
    goes one way. Only dials that are read now and then are looked at.
    """
    if len(times) < _FEWEST:
        return []
    spans = times[1:] - times[:-1]
    rates = (values[1:] - values[:-1]) / (np.maximum(spans, DAY) / DAY)
    first, before, after, last = rates[:-3], rates[1:-2], rates[2:-1], rates[3:]
    up = (before > _RATE * first) & (_RATE * after < last)
    down = (_RATE * before < first) & (after > _RATE * last)
    odd = (up | down) & (spans[1:-2] >= _SELDOM) & (spans[2:-1] >= _SELDOM)
    if not odd.any():
        return []
    # And one that matters beside what the meter usually counts.
    rising = np.sort(rates[rates >= 0])
    odd &= np.abs(before - after) > rising[(len(rising) - 1) // 2]
    found = []
    for i in (np.flatnonzero(odd) + 2).tolist():
        low, value, high = values[i - 1 : i + 2].tolist()
        share = float((times[i] - times[i - 1]) / (times[i + 1] - times[i - 1]))
        expected = low + share * (high - low)
        likely = typing_slips.nearest(typing_slips.swapped(value), expected, low, high)
        if likely is not None and i not in fixed:
            fits = abs(likely - expected) < _FITS * abs(value - expected)
            found += [(i, likely)] * fits
    return found
