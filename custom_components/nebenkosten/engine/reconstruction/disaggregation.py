"""Disaggregation: amounts and the readings around them laid out over time."""

import numpy as np

from ..cleaning.amounts import Use
from ..cleaning.registers import Register
from ..domain.arrays import Bools, Floats
from .cumulative_use import Spans, Steps


def lay(register: Register, amounts: Use) -> Steps:
    """Return the use that amounts tell, with the readings around them."""
    edges = np.unique(np.concatenate((register.times, amounts.starts, amounts.ends)))
    use = _between(register, amounts, edges)
    nothing = np.isnan(use)
    total = np.concatenate(([0.0], np.cumsum(np.where(nothing, 0.0, use))))
    begins = np.flatnonzero(nothing & ~np.append(False, nothing[:-1]))
    ends = np.flatnonzero(nothing & ~np.append(nothing[1:], False))
    unknown = Spans(edges[begins], edges[ends + 1])
    known = np.flatnonzero(~nothing)
    read_until = float(edges[known[-1] + 1]) if len(known) else float(edges[0])
    return Steps(edges, total, unknown, read_until)


def _between(register: Register, amounts: Use, edges: Floats) -> Floats:
    """Return the use (k,) of each step between edges (k+1,) from what was read."""
    known, covered = _spread(amounts, edges)
    if len(register.times) < 2:
        return np.where(covered, known, np.nan)
    span = np.diff(edges)
    gap = np.searchsorted(register.times, edges[:-1], "right") - 1
    inside = (gap >= 0) & (edges[1:] <= register.times[-1])
    gap = np.clip(gap, 0, len(register.times) - 2)
    rise = np.diff(register.values)
    count = len(rise)
    sums = np.bincount(gap, np.where(inside & covered, known, 0.0), count).astype(float)
    bare = np.bincount(gap, np.where(inside & ~covered, span, 0.0), count).astype(float)
    shaped = _laid_out(rise, sums, bare, np.diff(register.times))
    scale, rate, flat = (column[gap] for column in shaped)
    within = np.where(covered, known * scale, rate * span) + flat * span
    falls = rise[gap] < 0
    within = np.where(falls, np.where(covered, known, np.nan), within)
    return np.where(inside, within, np.where(covered, known, np.nan))


def _laid_out(
    rise: Floats, sums: Floats, bare: Floats, span: Floats
) -> tuple[Floats, Floats, Floats]:
    """Return how each interval's rise is laid out, all (n,).

    The factor of the amounts in it, the rate [unit/s] of its bare parts, and the rate
    of an interval whose amounts say nothing although the counter rose.
    """
    room = (bare > 0) & (rise >= sums)
    some = sums > 0
    scale = np.where(room | ~some, 1.0, rise / np.where(some, sums, 1.0))
    rate = np.where(room, (rise - sums) / np.where(bare > 0, bare, 1.0), 0.0)
    flat = np.where(room | some, 0.0, (rise - sums) / span)
    return scale, rate, flat


def _spread(amounts: Use, edges: Floats) -> tuple[Floats, Bools]:
    """Return the amount (k,) that falls on each step, and whether one covers it."""
    which = np.searchsorted(amounts.starts, edges[:-1], "right") - 1
    inside = np.clip(which, 0, None)
    covered = (which >= 0) & (edges[1:] <= amounts.ends[inside])
    length = amounts.ends[inside] - amounts.starts[inside]
    share = np.where(covered, np.diff(edges) / length, 0.0)
    # A negative amount is no use that can be believed; its time stays unknown.
    believed = amounts.values[inside] >= 0
    return amounts.values[inside] * share, covered & believed
