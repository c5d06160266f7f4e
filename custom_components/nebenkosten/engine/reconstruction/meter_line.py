"""A meter's use between any two instants, with its provenance.

A line is made of parts: stretches of time, each counted by the registers of one meter.
Parts follow each other at an exchange and lie side by side in a sum.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ..cleaning.amounts import Use
from ..cleaning.registers import Register
from ..domain.arrays import Bools, Floats, Ints
from ..domain.report import Provenance
from ..domain.unit_conversion import SAME_UNIT, Conversion
from .counter import known_instants, shown
from .cumulative_use import NOWHERE, Flow, Spans

# Closer to a reading than this [s] nothing is called guessed.
_MINUTE: Final = 60.0


@dataclass(frozen=True, slots=True)
class RegisterUse:
    """A register and its use over the time that it accounts for."""

    register: Register
    flow: Flow

    def among(self, instants: Floats) -> tuple[int, int]:
        """Return the instants (their first and last index) that its time lies within.

        Outside of them nothing is used.
        """
        if self.flow.start <= instants[0] and instants[-1] <= self.flow.end:
            return 0, len(instants) - 1
        times = self.register.times
        begin = min([self.flow.start, *times[:1].tolist()]) - _MINUTE
        end = max([self.flow.end, *times[-1:].tolist()]) + _MINUTE
        first = int(np.searchsorted(instants, begin, "right")) - 1
        last = int(np.searchsorted(instants, end, "left"))
        return max(first, 0), min(last, len(instants) - 1)


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """The registers of one meter (by key), counted between two instants [epoch s].

    Use comes in the unit that `conversion` makes of the meter's own.
    """

    key: str
    begin: float
    end: float
    courses: tuple[RegisterUse, ...]
    amounts: Use
    conversion: Conversion = SAME_UNIT

    def use(self, instants: Floats) -> Floats:
        """Return the use (n,) between instants (n+1,) in the part, NaN: unknown."""
        inside = self._inside(instants)
        if self.conversion.changes_nothing:
            return self._read(inside)
        changes = self.conversion.edges
        changes = changes[(changes > inside[0]) & (changes < inside[-1])]
        fine = np.union1d(inside, changes) if len(changes) else inside
        use = self._read(fine) * self.conversion.at(fine[:-1])
        if len(fine) == len(inside):
            return use
        return np.diff(np.append(0.0, np.cumsum(use))[np.searchsorted(fine, inside)])

    def _read(self, inside: Floats) -> Floats:
        """Return the use in the meter's own unit."""
        total = np.zeros(len(inside) - 1)
        for course in self.courses:
            first, last = course.among(inside)
            within, steps = inside[first : last + 1], total[first:last]
            steps += np.diff(course.flow.used_by(within))
            steps[course.flow.unknown.touch(within)] = np.nan
        left, right = inside[:-1], inside[1:]
        some = right > left
        total[some & (left < self.courses[0].flow.start)] = np.nan
        total[some & (right > max(c.flow.end for c in self.courses))] = np.nan
        return total

    def between(self, begin: float, end: float) -> Part | None:
        """Return the part within two instants, None where it has no time in there."""
        begin, end = max(begin, self.begin), min(end, self.end)
        return replace(self, begin=begin, end=end) if begin < end else None

    def _inside(self, instants: Floats) -> Floats:
        if self.begin <= instants[0] and instants[-1] <= self.end:
            return instants
        return np.clip(instants, self.begin, self.end)

    def provenance(self, instants: Floats) -> Ints:
        """Return how each step (n,) between instants (n+1,) is known in the part.

        Steps outside are measured: they count nothing.
        """
        inside = self._inside(instants)
        known = self.known(inside)
        result = np.where(
            known[:-1] & known[1:], Provenance.MEASURED, Provenance.INTERPOLATED
        )
        for course in self.courses:
            if not len(course.flow.guessed.starts):
                continue
            first, last = course.among(inside)
            guessed = course.flow.guessed.reach_into(inside[first : last + 1], _MINUTE)
            result[first:last][guessed] = Provenance.EXTRAPOLATED
        if inside is not instants:
            result[inside[1:] <= inside[:-1]] = Provenance.MEASURED
        return result

    def known(self, instants: Floats) -> Bools:
        """Return at which instants (n,) the counter is known."""
        found = np.zeros(len(instants), bool)
        for course in self.courses:
            first, last = course.among(instants)
            within = slice(first, last + 1)
            found[within] |= known_instants(
                course.register, self.amounts, instants[within]
            )
        return found

    def dial(self, instants: Floats) -> Floats:
        """Return what the dial in use showed at each instant (n,), NaN: unknown."""
        value = np.full(len(instants), np.nan)
        starts = [course.flow.start for course in self.courses]
        ends = [*np.searchsorted(instants, starts[1:]).tolist(), len(instants)]
        for course, end in zip(self.courses, ends, strict=True):
            own = slice(int(np.searchsorted(instants, course.flow.start)), end)
            value[own] = shown(course.register, course.flow, instants[own])
        return value

    @property
    def knots(self) -> Floats:
        """Return the instants (n,) in the part at which a dial was read, in order."""
        if len(self.courses) == 1:
            times = self.courses[0].register.times
        else:
            times = np.sort(np.concatenate([c.register.times for c in self.courses]))
        first = np.searchsorted(times, self.begin, "left")
        return times[first : np.searchsorted(times, self.end, "right")]


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """The parts of a meter; `uncovered` is the time that no part accounts for."""

    parts: tuple[Part, ...]
    uncovered: Spans = NOWHERE

    def use(self, instants: Floats) -> Floats:
        """Return the use (n,) between instants (n+1,), NaN where a part is unknown."""
        total = np.zeros(len(instants) - 1)
        for part in self.parts:
            total += part.use(instants)
        total[self.uncovered.touch(instants)] = np.nan
        return total

    def known(self, instants: Floats) -> Bools:
        """Return at which instants (n,) every part in use knows its counter."""
        found = np.ones(len(instants), bool)
        for part in self.parts:
            inside = (part.begin <= instants) & (instants <= part.end)
            found &= part.known(instants) | ~inside
        return found

    def provenance(self, instants: Floats, use: Floats) -> Ints:
        """Return how each step (n,) between instants (n+1,) is known."""
        result = self.parts[0].provenance(instants)
        for part in self.parts[1:]:
            result = np.maximum(result, part.provenance(instants))
        result[np.isnan(use)] = Provenance.UNKNOWN
        return result

    @property
    def courses(self) -> tuple[RegisterUse, ...]:
        """Return the courses of all parts."""
        return tuple(course for part in self.parts for course in part.courses)

    @property
    def last_read(self) -> float:
        """Return up to when the use is read, not carried forward."""
        return max(course.flow.read_until for course in self.parts[-1].courses)
