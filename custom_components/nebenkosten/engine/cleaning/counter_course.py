"""The course of a register's counter while its readings are being judged."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from ..domain.local_days import DAY
from . import typing_slips
from .rate_limit import RateLimit

# Readings further apart than this are somebody's who looks at a dial now and then.
SELDOM: Final = 1.5 * DAY
# What a slip of the pen is measured by: so many times the usual use.
_ROOM: Final = 5.0


@dataclass(slots=True)
class CounterCourse:
    """Readings in order of time: instants [epoch s] and what the dial showed, (n,).

    The counter is the dial unrolled: it goes on by `full` [unit] at each of the
    readings `rollovers`. The readings `gone` are no longer believed.
    """

    times: list[float]
    shown: list[float]
    limit: RateLimit
    full: float
    rollovers: list[int] = field(default_factory=list)
    gone: set[int] = field(default_factory=set)

    @property
    def newest(self) -> int:
        """Return the last reading."""
        return len(self.times) - 1

    def at(self, i: int) -> float:
        """Return the counter at a reading."""
        if not self.rollovers:
            return self.shown[i]
        return self.shown[i] + self.full * bisect_right(self.rollovers, i)

    def rise(self, left: int, right: int) -> float:
        """Return the use between two readings."""
        return self.at(right) - self.at(left)

    def days(self, left: int, right: int) -> float:
        """Return the time between two readings [d], a day at the least."""
        return max(self.times[right] - self.times[left], DAY) / DAY

    def rate(self, left: int, right: int) -> float:
        """Return the use per day between two readings."""
        return self.rise(left, right) / self.days(left, right)

    def possible(self, left: int, right: int) -> bool:
        """Return whether the meter can have counted that much between two readings."""
        return self.rate(left, right) <= self.limit.impossible(self.times[left])

    def most(self, left: int, right: int) -> float:
        """Return the highest plausible rate between two readings."""
        at = self.times[left]
        if self.seldom(left, right):
            return min(self.limit.impossible(at), self.limit.doubtful(at))
        return self.limit.impossible(at)

    def fits(self, left: int, right: int, share: float = 1.0) -> bool:
        """Return whether the counter can have gone from one reading to another.

        At no more than a share of the highest plausible rate.
        """
        rate = self.rate(left, right)
        return 0 <= rate <= share * self.most(left, right)

    def seldom(self, left: int, right: int) -> bool:
        """Return whether two readings lie as far apart as a person's."""
        return self.times[right] - self.times[left] > SELDOM

    def is_seldom(self, i: int) -> bool:
        """Return whether a reading is one of those that are taken now and then."""
        before = self.before(i)
        earlier = before >= 0 and self.seldom(before, i)
        return earlier or (i < self.newest and self.seldom(i, i + 1))

    def before(self, i: int) -> int:
        """Return the believed reading before one, -1 if there is none."""
        i -= 1
        while i in self.gone:
            i -= 1
        return i

    def bend(self, left: int, middle: int, right: int) -> float:
        """Return how much the rates before and after a reading differ [1]."""
        before, after = self.rate(left, middle), self.rate(middle, right)
        return abs(before - after) / max(before, after, 1e-12)

    def expected(self, i: int, after: int | None) -> float:
        """Return what the believed reading before, and one after, make of a reading."""
        before = self.before(i)
        passed = self.times[i] - self.times[before]
        if after is None:
            return self.at(before) + self._typical(before) * passed / DAY
        whole = self.times[after] - self.times[before]
        return self.at(before) + self.rise(before, after) * passed / whole

    def slip(self, i: int, after: int | None) -> float | None:
        """Return the slip of the pen that makes a reading fit, if one does."""
        return self._meant(i, after, strong(self.shown[i]))

    def misread(self, i: int, after: int | None) -> float | None:
        """Return the value with a single other digit that fits, if there is one."""
        return self._meant(i, after, typing_slips.misread(self.shown[i]))

    def slip_of_first(self, *, loose: bool) -> float | None:
        """Return the slip that makes a register's first reading fit those after.

        A `loose` one is any other digit.
        """
        known = self.limit.usual[-1:]
        usual = max(self.rate(1, 3), *known, 1e-12) * self.days(0, 1)
        low, high = self.at(1) - _ROOM * usual, self.at(1)
        if low <= self.at(0) <= high:
            return None
        value, expected = self.shown[0], high - usual
        found = typing_slips.nearest(strong(value), expected, low, high)
        if found is None and self.at(0) < low:
            found = typing_slips.nearest(
                typing_slips.dropped(value), expected, low, high
            )
        if found is None and loose:
            found = typing_slips.nearest(
                typing_slips.misread(value), expected, low, high
            )
        return found

    def _meant(
        self, i: int, after: int | None, candidates: Iterator[float]
    ) -> float | None:
        before = self.before(i)
        low = self.at(before)
        room = _ROOM * self._typical(before) * self.days(before, i)
        high = low + room if after is None else self.at(after)
        return typing_slips.nearest(candidates, self.expected(i, after), low, high)

    def _typical(self, i: int) -> float:
        return self.limit.typical(self.times[i])


def strong(value: float) -> Iterator[float]:
    """Yield what was meant by a slip that is no chance: a comma, two digits."""
    yield from typing_slips.shifted(value)
    yield from typing_slips.swapped(value)
