"""What did the counter show at any instant, and how is that known?

A register becomes a `Flow`: use over time, constant in rate between its edges. Between
two readings the counter is straight, or follows the amounts known in between; beyond
the first and the last reading the register's own mean rate goes on.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from .cleaning import Register
    from .model import Bools, Floats

_DAY: Final = 86400.0
_FORWARD_AT_LEAST: Final = 92.0
_FORWARD_AT_MOST: Final = 400.0
_NEAR: Final = 60.0
_CLOSE: Final = 2 * 3600.0


@dataclass(frozen=True, slots=True, eq=False)
class Use:
    """Known use between instants: starts, ends (n,) in order and disjoint, values."""

    starts: Floats
    ends: Floats
    values: Floats

    def within(self, start: float, end: float) -> Use:
        """Return what falls between start and end, cut amounts in proportion."""
        chosen = (self.ends > start) & (self.starts < end)
        starts, ends = self.starts[chosen], self.ends[chosen]
        left, right = np.maximum(starts, start), np.minimum(ends, end)
        return Use(left, right, self.values[chosen] * (right - left) / (ends - starts))


@dataclass(frozen=True, slots=True)
class Span:
    """The time [epoch s] that a register has to account for.

    From `begin` (None: from its first knot) to `end`. An opened register stood still
    from `still_from` to its first reading; one that `stops` does so at its last one.
    `forward(knot)` is the instant up to which use may be carried on from a last knot.
    """

    begin: float | None
    end: float
    still_from: float
    forward: Callable[[float], float]
    stops: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Flow:
    """The use of one register: edges (k+1,), use (k,) and its marks.

    `total` (k+1,) is the running sum of known use, `unknown` (k+1,) the running number
    of steps without a value, `guessed` (k+1,) that of extrapolated ones.
    """

    edges: Floats
    use: Floats
    total: Floats
    unknown: Floats
    guessed: Floats

    @property
    def start(self) -> float:
        """Return where the register's time begins."""
        return float(self.edges[0])

    @property
    def end(self) -> float:
        """Return where the register's time ends."""
        return float(self.edges[-1])

    def used_by(self, instants: Floats) -> Floats:
        """Return the known use from the register's start to each instant."""
        return np.interp(instants, self.edges, self.total)

    def touched(self, counts: Floats, instants: Floats) -> Bools:
        """Return whether a counted step overlaps each span between instants (n+1,)."""
        right = np.searchsorted(self.edges, instants[1:], "left")
        left = np.searchsorted(self.edges, instants[:-1], "right") - 1
        last = len(self.edges) - 1
        after, before = counts[np.clip(right, 0, last)], counts[np.clip(left, 0, last)]
        touched: Bools = after > before
        return touched


def flow(register: Register, amounts: Use, span: Span) -> Flow:
    """Return the use of a register over its span; where nothing is known it is NaN."""
    begin = -np.inf if span.begin is None else span.begin
    inside = amounts.within(begin, span.end)
    edges = np.unique(np.concatenate((register.times, inside.starts, inside.ends)))
    if not len(edges):
        edges = np.array([span.end if span.begin is None else span.begin])
    steps = _Steps(edges, _between(register, inside, edges))
    _go_back(register, steps, span)
    _go_on(steps, span)
    return steps.flow()


class _Steps:
    """Steps of use that grow at both ends until they fill a span."""

    def __init__(self, edges: Floats, use: Floats) -> None:
        self.start, self.end = float(edges[0]), float(edges[-1])
        self.edges, self.use = edges, use
        self._parts = [(edges, use, np.zeros(len(use)))]

    def before(self, start: float, use: float, *, guessed: bool) -> None:
        if start < self.start:
            part = (np.array([start]), np.array([use]), np.full(1, float(guessed)))
            self._parts.insert(0, part)
            self.start = start

    def after(self, end: float, use: float, *, guessed: bool) -> None:
        if end > self.end:
            part = (np.array([end]), np.array([use]), np.full(1, float(guessed)))
            self._parts.append(part)
            self.end = end

    def flow(self) -> Flow:
        edges, use, guessed = (
            np.concatenate(c) for c in zip(*self._parts, strict=True)
        )
        nothing = np.isnan(use)
        return Flow(
            edges,
            use,
            np.append(0.0, np.cumsum(np.where(nothing, 0.0, use))),
            np.append(0.0, np.cumsum(nothing)),
            np.append(0.0, np.cumsum(np.where(nothing, 0.0, guessed))),
        )


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
    sums: Floats = np.zeros(count)
    bare: Floats = np.zeros(count)
    np.add.at(sums, gap, np.where(inside & covered, known, 0.0))
    np.add.at(bare, gap, np.where(inside & ~covered, span, 0.0))
    shaped = _shape(rise, sums, bare, np.diff(register.times))
    scale, rate, flat = (column[gap] for column in shaped)
    within = np.where(covered, known * scale, rate * span) + flat * span
    falls = rise[gap] < 0
    within = np.where(falls, np.where(covered, known, np.nan), within)
    return np.where(inside, within, np.where(covered, known, np.nan))


