"""The uncertainty of days that were not measured.

A band holds the true value four times out of five. The errors of a gap's days go
together: the half width of a sum of days is the sum of theirs, and that of the counter
grows from the nearest reading on.
"""

from typing import Final

import numpy as np

from ..domain.arrays import Floats, Ints
from ..domain.local_days import DAY
from ..domain.report import Provenance
from .meter_line import Line

# Fitted once on real meters of three media with readings 20 to 400 days apart: the
# relative half width of a month inside an interval, and how it grows with its length.
_INSIDE: Final = 0.095
_GROWTH: Final = 0.48
_MONTH: Final = 30.0
# The same beyond the first and the last reading: at once, and each 30 days more.
_BEYOND: Final = 0.34
_BEYOND_MORE: Final = 0.12
# Some of the error has the size of a usual day, however little a day itself used.
_OF_USUAL: Final = 0.3
# A single day's use strays this much around its model (80 %).
_SINGLE_DAYS: Final = 0.45
_TINY: Final = 1e-18


def half_widths(line: Line, midnights: Floats, use: Floats, provenance: Ints) -> Floats:
    """Return the half width (n,) [unit] of each day's 80 % band, NaN if unknown."""
    times = knots(line)
    if not len(times):
        return np.where(np.isnan(use), np.nan, 0.0)
    middle = (midnights[1:] + midnights[:-1]) / 2
    after = np.searchsorted(times, middle)
    left = times[np.clip(after - 1, 0, len(times) - 1)]
    right = times[np.clip(after, 0, len(times) - 1)]
    inside = (after > 0) & (after < len(times))
    length = np.where(inside, right - left, 0.0) / DAY
    away = np.minimum(np.abs(middle - left), np.abs(right - middle)) / DAY
    beyond = _BEYOND + _BEYOND_MORE * away / _MONTH
    relative = np.where(inside, _INSIDE * (length / _MONTH) ** _GROWTH, beyond)
    known = use[~np.isnan(use)]
    usual = float(np.abs(known).mean()) if len(known) else 0.0
    size = (1 - _OF_USUAL) * np.abs(use) + _OF_USUAL * usual
    return np.where(provenance == Provenance.MEASURED, 0.0, relative * size)


def slack(line: Line, midnights: Floats, half: Floats, use: Floats) -> Floats:
    """Return the half width (n+1,) [unit] of the counter at each midnight.

    The gap's common error, and that of single days, which go up and down by themselves:
    it grows with the root of the days to a reading, like a walk tied down at both ends.
    """
    times = knots(line)
    running = np.concatenate(([0.0], np.cumsum(np.nan_to_num(half))))
    if not len(times):
        return np.zeros(len(running))
    at_knots = np.interp(times, midnights, running)
    after = np.searchsorted(times, midnights)
    left, right = (
        np.clip(after - 1, 0, len(times) - 1),
        np.clip(after, 0, len(times) - 1),
    )
    before, behind = after == 0, after == len(times)
    from_left = np.where(before, np.inf, np.abs(running - at_knots[left]))
    to_right = np.where(behind, np.inf, np.abs(at_knots[right] - running))
    past = np.where(before, np.inf, midnights - times[left]) / DAY
    ahead = np.where(behind, np.inf, times[right] - midnights) / DAY
    tied = 1 / (1 / np.maximum(past, _TINY) + 1 / np.maximum(ahead, _TINY))
    known = use[~np.isnan(use)]
    usual = float(np.abs(known).mean()) if len(known) else 0.0
    common = np.minimum(from_left, to_right)
    result: Floats = np.hypot(common, _SINGLE_DAYS * usual * np.sqrt(tied))
    # A midnight inside measured days is known: nothing of it strays.
    sure = np.append(half[:1] == 0, half == 0) & np.append(half == 0, half[-1:] == 0)
    return np.where(sure, 0.0, result)


def knots(line: Line) -> Floats:
    """Return the instants at which some register of the line was read."""
    if len(line.parts) == 1:
        return line.parts[0].knots
    return np.unique(np.concatenate([part.knots for part in line.parts]))
