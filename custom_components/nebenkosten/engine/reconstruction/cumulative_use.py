"""The cumulative use of one register over time, with its unknown parts."""

from dataclasses import dataclass

import numpy as np

from ..domain.arrays import Bools, Floats


@dataclass(frozen=True, slots=True, eq=False)
class Spans:
    """Stretches of time: starts, ends (n,) in order and disjoint [epoch s]."""

    starts: Floats
    ends: Floats

    def touch(self, instants: Floats) -> Bools:
        """Return whether one overlaps each step (n,) between instants (n+1,)."""
        return self.overlap(instants[:-1], instants[1:])

    def reach_into(self, instants: Floats, margin: float) -> Bools:
        """Return whether one overlaps each step (n,) by more than its edges [s].

        What lies within `margin` of an edge does not count, nor what is that short.
        """
        long = self.ends - self.starts > margin
        spans = Spans(self.starts[long], self.ends[long])
        return spans.overlap(instants[:-1] + margin, instants[1:] - margin)

    def overlap(self, left: Floats, right: Floats) -> Bools:
        """Return whether one overlaps each stretch left..right (n,)."""
        if not len(self.starts):
            return np.zeros(len(left), bool)
        following = np.searchsorted(self.ends, left, "right")
        starts = np.append(self.starts, np.inf)
        touched: Bools = (starts[following] < right) & (right > left)
        return touched


NOWHERE = Spans(np.empty(0), np.empty(0))


@dataclass(frozen=True, slots=True, eq=False)
class Flow:
    """The use of one register: edges (k+1,) and the running sum of use (k+1,).

    In up to three pieces that follow each other, so that a long one need not be copied
    to be prolonged. Straight between its edges; only differences of the sum mean
    something. `unknown` has no value, `guessed` is carried beyond the readings;
    `read_until` is where readings and amounts end.
    """

    pieces: tuple[tuple[Floats, Floats], ...]
    unknown: Spans
    guessed: Spans
    read_until: float

    @property
    def start(self) -> float:
        """Return where the register's time begins."""
        return float(self.pieces[0][0][0])

    @property
    def end(self) -> float:
        """Return where the register's time ends."""
        return float(self.pieces[-1][0][-1])

    def used_by(self, instants: Floats) -> Floats:
        """Return the running sum of known use at each instant."""
        used = np.interp(instants, *self.pieces[0])
        for edges, total in self.pieces[1:]:
            later = instants > edges[0]
            used = np.where(later, np.interp(instants, edges, total), used)
        return used


class Steps:
    """A flow that grows at both ends until it fills its span."""

    def __init__(
        self, edges: Floats, total: Floats, unknown: Spans, read_until: float
    ) -> None:
        """Begin with what was read: edges and running sum (k+1,)."""
        self.start, self.end = float(edges[0]), float(edges[-1])
        self.first, self.last = float(total[0]), float(total[-1])
        self._body = edges, total
        self._pieces = [self._body]
        self._unknown = unknown
        self._unknown_before: list[tuple[float, float]] = []
        self._unknown_after: list[tuple[float, float]] = []
        self._guessed: list[tuple[float, float]] = []
        self._read_until = read_until

    def read_by(self, instant: float) -> float:
        """Return the use read from the start to an instant, before anything grew."""
        edges, total = self._body
        return float(np.interp(instant, edges, total) - total[0])

    def before(self, edges: Floats, use: Floats) -> None:
        """Put guessed use (m,) between edges (m+1,) before the start."""
        if not len(use) or not edges[0] < self.start:
            return
        if np.isnan(use).any():
            self._unknown_before.append((float(edges[0]), self.start))
            use = np.zeros(len(use))
        else:
            self._guessed.insert(0, (float(edges[0]), self.start))
        total = np.append(self.first - np.cumsum(use[::-1])[::-1], self.first)
        self._pieces.insert(0, (edges, total))
        self.start, self.first = float(edges[0]), float(total[0])

    def after(self, edges: Floats, use: Floats) -> None:
        """Put guessed use (m,) between edges (m+1,) after the end; NaN is unknown."""
        if not len(use) or not edges[-1] > self.end:
            return
        if np.isnan(use).any():
            self._unknown_after.append((self.end, float(edges[-1])))
            use = np.zeros(len(use))
        else:
            self._guessed.append((self.end, float(edges[-1])))
        total = np.append(self.last, self.last + np.cumsum(use))
        self._pieces.append((edges, total))
        self.end, self.last = float(edges[-1]), float(total[-1])

    def flow(self) -> Flow:
        """Return what has grown."""
        before, after = _spans(self._unknown_before), _spans(self._unknown_after)
        return Flow(
            tuple(self._pieces),
            _joined(before, self._unknown, after),
            _spans(self._guessed),
            self._read_until,
        )


def _spans(pairs: list[tuple[float, float]]) -> Spans:
    if not pairs:
        return NOWHERE
    starts, ends = zip(*sorted(pairs), strict=True)
    return Spans(np.array(starts), np.array(ends))


def _joined(*parts: Spans) -> Spans:
    some = [part for part in parts if len(part.starts)]
    if len(some) < 2:
        return some[0] if some else NOWHERE
    return Spans(
        np.concatenate([part.starts for part in some]),
        np.concatenate([part.ends for part in some]),
    )
