"""The last hour of a meter that reports all the time, as a sliding window.

Bounded however often it reports: a minute keeps its first, last, lowest and highest
value and how many there were, so that nothing is lost that a total or a fall needs.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Final

MINUTES: Final = 60
_MINUTE: Final = 60.0
_HOUR: Final = 3600.0
# What was longer ago is not "now" [s].
NOW: Final = 900.0
# More reports a minute than this are a burst; it is over below half of it.
BURST: Final = 1000


@dataclass(slots=True)
class Bucket:
    """One minute: its number since 1970, and its first and last report [epoch s]."""

    minute: int
    first_at: float
    first: float
    last_at: float
    last: float
    low: float
    high: float
    count: int = 1

    def take(self, instant: float, value: float) -> None:
        """Count a report in."""
        self.last_at, self.last = instant, value
        self.low, self.high = min(self.low, value), max(self.high, value)
        self.count += 1


@dataclass(frozen=True, slots=True)
class HourlyRate:
    """Use per hour [unit/h]: now, and between the minutes of the last hour."""

    now: float | None
    low: float | None
    high: float | None
    mean: float | None


@dataclass(slots=True)
class Window:
    """The last sixty minutes of one meter, in the meter's own unit.

    `changed` says that something has come that was not shown yet, `fresh` that what is
    shown is not too old to be "now".
    """

    changed: bool = False
    fresh: bool = False
    _burst: bool = False
    _times: deque[float] = field(default_factory=lambda: deque(maxlen=BURST + 1))
    _buckets: deque[Bucket] = field(default_factory=lambda: deque(maxlen=MINUTES + 1))

    @property
    def last(self) -> tuple[float, float] | None:
        """Return instant [epoch s] and value of the last report."""
        if not self._buckets:
            return None
        return self._buckets[-1].last_at, self._buckets[-1].last

    def copy(self) -> Window:
        """Return the same hour as it is now; later reports leave it alone."""
        buckets = deque(self._buckets, self._buckets.maxlen)
        if buckets:
            # The others do not change any more.
            buckets[-1] = replace(buckets[-1])
        return replace(self, _times=self._times.copy(), _buckets=buckets)

    def take(self, instant: float, value: float) -> bool:
        """Count a report in; returns whether a burst begins with it.

        One that comes late is counted into the running minute.
        """
        self.changed = True
        minute = int(instant // _MINUTE)
        if self._buckets and minute <= self._buckets[-1].minute:
            self._buckets[-1].take(max(instant, self._buckets[-1].last_at), value)
        else:
            self._buckets.append(
                Bucket(minute, instant, value, instant, value, value, value)
            )
        self._times.append(instant)
        begins = not self._burst and self._has(BURST + 1, instant)
        self._burst = begins or self.bursts(instant)
        return begins

    def bursts(self, now: float) -> bool:
        """Return whether a burst goes on: until there is half as much of it."""
        return self._burst and self._has(BURST // 2, now)

    def _has(self, count: int, now: float) -> bool:
        """Return whether so many reports came in the last minute."""
        times = self._times
        return len(times) >= count and now - times[-count] <= _MINUTE

    def minutes(self, now: float) -> list[Bucket | None]:
        """Return the last sixty minutes up to now, None where nothing was reported."""
        last = int(now // _MINUTE)
        known = {bucket.minute: bucket for bucket in self._buckets}
        return [known.get(last - back) for back in range(MINUTES - 1, -1, -1)]

    def pace(self, now: float) -> HourlyRate:
        """Return how fast it goes; None where the reports do not tell."""
        recent = [one for one in self._buckets if now - one.last_at <= NOW]
        steps = list(_steps(bucket for bucket in self.minutes(now) if bucket))
        total = sum(used for used, _ in steps)
        took = sum(seconds for _, seconds in steps)
        rates = [used / seconds * _HOUR for used, seconds in steps]
        return HourlyRate(
            now=_rate(recent),
            low=min(rates, default=None),
            high=max(rates, default=None),
            mean=total / took * _HOUR if took else None,
        )


def _rate(buckets: list[Bucket]) -> float | None:
    steps = list(_steps(iter(buckets)))
    if not steps and buckets:
        one = buckets[0]
        steps = list(_step(one.first_at, one.first, one.last_at, one.last))
    took = sum(seconds for _, seconds in steps)
    return sum(used for used, _ in steps) / took * _HOUR if took else None


def _steps(buckets: Iterator[Bucket]) -> Iterator[tuple[float, float]]:
    """Yield use and seconds from one minute's last report to the next one's."""
    for one, other in pairwise(buckets):
        yield from _step(one.last_at, one.last, other.last_at, other.last)


def _step(
    begin: float, before: float, end: float, after: float
) -> Iterator[tuple[float, float]]:
    # A fall is an exchange or a reset: what was used meanwhile nobody knows.
    if after >= before and end > begin:
        yield after - before, end - begin
