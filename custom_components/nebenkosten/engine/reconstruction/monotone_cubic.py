"""A monotone cubic curve between two readings.

A monotone cubic in *model time*: the running sum of the shape's daily weights takes the
place of the clock, so that the counter follows the model, and the cubic lets the ratio
of use to model pass smoothly from one interval to the next. Fritsch and Carlson (SIAM
J. Numer. Anal. 17, 1980) give the monotone slopes, in the harmonic form of Fritsch and
Butland (SIAM J. Sci. Stat. Comput. 5, 1984). An interval's curve depends on its own
readings and on at most one interval on either side.
"""

from typing import Final

import numpy as np

from ..domain.arrays import Bools, Floats

# A long interval says little about how its neighbour began: the cubic fades out.
_FADE: Final = 175.0
# A neighbour much shorter than the interval says nothing about its season.
_TOO_SHORT: Final = 0.1


def slopes(model: Floats, rise: Floats, apart: Bools) -> tuple[Floats, Floats]:
    """Return the slopes at each interval's begin and end (k,) [unit per model time].

    `model` (k,) is each interval's length in model time, `rise` (k,) its use; `apart`
    (k-1,) tells which neighbours do not belong together.
    """
    rate = rise / model
    if len(rate) == 1:
        return rate, rate
    joint = _harmonic(model, rate)
    short = model[1:] < _TOO_SHORT * model[:-1], model[:-1] < _TOO_SHORT * model[1:]
    end = np.append(np.where(apart | short[0], rate[:-1], joint), rate[-1])
    begin = np.insert(np.where(apart | short[1], rate[1:], joint), 0, rate[0])
    if not apart[0] and not short[1][0]:
        begin[0] = _outer(model[0], model[1], rate[0], rate[1])
    if not apart[-1] and not short[0][-1]:
        end[-1] = _outer(model[-1], model[-2], rate[-1], rate[-2])
    return begin, end


def _harmonic(model: Floats, rate: Floats) -> Floats:
    """Return the weighted harmonic mean (k-1,) of neighbouring rates, 0 if one is."""
    left, right = rate[:-1], rate[1:]
    first, second = 2 * model[1:] + model[:-1], model[1:] + 2 * model[:-1]
    both = (left > 0) & (right > 0)
    safe_left, safe_right = np.where(both, left, 1.0), np.where(both, right, 1.0)
    mean = (first + second) / (first / safe_left + second / safe_right)
    return np.where(both, mean, 0.0)


def _outer(own: float, next_: float, rate: float, next_rate: float) -> float:
    """Return the slope at an outer end from three points, kept monotone."""
    slope = ((2 * own + next_) * rate - own * next_rate) / (own + next_)
    return min(max(slope, 0.0), 3 * rate)


def between(
    share: Floats,
    rise: Floats,
    model: Floats,
    ends: tuple[Floats, Floats],
    days: Floats,
) -> Floats:
    """Return the use (n,) since the interval's begin, all arguments for each instant.

    `share` is how much of the interval's model time has passed, `rise` its use, `model`
    its model time, `ends` the slopes at its begin and end, `days` its length.
    """
    begin, end = ends
    left = 1 - share
    cubic = (
        model * begin * share * left**2
        + rise * share**2 * (3 - 2 * share)
        + model * end * share**2 * -left
    )
    weight = np.exp(-((days / _FADE) ** 2))
    return weight * cubic + (1 - weight) * rise * share