def _shape(
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
    if not len(amounts.values):
        return np.zeros(len(edges) - 1), np.zeros(len(edges) - 1, bool)
    which = np.searchsorted(amounts.starts, edges[:-1], "right") - 1
    inside = np.clip(which, 0, None)
    covered = (which >= 0) & (edges[1:] <= amounts.ends[inside])
    length = amounts.ends[inside] - amounts.starts[inside]
    share = np.where(covered, np.diff(edges) / length, 0.0)
    # A negative amount is no use that can be believed; its time stays unknown.
    believed = amounts.values[inside] >= 0
    return amounts.values[inside] * share, covered & believed


def _go_back(register: Register, steps: _Steps, span: Span) -> None:
    """Carry the use back to the span's begin: never more than the dial then showed."""
    if span.begin is None or span.begin >= steps.start:
        return
    if register.opened:
        steps.before(max(span.still_from, span.begin), 0.0, guessed=True)
        steps.before(span.begin, np.nan, guessed=False)
        return
    amount = _rate(steps) * (steps.start - span.begin)
    if len(register.times):
        before = steps.use[: np.searchsorted(steps.edges, register.times[0])]
        room = float(register.values[0] - np.nansum(before))
        # Amounts may already be more than the dial shows: then it leaves no room.
        amount = min(amount, room) if room > 0 else 0.0 * amount
    steps.before(span.begin, amount, guessed=True)


def _go_on(steps: _Steps, span: Span) -> None:
    """Carry the use on to the span's end, as far as the readings' spacing allows."""
    if span.stops:
        steps.after(span.end, 0.0, guessed=True)
        return
    limit = min(span.end, span.forward(steps.end))
    steps.after(limit, _rate(steps) * (limit - steps.end), guessed=True)
    steps.after(span.end, np.nan, guessed=False)


def _rate(steps: _Steps) -> float:
    """Return the mean rate [unit/s] of all that is known, NaN if nothing is.

    Of all, not of the last year: so a reading entered late moves only the days between
    its neighbours, and never those beyond the register's ends.
    """
    known = ~np.isnan(steps.use)
    length = float(np.diff(steps.edges)[known].sum())
    return float(steps.use[known].sum()) / length if length > 0 else np.nan


def reach(registers: Iterable[Register]) -> float:
    """Return how many days a meter is carried on after its last knot."""
    longest = max(
        (float(np.diff(r.times).max()) for r in registers if len(r.times) > 1),
        default=0.0,
    )
    return min(max(_FORWARD_AT_LEAST, 2 * longest / _DAY), _FORWARD_AT_MOST)


def dial(register: Register, course: Flow, instants: Floats) -> Floats:
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
    low, high = np.minimum(start, instants), np.maximum(start, instants)
    pairs = np.column_stack((low, high)).ravel()
    lost = course.touched(course.unknown, pairs)[::2] & (high > low)
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
    after = np.searchsorted(register.times, instants, "left")
    last = len(register.times) - 1
    right, left = np.clip(after, 0, last), np.clip(after - 1, 0, last)
    known |= np.abs(register.times[right] - instants) <= _NEAR
    known |= np.abs(register.times[left] - instants) <= _NEAR
    between = (after > 0) & (after <= last)
    close = register.times[right] - register.times[left] <= _CLOSE
    still = register.values[right] == register.values[left]
    found: Bools = known | (between & (close | still))
    return found
