"""Interpolation of the counter between readings.

A register becomes a `Flow`. Between two readings the counter follows the meter's shape,
or the amounts known in between; without a shape it is straight.
"""

from typing import Final

import numpy as np

from ..cleaning.amounts import Use
from ..cleaning.registers import Register
from ..domain.arrays import Floats, Ints
from ..domain.local_days import DAY
from ..load_model.model_time import Pace
from . import disaggregation, monotone_cubic
from .cumulative_use import NOWHERE, Flow, Spans, Steps
from .extrapolation import Beyond, Span, go_back, go_on

# Intervals longer than this [s] have a shape; a gap of a day and a bit has none.
_SHAPED: Final = 1.5 * DAY


def flow(
    register: Register, amounts: Use, span: Span, pace: Pace | None = None
) -> Flow:
    """Return the use of a register over its span."""
    begin = -np.inf if span.begin is None else span.begin
    inside = amounts.within(begin, span.end)
    if len(inside.values):
        steps = disaggregation.lay(register, inside)
    elif len(register.times):
        steps = _of_readings(register, pace)
    else:
        edge = np.array([span.end if span.begin is None else span.begin])
        steps = Steps(edge, np.zeros(1), NOWHERE, float(edge[0]))
    beyond = Beyond.of(register, inside, steps, pace)
    go_back(register, steps, span, beyond)
    go_on(steps, span, beyond)
    return steps.flow()


def _of_readings(register: Register, pace: Pace | None) -> Steps:
    """Return the counter itself as running sum, shaped where readings lie far apart."""
    times, total, falls = register.times, register.values, register.falls
    unknown = NOWHERE
    if len(falls):
        rise = np.diff(total)
        rise[falls] = 0.0
        total = np.concatenate(([0.0], np.cumsum(rise)))
        unknown = Spans(times[falls], times[falls + 1])
    read_until = float(times[-1])
    if pace is not None and len(times) > 1:
        times, total = _shaped(times, total, falls, pace)
    return Steps(times, total, unknown, read_until)


def _shaped(
    times: Floats, total: Floats, falls: Ints, pace: Pace
) -> tuple[Floats, Floats]:
    """Insert the midnights inside long intervals (those with a fall stay straight)."""
    long = np.diff(times) > _SHAPED
    long[falls] = False
    if not long.any():
        return times, total
    where = np.searchsorted(times, pace.midnights, "right") - 1
    inside = (where >= 0) & (where < len(times) - 1)
    where = np.clip(where, 0, len(times) - 2)
    inside &= long[where] & (pace.midnights > times[where])
    at, where = pace.midnights[inside], where[inside]
    near = np.unique(np.clip(where[:, None] + np.array([-1, 0, 1]), 0, len(long) - 1))
    passed = pace.model_time(times[np.unique(np.append(near, near + 1))])
    knots = np.unique(np.append(near, near + 1))
    slot = np.searchsorted(knots, near)
    model = np.maximum(passed[slot + 1] - passed[slot], 1e-12)
    rise = total[near + 1] - total[near]
    apart = (np.diff(near) > 1) | np.isin(near[:-1], falls) | np.isin(near[1:], falls)
    begin, end = monotone_cubic.slopes(model, rise, apart)
    mine = np.searchsorted(near, where)
    share = (pace.model_time(at) - passed[slot][mine]) / model[mine]
    use = monotone_cubic.between(
        np.clip(share, 0.0, 1.0),
        rise[mine],
        model[mine],
        (begin[mine], end[mine]),
        (times[where + 1] - times[where]) / DAY,
    )
    # Rounding must not let the counter pass the reading that closes the interval.
    use = np.clip(use, 0.0, rise[mine])
    return np.insert(times, where + 1, at), np.insert(
        total, where + 1, total[where] + use
    )
