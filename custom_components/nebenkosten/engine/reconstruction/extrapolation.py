"""Extrapolation before the first and after the last reading.

The shape goes on at the rate of the nearest interval, which fades into the meter's
usual rate with distance. Nothing goes below zero, and nothing further than the spacing
of the readings allows.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from ..cleaning.amounts import Use
from ..cleaning.registers import Register
from ..domain.arrays import Floats
from ..domain.local_days import DAY
from ..load_model.model_time import Pace
from . import monotone_cubic
from .cumulative_use import Steps

_FORWARD_AT_LEAST: Final = 92.0
_FORWARD_AT_MOST: Final = 400.0
# A nearest interval shorter than this [s] says nothing about a season.
_SHAPED: Final = 1.5 * DAY
# How the rate beyond the ends is made of the nearest interval's mean and its slope
# there, and after how many days the meter's usual rate takes over (e-fold).
_SLOPE_BEYOND: Final = 0.85
_NEAR_BEYOND: Final = 0.93
_FADE_BEYOND: Final = 100.0


@dataclass(frozen=True, slots=True)
class Span:
    """The time [epoch s] that a register has to account for.

    From `begin` (None: from its first knot) to `end`. An opened register stood still
    from `still_from` to its first reading; one that `stops` does so at its last one.
    `forward(knot)` is the instant up to which use may be carried on from a last knot.
    One that `bridges` takes the place of another meter before its first reading: its
    own dial says nothing of that time.
    """

    begin: float | None
    end: float
    still_from: float
    forward: Callable[[float], float]
    stops: bool = False
    bridges: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Beyond:
    """How use goes on beyond the ends: rates [unit/model time or s] and the pace."""

    pace: Pace | None
    usual: float
    before: float
    after: float

    @classmethod
    def of(
        cls, register: Register, amounts: Use, steps: Steps, pace: Pace | None
    ) -> Beyond:
        """Measure the rates at both ends."""
        if pace is None or len(amounts.values) or len(register.times) < 2:
            rate = _mean_rate(register, amounts, steps)
            if pace is None or np.isnan(rate):
                return cls(None, rate, rate, rate)
            return cls(pace, rate * DAY, rate * DAY, rate * DAY)
        times = register.times
        ends = np.unique([0, 1, 2, len(times) - 3, len(times) - 2, len(times) - 1])
        ends = ends[(ends >= 0) & (ends < len(times))]
        passed = np.maximum(np.diff(pace.model_time(times[ends])), 1e-12)
        rise = np.maximum(np.diff(register.values[ends]), 0.0)
        begin, end = monotone_cubic.slopes(
            passed, rise, np.zeros(len(passed) - 1, bool)
        )
        usual = pace.shape.level
        if np.isnan(usual):
            usual = float(rise.sum() / passed.sum())
        long = np.diff(times[ends]) > _SHAPED
        before = _toward(rise[0] / passed[0], begin[0]) if long[0] else usual
        after = _toward(rise[-1] / passed[-1], end[-1]) if long[-1] else usual
        return cls(pace, usual, before, after)

    def use(self, edges: Floats, knot: float, near: float) -> Floats:
        """Return the use (m,) between edges (m+1,) seen from a knot with a rate."""
        if self.pace is None:
            return self.usual * np.diff(edges)
        model = np.diff(self.pace.model_time(edges))
        middle = np.abs((edges[1:] + edges[:-1]) / 2 - knot) / DAY
        weight = _NEAR_BEYOND * np.exp(-middle / _FADE_BEYOND)
        return model * (self.usual + (near - self.usual) * weight)

    def edges(self, start: float, end: float) -> Floats:
        """Return two instants with the midnights between them."""
        ends = np.array([start]), np.array([end])
        if self.pace is None:
            return np.concatenate(ends)
        return np.concatenate((ends[0], self.pace.inside(start, end), ends[1]))


def _toward(mean: float, slope: float) -> float:
    return float(mean + _SLOPE_BEYOND * (slope - mean))


def _mean_rate(register: Register, amounts: Use, steps: Steps) -> float:
    """Return the mean rate [unit/s] of all that is known, NaN if nothing is."""
    if len(amounts.values):
        laid = steps.flow()
        ((edges, total),) = laid.pieces
        known = ~laid.unknown.touch(edges)
        length = float(np.diff(edges)[known].sum())
        use = float(np.diff(total)[known].sum())
        return use / length if length > 0 else np.nan
    times, values, falls = register.times, register.values, register.falls
    if len(times) < 2:
        return np.nan
    length = float(times[-1] - times[0] - (times[falls + 1] - times[falls]).sum())
    fell = float((values[falls + 1] - values[falls]).sum())
    return float(values[-1] - values[0] - fell) / length if length > 0 else np.nan


def go_back(register: Register, steps: Steps, span: Span, beyond: Beyond) -> None:
    """Carry the use back to the span's begin: never more than the dial then showed."""
    if span.begin is None or span.begin >= steps.start:
        return
    if register.opened and not span.bridges:
        still = max(span.still_from, span.begin)
        steps.before(np.array([still, steps.start]), np.zeros(1))
        steps.before(np.array([span.begin, steps.start]), np.full(1, np.nan))
        return
    edges = beyond.edges(span.begin, steps.start)
    use = beyond.use(edges, steps.start, beyond.before)
    if len(register.times) and len(use) and not span.bridges:
        room = float(register.values[0]) - steps.read_by(float(register.times[0]))
        total = float(use.sum())
        # Amounts may already be more than the dial shows: then it leaves no room.
        if room <= 0:
            use = 0.0 * use
        elif total > room:
            use = use * (room / total)
    steps.before(edges, use)


def go_on(steps: Steps, span: Span, beyond: Beyond) -> None:
    """Carry the use on to the span's end, as far as the readings' spacing allows."""
    if span.stops:
        steps.after(np.array([steps.end, span.end]), np.zeros(1))
        return
    if span.end <= steps.end:
        return
    limit = min(span.end, span.forward(steps.end))
    edges = beyond.edges(steps.end, limit)
    steps.after(edges, beyond.use(edges, steps.end, beyond.after))
    steps.after(np.array([steps.end, span.end]), np.full(1, np.nan))


def reach(registers: Iterable[Register]) -> float:
    """Return how many days a meter is carried on after its last knot."""
    longest = max(
        (float(np.diff(r.times).max()) for r in registers if len(r.times) > 1),
        default=0.0,
    )
    return min(max(_FORWARD_AT_LEAST, 2 * longest / DAY), _FORWARD_AT_MOST)
