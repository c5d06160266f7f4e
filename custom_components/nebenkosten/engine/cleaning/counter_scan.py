"""One pass over a register's readings: each fall and each leap is settled."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import numpy as np

from ..domain.local_days import DAY, HOUR
from .counter_course import CounterCourse
from .end_slips import too_high_first, too_low_first, too_low_newest

# A day lies between readings at both its midnights, 25 hours apart at most.
_SEALS: Final = 1.1 * DAY
# What the newest readings say may change within this time [s].
_SETTLES: Final = 2 * HOUR
_MOST_TOO_HIGH: Final = 20
# With fewer readings nobody can say which one is wrong.
_SEVERAL: Final = 5
# So many readings in a row make a new level firm, where a sensor reads.
_FIRM: Final = 3
# A rise is no leap where the counter goes on at this share of its rate.
_SUSTAINED: Final = 0.2
# A reading was taken too early, not too high, where both intervals together are usual.
_EARLY: Final = 0.4
# A roll-over uses at most so many times what is usual, and begins in the last fifth of
# what the dial can show.
_ROLLS: Final = 5.0
_NEAR_FULL: Final = 0.8
# A value is looked for among so many readings before it.
_REMEMBERED: Final = 64


class Flaw(StrEnum):
    """What is wrong with readings; the last three stay used and are named."""

    TYPO = "typo"
    REPEAT = "repeated_reading"
    GLITCH = "glitch"
    SWAP = "typo_suspected"
    COPY = "repeat_suspected"
    LEAP = "implausible_rise"


@dataclass(frozen=True, slots=True)
class Flawed:
    """Flawed readings in a row: the first and the last one, how many, and why.

    `likely` is what the first one probably should be.
    """

    first: int
    last: int
    count: int
    why: Flaw
    likely: float


@dataclass(frozen=True, slots=True)
class Leap:
    """A reading reached by a rise that the meter cannot have made, and stays used."""

    before: int
    reading: int
    likely: float


@dataclass(frozen=True, slots=True)
class _Ahead:
    """What comes after a break: back to where it was at `back`, or on from `since`.

    Either may be None; what the counter does up to `firm` is settled then.
    """

    back: int | None = None
    since: int | None = None
    firm: int = 0


@dataclass(slots=True)
class Scan:
    """One pass over the readings of a register, with its results so far."""

    course: CounterCourse
    fixed: frozenset[int]
    confirmed: frozenset[int]
    flawed: list[Flawed] = field(default_factory=list)
    leaps: list[Leap] = field(default_factory=list)

    @property
    def found_nothing(self) -> bool:
        """Return whether all readings are believed as they are."""
        return not (self.course.gone or self.course.rollovers or self.leaps)

    def run(self, breaks: list[int]) -> None:
        """Judge each break; what lies before the last place is settled."""
        place, newest = 0, self.course.newest
        for step in breaks:
            if step < place:
                continue
            place = step
            while place < newest and not self.course.fits(place, place + 1):
                place = self._settle(place, place + 1)

    def first_is_too_low(self) -> bool:
        """Leave a register's first reading out if a slip explains the rise after it."""
        likely = too_low_first(self.course)
        return likely is not None and self._slipped(0, likely)

    def _settle(self, last: int, new: int) -> int:
        """Settle a break; return the last reading that is believed now."""
        if self.course.rise(last, new) < 0:
            return self._at_fall(last, new)
        return self._at_leap(last, new)

    # --- falls -----------------------------------------------------------------

    def _at_fall(self, last: int, new: int) -> int:
        ahead = self._ahead(last, new)
        high = self._too_high(last, new)
        if high and (ahead.back is None or self._rather_high(high, new, ahead.back)):
            self._leave_out(high[-1], last, new)
            return new
        if ahead.back is not None:
            self._leave_out(new, ahead.back - 1, ahead.back)
            return ahead.back
        if self._rolls_over(last, new):
            self.course.rollovers.append(new)
            return new
        likely = too_high_first(self.course) if last == 0 else None
        if likely is not None and self._slipped(last, likely):
            return new
        return self._unexplained(last, new, ahead)

    def _unexplained(self, last: int, new: int, ahead: _Ahead) -> int:
        """Keep a fall: from where the dial goes on, or waiting until it does."""
        if ahead.since is not None:
            self._skip(new, ahead.since)
            return ahead.since
        newest = self.course.newest
        likely = too_low_newest(self.course, last) if new == newest else None
        if likely is None or not self._slipped(newest, likely):
            self.course.gone.update(range(new, newest))
        return newest

    def _too_high(self, last: int, new: int) -> list[int]:
        """Return the readings up to `last` that are too high if `new` is right."""
        if self.course.newest + 1 < _SEVERAL:
            return []
        found: list[int] = []
        i = last
        while i >= 0 and self.course.rise(i, new) < 0:
            if len(found) == _MOST_TOO_HIGH or not self._may_go(
                i, new, others=bool(found)
            ):
                return []
            found.append(i)
            i = self.course.before(i)
        return found if i >= 0 and self.course.fits(i, new) else []

    def _may_go(self, i: int, now: int, *, others: bool) -> bool:
        """Return whether a reading can be given up: no measured day rests on it."""
        if i in self.fixed:
            return False
        times = self.course.times
        if times[now] - times[i] <= _SETTLES:
            return True
        before = self.course.before(i)
        if others or before < 0:
            return not others
        if self.course.rate(before, i) > self.course.limit.doubtful(times[before]):
            return True
        return times[i] - times[before] > _SEALS and self.course.rise(before, i) != 0

    def _rather_high(self, high: list[int], new: int, back: int) -> bool:
        """Return whether the readings before a fall are rather wrong than those after.

        Fewer readings to leave out, else a slip of the pen, else the smoother course.
        """
        if len(high) != back - new:
            return len(high) < back - new
        last, before = high[0], self.course.before(high[-1])
        if not self.course.seldom(last, new):
            return False
        slipped = self.course.slip(last, new), self.course.slip(new, back)
        if (slipped[0] is None) != (slipped[1] is None):
            return slipped[0] is not None
        without = self.course.bend(before, new, back)
        return without < self.course.bend(before, last, back)

    def _rolls_over(self, last: int, new: int) -> bool:
        """Return whether the dial passed its highest value between two readings."""
        course = self.course
        if not course.full < np.inf or course.shown[last] < _NEAR_FULL * course.full:
            return False
        use = course.rise(last, new) + course.full
        return 0 <= use <= _ROLLS * self._robust(last, new) * course.days(last, new)

    def _robust(self, last: int, new: int) -> float:
        """Return a high, usual rate [unit/d], not learned from the step of a fall.

        While too little is known before it, that of the intervals at its sides.
        """
        course = self.course
        known = course.limit.high_at(course.times[last])
        if known:
            return known
        before = course.before(last)
        sides = [course.rate(before, last)] if before >= 0 else []
        sides += [course.rate(new, new + 1)] if new < course.newest else []
        return max(sides, default=0.0)

    # --- leaps -----------------------------------------------------------------

    def _at_leap(self, last: int, new: int) -> int:
        if self._catches_up(last, new):
            return new
        if new in self.fixed:
            if not self.course.possible(last, new):
                self._name_leap(last, new)
            return new
        ahead = self._ahead(last, new)
        if ahead.back is not None:
            self._leave_out(new, ahead.back - 1, ahead.back)
            return ahead.back
        if ahead.since is not None:
            return self._kept_leap(last, new, ahead)
        newest = self.course.newest
        if self.course.possible(last, new):
            # A high use is told by itself, unless a slip makes it.
            seldom = new == newest and self.course.is_seldom(new)
            likely = self.course.slip(new, None) if seldom else None
            if likely is not None:
                self._slipped(new, likely)
            return new
        self._leave_out(new, newest, None)
        return newest

    def _kept_leap(self, last: int, new: int, ahead: _Ahead) -> int:
        """Keep a leap after which the dial goes on."""
        since = ahead.since or new
        if all(self.course.rise(i, i + 1) >= 0 for i in range(new, since)):
            # It only ever rose: nothing speaks against the readings between.
            since = new
        self._skip(new, since)
        if self._sustained(last, since, ahead.firm):
            return ahead.firm if since == ahead.since else since
        if not self.course.possible(last, since):
            self._name_leap(last, since)
        return since

    def _name_leap(self, last: int, new: int) -> None:
        """Keep a rise that the meter can hardly have made, and say so."""
        known = self.course.limit.knows_the_year(self.course.times[last])
        if new not in self.confirmed and known:
            likely = self.course.expected(new, None)
            self.leaps.append(Leap(last, new, likely))

    def _sustained(self, last: int, new: int, j: int) -> bool:
        """Return whether the counter rose on about as fast as it leapt."""
        course = self.course
        if course.times[j] - course.times[new] < DAY:
            return False
        return course.rate(new, j) >= _SUSTAINED * course.rate(last, new)

    def _catches_up(self, last: int, new: int) -> bool:
        """Return whether a dial that was stuck before a leap explains it."""
        course, since = self.course, last
        while (before := course.before(since)) >= 0 and not course.rise(before, last):
            since = before
        rate = course.limit.impossible(course.times[last])
        return since < last and course.rise(last, new) <= rate * course.days(since, new)

    # --- what comes after ------------------------------------------------------

    def _ahead(self, last: int, new: int) -> _Ahead:
        """Return what the readings after a break say of it; nothing yet, perhaps."""
        if new in self.fixed:
            return _Ahead(since=new, firm=new)
        course, since = self.course, new
        for j in range(new + 1, len(course.times)):
            if self._is_back(last, new, j):
                return _Ahead(back=j)
            if j in self.fixed:
                return _Ahead(since=since, firm=since)
            if not course.fits(j - 1, j) and not self._same_pace(last, new, j):
                since = j
            elif self._is_firm(last, since, j):
                return _Ahead(since=since, firm=j)
        return _Ahead()

    def _is_back(self, last: int, new: int, j: int) -> bool:
        """Return whether a reading goes on from before the break."""
        course = self.course
        if not course.fits(last, j):
            return False
        if course.rise(new, j) < 0 or course.rise(last, new) < 0:
            return True
        # Read too early rather than too high: both intervals together are usual.
        if j > new + 1 or (
            course.possible(last, new) and not self._may_go(new, j, others=False)
        ):
            return False
        return course.fits(last, j, _EARLY)

    def _same_pace(self, last: int, new: int, j: int) -> bool:
        """Return whether the counter rises on as fast as it leapt, not faster."""
        rate, leap = self.course.rate(j - 1, j), self.course.rate(last, new)
        return leap > 0 and 0 <= rate <= leap / _SUSTAINED

    def _is_firm(self, last: int, since: int, j: int) -> bool:
        """Return whether the counter has gone on from a reading as a dial does."""
        course = self.course
        if course.times[j] - course.times[since] < DAY:
            return False
        usual = course.limit.typical(course.times[since])
        if course.rise(since, j) < max(usual, 1e-12):
            return False
        if course.rise(last, since) < 0 or course.seldom(j - 1, j):
            return True
        return j - since >= _FIRM or self._sustained(last, since, j)

    # --- what is left out ------------------------------------------------------

    def _skip(self, new: int, since: int) -> None:
        """Leave out what lies between a break and where the dial goes on from."""
        if since > new:
            self.reject(new, since - 1, Flaw.GLITCH, self.course.expected(new, since))

    def _slipped(self, i: int, likely: float) -> bool:
        """Leave a reading out as a slip of the pen, unless somebody vouches for it."""
        if i in self.fixed:
            return False
        self.reject(i, i, Flaw.TYPO, likely)
        return True

    def _leave_out(self, first: int, last: int, after: int | None) -> None:
        """Leave readings out: the slip of a person, or glitches of a sensor."""
        course = self.course
        likely = course.expected(first, after)
        meant = course.slip(first, after) if first == last else None
        if last > first or not course.is_seldom(first):
            expected = likely if meant is None else meant
            self.reject(first, last, Flaw.GLITCH, expected)
            return
        earlier = course.shown[
            max(first - _REMEMBERED, 0) : max(course.before(first), 0)
        ]
        if course.shown[first] in earlier:
            self.reject(first, last, Flaw.REPEAT, likely)
            return
        meant = course.misread(first, after) if meant is None else meant
        self.reject(first, last, Flaw.TYPO, likely if meant is None else meant)

    def reject(self, first: int, last: int, why: Flaw, likely: float) -> None:
        """Leave readings out, for a reason."""
        self.flawed.append(Flawed(first, last, last - first + 1, why, likely))
        self.course.gone.update(range(first, last + 1))
