"""What did a meter use between any two instants, and how is that known?

A line is made of parts: stretches of time, each counted by the registers of one meter.
Parts follow each other at an exchange and lie side by side in a sum.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .dial import known_instants, shown
from .flow import NOWHERE, Spans
from .model import Provenance

if TYPE_CHECKING:
    from .cleaning import Register
    from .flow import Flow
    from .laid_amounts import Use
    from .model import Bools, Floats, Ints


@dataclass(frozen=True, slots=True)
class Course:
    """A register and its use over the time that it accounts for."""

    register: Register
    flow: Flow


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """The registers of one meter, counted between two instants [epoch s]."""

    begin: float
    end: float
    courses: tuple[Course, ...]
    amounts: Use

    def use(self, instants: Floats) -> Floats:
        """Return the use (n,) between instants (n+1,) in the part, NaN: unknown."""
        inside = self._inside(instants)
        total = np.zeros(len(instants) - 1)
        for course in self.courses:
            total += np.diff(course.flow.used_by(inside))
            total[course.flow.unknown.touch(inside)] = np.nan
        left, right = inside[:-1], inside[1:]
        some = right > left
        total[some & (left < self.courses[0].flow.start)] = np.nan
        total[some & (right > max(c.flow.end for c in self.courses))] = np.nan
        return total

    def _inside(self, instants: Floats) -> Floats:
        if self.begin <= instants[0] and instants[-1] <= self.end:
            return instants
        return np.clip(instants, self.begin, self.end)

    def guessed(self, instants: Floats) -> Bools:
        """Return which steps (n,) between instants (n+1,) lie beyond readings."""
        inside = self._inside(instants)
        found = np.zeros(len(instants) - 1, bool)
        for course in self.courses:
            found |= course.flow.guessed.touch(inside)
        return found

    def known(self, instants: Floats) -> Bools:
        """Return at which instants (n,) the counter is known."""
        found = np.zeros(len(instants), bool)
        for course in self.courses:
            found |= known_instants(course.register, self.amounts, instants)
        return found

    def dial(self, instants: Floats) -> Floats:
        """Return what the dial in use showed at each instant (n,), NaN: unknown."""
        value = np.full(len(instants), np.nan)
        for course in self.courses:
            now = shown(course.register, course.flow, instants)
            value = np.where(instants >= course.flow.start, now, value)
        return value


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """The parts of a meter; `uncovered` is the time that no part accounts for."""

    parts: tuple[Part, ...]
    uncovered: Spans = NOWHERE

    def use(self, instants: Floats, factors: tuple[Floats, ...] = ()) -> Floats:
        """Return the use (n,) between instants (n+1,), NaN where a part is unknown.

        `factors` are what each step (n,) of each part is multiplied with.
        """
        total = np.zeros(len(instants) - 1)
        for i, part in enumerate(self.parts):
            total += part.use(instants) * (factors[i] if factors else 1.0)
        total[self.uncovered.touch(instants)] = np.nan
        return total

    def known(self, instants: Floats) -> Bools:
        """Return at which instants (n,) the counter is known.

        Where one part hands over to another it is enough that one of them knows.
        """
        if len(self.parts) == 1:
            return self.parts[0].known(instants)
        every = np.ones(len(instants), bool)
        some, inner = np.zeros((2, len(instants)), bool)
        for part in self.parts:
            known = part.known(instants)
            inside = (part.begin < instants) & (instants < part.end)
            border = (instants == part.begin) | (instants == part.end)
            every &= known | ~inside
            some |= known & border
            inner |= inside
        return np.where(inner, every, some)

    def provenance(self, instants: Floats, use: Floats) -> Ints:
        """Return how each step (n,) between instants (n+1,) is known."""
        guessed = np.zeros(len(use), bool)
        for part in self.parts:
            guessed |= part.guessed(instants)
        known = self.known(instants)
        result = np.where(guessed, Provenance.EXTRAPOLATED, Provenance.INTERPOLATED)
        # Known at both ends says nothing of a day with an exchange that was bridged.
        bridged = guessed if len(self.parts) > 1 else np.zeros(len(use), bool)
        result[known[:-1] & known[1:] & ~bridged] = Provenance.MEASURED
        result[np.isnan(use)] = Provenance.UNKNOWN
        return result

    @property
    def courses(self) -> tuple[Course, ...]:
        """Return the courses of all parts."""
        return tuple(course for part in self.parts for course in part.courses)

    @property
    def last_read(self) -> float:
        """Return up to when the use is read, not carried forward."""
        return max(course.flow.read_until for course in self.parts[-1].courses)
