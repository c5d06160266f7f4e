"""Readings of a register that cannot be what the dial showed.

The readings are gone through once, in order of time. As long as the counter rises at a
rate that this meter can have, each one is believed. Where it falls, or rises faster,
the readings after decide: a counter that comes back to where it was shows that the
readings between were none (a glitch, a typing error); one that goes on from where it
fell to has begun anew (a roll-over, an exchange). What nothing explains stays, and its
step is named.

No reading that closed a measured day is given up because of a later one.
"""

from dataclasses import dataclass, replace

import numpy as np

from ..domain.arrays import Floats, Ints
from ..domain.local_days import DAY
from .counter_course import CounterCourse
from .counter_scan import Flaw, Flawed, Leap, Scan
from .end_slips import begins_oddly
from .rate_limit import RateLimit, Scale


@dataclass(frozen=True, slots=True)
class Trusted:
    """Readings that are not given up: `confirmed` by a person, or ends of a register.

    `fixed` are both.
    """

    fixed: frozenset[int] = frozenset()
    confirmed: frozenset[int] = frozenset()

    def of(self, kept: Ints) -> Trusted:
        """Return the same by their place among readings (k,)."""
        return Trusted(_places(kept, self.fixed), _places(kept, self.confirmed))


def _places(kept: Ints, chosen: frozenset[int]) -> frozenset[int]:
    if not chosen:
        return chosen
    return frozenset(np.flatnonzero(np.isin(kept, list(chosen))).tolist())


@dataclass(frozen=True, slots=True, eq=False)
class DialReadings:
    """The readings of one dial (n,) in order of time: instants [epoch s], values.

    `falls` are those after which the values fall; the dial begins again after `full`
    [unit].
    """

    times: Floats
    values: Floats
    falls: Ints
    trusted: Trusted
    scale: Scale
    full: float

    def take(self, kept: Ints) -> DialReadings:
        """Return some of the readings, as if the others had never been read."""
        values = self.values[kept]
        return DialReadings(
            self.times[kept],
            values,
            falls_of(values),
            self.trusted.of(kept),
            self.scale,
            self.full,
        )


def falls_of(values: Floats) -> Ints:
    """Return the readings (of n) after which the values fall."""
    return np.flatnonzero(values[1:] < values[:-1])


@dataclass(frozen=True, slots=True, eq=False)
class DialVerdict:
    """What became of a register's readings, by their index.

    `kept` are believed. The others are `flawed`, or wait until the dial goes on from
    where it fell to. `rollovers` are the readings at which the dial had begun again at
    zero.
    """

    kept: Ints
    flawed: tuple[Flawed, ...] = ()
    rollovers: tuple[int, ...] = ()
    leaps: tuple[Leap, ...] = ()


def judge(dial: DialReadings) -> DialVerdict | None:
    """Return what becomes of a dial's readings, None where nothing is odd.

    What is left is judged once more, so that the result is the same as if what is left
    out had never been read.
    """
    scan = _scanned(dial)
    if scan is None or scan.found_nothing:
        return None
    judged = _joined(DialVerdict(np.arange(len(dial.times))), scan)
    while scan.course.gone and len(judged.kept) > 1:
        scan = _scanned(dial.take(judged.kept))
        if scan is None:
            return replace(judged, rollovers=(), leaps=())
        judged = _joined(judged, scan)
    return judged


def _joined(judged: DialVerdict, scan: Scan) -> DialVerdict:
    """Add what a pass over the readings still kept has found."""
    ids, gone = judged.kept, scan.course.gone
    return DialVerdict(
        np.delete(ids, sorted(gone)),
        (
            *judged.flawed,
            *(
                replace(one, first=int(ids[one.first]), last=int(ids[one.last]))
                for one in scan.flawed
            ),
        ),
        tuple(int(ids[i]) for i in scan.course.rollovers),
        tuple(
            Leap(int(ids[one.before]), int(ids[one.reading]), one.likely)
            for one in scan.leaps
        ),
    )


def _scanned(dial: DialReadings) -> Scan | None:
    """Return what a pass over readings (n,) finds, None where nothing is odd."""
    times, values, trusted = dial.times, dial.values, dial.trusted
    begun = 0 if values[0] else int(np.argmax(values > 0))
    limit = RateLimit.of(times[begun:], values[begun:], dial.scale)
    zeros = _leading_zeros(dial, limit, begun)
    breaks = _breaks(dial, limit)
    if (
        not len(breaks)
        and not zeros
        and not begins_oddly(times, values, steady=dial.scale.steady)
    ):
        return None
    course = CounterCourse(times.tolist(), values.tolist(), limit, dial.full)
    scan = Scan(course, trusted.fixed, trusted.confirmed)
    if zeros:
        scan.reject(0, zeros - 1, Flaw.GLITCH, float(values[zeros]))
    begin = 1 if not zeros and scan.first_is_too_low() else zeros
    scan.run(breaks[breaks >= begin].tolist())
    return scan


def _leading_zeros(dial: DialReadings, limit: RateLimit, count: int) -> int:
    """Return how many of the `count` zeros a new sensor gave before its first value.

    All, if it cannot have counted that value since the last of them; else none.
    """
    if not count or not dial.trusted.fixed.isdisjoint(range(count)):
        return 0
    times, values = dial.times, dial.values
    spent = max(float(times[count] - times[count - 1]), DAY) / DAY
    return count if values[count] > limit.first * spent else 0


def _breaks(dial: DialReadings, limit: RateLimit) -> Ints:
    """Return the readings after which the counter falls, or may rise too fast."""
    times, falls = dial.times, dial.falls
    # Without a fall no rise is higher than that of its day.
    if not len(falls) and limit.largest <= limit.least:
        return falls
    # Whoever reads now and then is doubted first: no other limit is lower.
    slow = np.array([limit.doubtful(-np.inf), *map(limit.doubtful, limit.since)])
    most = slow[np.searchsorted(limit.since, times[:-1], "right")]
    rises, spans = np.diff(dial.values), np.maximum(np.diff(times), DAY) / DAY
    return np.flatnonzero((rises < 0) | (rises > most * spans))
