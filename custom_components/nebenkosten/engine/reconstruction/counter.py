"""A register's counter at an instant, with its provenance."""

from typing import Final

import numpy as np

from ..cleaning.amounts import Use
from ..cleaning.registers import Register
from ..domain.arrays import Bools, Floats
from ..domain.local_days import HOUR
from .cumulative_use import Flow

_NEAR: Final = 60.0
_CLOSE: Final = 2 * HOUR


def shown(register: Register, course: Flow, instants: Floats) -> Floats:
    """Return what the register's dial showed at each instant, NaN where unknown.

    Counted from the nearest reading before, so that it meets every reading exactly.
    """
    if not len(register.times):
        return np.full(len(instants), np.nan)
    before = np.searchsorted(register.times, instants, "right") - 1
    anchor = np.clip(before, 0, None)
    start = register.times[anchor]
    shown = register.values[anchor] - register.rolled[anchor]
    value = shown + course.used_by(instants) - course.used_by(start)
    if register.rolled.any():
        value = np.mod(value, register.full)
    lost = course.unknown.overlap(
        np.minimum(start, instants), np.maximum(start, instants)
    )
    outside = (instants < course.start) | (instants > course.end)
    return np.where(lost | outside, np.nan, value)


def known_instants(register: Register, amounts: Use, instants: Floats) -> Bools:
    """Return at which instants (n,) the register's counter is known, not guessed.

    That is within a minute of a reading, inside an amount, between two readings at
    most two hours apart, or between two of equal value.
    """
    known = np.zeros(len(instants), bool)
    if len(amounts.values):
        which = np.searchsorted(amounts.starts, instants, "right") - 1
        inside = np.clip(which, 0, None)
        known |= (which >= 0) & (instants <= amounts.ends[inside])
    if not len(register.times):
        return known
    times, last = register.times, len(register.times) - 1
    after = np.searchsorted(times, instants, "left")
    known |= np.abs(times[np.minimum(after, last)] - instants) <= _NEAR
    if known.all():
        return known
    left, right = np.maximum(after - 1, 0), np.minimum(after, last)
    before = times[left]
    known |= np.abs(before - instants) <= _NEAR
    between = (after > 0) & (after <= last)
    known |= between & (times[right] - before <= _CLOSE)
    if not known.all():
        known |= between & (register.values[right] == register.values[left])
    return known
