"""Slips of the pen in a register's first and newest reading.

Both have neighbours on one side only: what the others usually count has to decide.
"""

from typing import Final

import numpy as np

from ..domain.arrays import Floats
from ..domain.local_days import DAY
from . import typing_slips
from .counter_course import SELDOM, CounterCourse
from .rate_limit import RateLimit, Scale

# So many readings say what is usual for the first one.
_SEVERAL: Final = 5
# A first rise is odd at so many times those after it; what heats may begin in winter.
_ODD: Final = 5.0
_ODD_IN_WINTER: Final = 50.0
# A dial that fell to less than this share was rather exchanged than misread.
_ANEW: Final = 0.1
# A comma explains a rise where without its slip so small a share of it remains, and
# while a meter is young, it has to be so many times what households use.
_REST: Final = 0.02
_MANY: Final = 50.0


def begins_oddly(times: Floats, values: Floats, *, steady: bool) -> bool:
    """Return whether a first rise (of n readings) is odd beside those after it."""
    if len(times) < _SEVERAL or times[1] - times[0] <= SELDOM:
        return False
    at, shown = times[:_SEVERAL].tolist(), values[:_SEVERAL].tolist()
    first, *others = (
        (shown[i + 1] - shown[i]) / max(at[i + 1] - at[i], DAY)
        for i in range(_SEVERAL - 1)
    )
    odd = _ODD if steady else _ODD_IN_WINTER
    return bool(min(others) >= 0 and first > odd * max(others))


def too_high_first(course: CounterCourse) -> float | None:
    """Return what a first reading that the next one falls below was meant to be."""
    if not _tells_of_first(course):
        return None
    anew = course.at(1) < _ANEW * course.at(0)
    return course.slip_of_first(loose=not anew)


def too_low_first(course: CounterCourse) -> float | None:
    """Return what a first reading with an odd rise after it was meant to be."""
    several, steady = slice(_SEVERAL), course.limit.scale.steady
    times, shown = np.array(course.times[several]), np.array(course.shown[several])
    if not begins_oddly(times, shown, steady=steady):
        return None
    return course.slip_of_first(loose=steady)


def too_low_newest(course: CounterCourse, last: int) -> float | None:
    """Return what the newest reading, which fell below the last one, was meant to be.

    Any other digit is a slip where the dial did not begin anew, and what was read
    before tells of every season.
    """
    newest = course.newest
    if not course.is_seldom(newest):
        return None
    likely = course.slip(newest, None)
    anew = course.at(newest) < _ANEW * course.at(last)
    if likely is None and not anew and course.limit.knows_the_year(course.times[last]):
        return course.misread(newest, None)
    return likely


def _tells_of_first(course: CounterCourse) -> bool:
    """Return whether the readings after a person's first one agree."""
    return (
        course.newest + 1 >= _SEVERAL
        and course.seldom(0, 1)
        and all(course.rise(i, i + 1) >= 0 for i in range(1, _SEVERAL - 1))
    )


def comma_of_newest(times: Floats, values: Floats, scale: Scale) -> float | None:
    """Return what a newest reading of (n,), high by a slipped comma, was meant to be.

    It is within what the meter can count, so it may as well be true.
    """
    if len(values) < 2:
        return None
    last, newest = float(values[-2]), float(values[-1])
    meant = comma_of(last, newest)
    if meant is None:
        return None
    limit = RateLimit.of(times[:-1], values[:-1], scale)
    at = float(times[-2])
    usual = limit.doubtful(at) if limit.high_at(at) else _MANY * scale.usual
    days = max(float(times[-1]) - at, DAY) / DAY
    return meant if (newest - last) / days > usual else None


def comma_of(last: float, newest: float) -> float | None:
    """Return the value without a slipped comma that explains nearly all of a rise."""
    high = last + _REST * (newest - last)
    return typing_slips.nearest(typing_slips.shifted(newest), last, last, high)
