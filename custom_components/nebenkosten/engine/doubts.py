"""Which readings of a register cannot be what the dial showed?

Evidence decides: a reading is doubted when the others agree without it and it disagrees
with all of them. What the others cannot settle stays, and is reported as a fall.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from .model import Floats, Ints

_DAY: Final = 86400.0
_IMPLAUSIBLE: Final = 5.0
# How far the rate over both intervals may lie from the usual without a reading.
_PLAUSIBLE: Final = 2.0
_REPEAT_RATE: Final = 2.5
_SWAP_RATE: Final = 1.8
_SWAP_NEEDS: Final = 5
_SWAP_FITS: Final = 0.12
_HAND_READ: Final = 0.5 * _DAY
_SELDOM: Final = 5 * _DAY
_ENOUGH: Final = 3
_HIGH_SHARE: Final = 0.9


class Doubt(StrEnum):
    """Why a reading is doubted."""

    TYPO = "typo"
    REPEAT = "repeated_reading"
    SWAP = "typo_suspected"


@dataclass(frozen=True, slots=True)
class Doubted:
    """A doubted reading: its index, why, and what it should probably have been."""

    index: int
    why: Doubt
    likely: float


@dataclass(frozen=True, eq=False)
class _Run:
    """The readings still believed: positions in the register, times and values."""

    index: Ints
    times: Floats
    values: Floats

    @cached_property
    def days(self) -> Floats:
        """Return the length of each interval, a day at the least."""
        length: Floats = np.maximum(np.diff(self.times), _DAY) / _DAY
        return length

    @cached_property
    def rise(self) -> Floats:
        """Return the rise of each interval."""
        return np.diff(self.values)

    @cached_property
    def rising(self) -> Floats:
        """Return the use per day of each interval that rises, in order of size."""
        rates = self.rise / self.days
        return np.sort(rates[rates >= 0])

    @property
    def usual(self) -> float:
        """Return the median use per day."""
        return _quantile(self.rising, 0.5)

    @property
    def high(self) -> float:
        """Return a high, but usual use per day."""
        return _quantile(self.rising, _HIGH_SHARE)

    def without(self, position: int) -> _Run:
        keep = np.arange(len(self.index)) != position
        return _Run(self.index[keep], self.times[keep], self.values[keep])

    def rate(self, left: int, right: int) -> float:
        """Return the use per day between two readings, a day at the least."""
        length = max(float(self.times[right] - self.times[left]), _DAY)
        return float(self.values[right] - self.values[left]) / length * _DAY

    def expected(self, position: int) -> float:
        """Return what the neighbours would make of a reading."""
        others = self.without(position)
        if 0 < position < len(self.times) - 1:
            return float(np.interp(self.times[position], others.times, others.values))
        usual, anchor = others.usual, 0 if position == 0 else -1
        span = float(self.times[position] - others.times[anchor]) / _DAY
        return float(others.values[anchor]) + usual * span


def doubted(
    times: Floats, values: Floats, falls: Ints, fixed: frozenset[int]
) -> list[Doubted]:
    """Return the readings to doubt; `fixed` are those that open or close a register.

    Times (n,) are in order, `falls` the readings after which the values fall. Readings
    doubted as `SWAP` are only suspected.
    """
    if len(times) < 2:
        return []
    spacing = float(times[-1] - times[0]) / (len(times) - 1)
    if spacing < _HAND_READ:
        return _blips(values, falls, fixed)
    run = _Run(np.arange(len(times)), times, values)
    found: list[Doubted] = []
    while (doubt := next(_doubts(run, fixed), None)) is not None:
        position, why = doubt
        likely = _likely(run, position, why)
        found.append(Doubted(int(run.index[position]), why, likely))
        run = run.without(position)
    return [*found, *_swaps(run, fixed)] if spacing >= _SELDOM else found


def _blips(values: Floats, falls: Ints, fixed: frozenset[int]) -> list[Doubted]:
    """Return the readings of a sensor that fall, or leap, and are back at the next.

    A sensor makes no slips of the pen: what stays down is a reset or an exchange.
    """
    if not len(falls):
        return []
    last = len(values) - 1
    dips = falls[falls + 2 <= last]
    dips = dips[values[dips + 2] >= values[dips]] + 1
    leaps = falls[(falls > 0) & ~np.isin(falls + 1, dips)]
    leaps = leaps[values[leaps - 1] <= values[leaps + 1]]
    rises = np.diff(values)
    usual = _quantile(np.sort(rises[rises >= 0]), _HIGH_SHARE)
    leaps = leaps[rises[leaps - 1] > _IMPLAUSIBLE * usual]
    return [
        Doubted(i, Doubt.TYPO, float(values[i - 1]))
        for i in np.union1d(dips, leaps).tolist()
        if i not in fixed
    ]


def _doubts(run: _Run, fixed: frozenset[int]) -> Iterator[tuple[int, Doubt]]:
    """Yield position and reason of readings that the others speak against."""
    for fall in np.flatnonzero(run.rise < 0).tolist():
        yield from _at_fall(run, fall, fixed)
    if len(run.times) > _ENOUGH:
        yield from _leaps(run, fixed)
        yield from _repeats(run, fixed)


def _at_fall(
    run: _Run, fall: int, fixed: frozenset[int]
) -> Iterator[tuple[int, Doubt]]:
    """Decide whether the reading before a fall is too high or the one after too low."""
    high, low, last = fall, fall + 1, len(run.times) - 1
    seen_before = bool((run.values[:fall] == run.values[low]).any())
    low_free, high_free = run.index[low] not in fixed, run.index[high] not in fixed
    low_wrong = low_free and (low == last or run.values[low + 1] >= run.values[high])
    high_wrong = high_free and (high == 0 or run.values[high - 1] <= run.values[low])
    if seen_before and low_free and (low_wrong or low < last):
        yield low, Doubt.REPEAT
    elif high_wrong and high > 0 and _leap(run, high):
        yield high, Doubt.TYPO
    elif low_wrong and (low < last or _mistyped(run, low)):
        yield low, Doubt.TYPO
    elif high_wrong and high == 0 and last > 1 and _mistyped(run, high):
        yield high, Doubt.TYPO


def _leap(run: _Run, position: int) -> bool:
    """Return whether a reading rises implausibly, measured by all others."""
    usual = run.without(position).high
    return run.rate(position - 1, position) > _IMPLAUSIBLE * usual


def _mistyped(run: _Run, position: int) -> bool:
    """Return whether a usual slip of the pen makes a reading fit its neighbours.

    With too few others nobody knows what fits.
    """
    return len(run.times) > _ENOUGH and _closest(run, position) is not None


def _leaps(run: _Run, fixed: frozenset[int]) -> Iterator[tuple[int, Doubt]]:
    """Yield readings between which the counter rose implausibly fast."""
    last = len(run.times) - 1
    limit = _IMPLAUSIBLE * run.high
    for step in np.flatnonzero(run.rise > limit * run.days).tolist():
        # The reading after the leap may be too high, or the one before it too low.
        for position in (step + 1, step):
            if run.index[position] in fixed:
                continue
            others = run.without(position)
            if position in (0, last):
                if _mistyped(run, position):
                    yield position, Doubt.TYPO
            elif run.rate(position - 1, position + 1) <= _PLAUSIBLE * others.high:
                yield position, Doubt.TYPO


def _repeats(run: _Run, fixed: frozenset[int]) -> Iterator[tuple[int, Doubt]]:
    """Yield readings that repeat the one before although the meter went on."""
    same, usual = np.flatnonzero(run.rise == 0) + 1, run.usual
    for position in same[same < len(run.times) - 1].tolist():
        after = run.rate(position, position + 1)
        both = run.rate(position - 1, position + 1)
        if run.index[position] in fixed or after <= _REPEAT_RATE * usual:
            continue
        if usual / _PLAUSIBLE <= both <= _PLAUSIBLE * usual:
            yield position, Doubt.REPEAT


def _swaps(run: _Run, fixed: frozenset[int]) -> list[Doubted]:
    """Return readings that two swapped digits explain better, and that stay used."""
    if len(run.times) < _SWAP_NEEDS:
        return []
    rates = run.rise / run.days
    first, before, after, last = rates[:-3], rates[1:-2], rates[2:-1], rates[3:]
    # A zigzag: a season goes one way, a swap does not.
    up = (before > _SWAP_RATE * first) & (_SWAP_RATE * after < last)
    down = (_SWAP_RATE * before < first) & (after > _SWAP_RATE * last)
    # And one that matters beside what the meter usually counts.
    odd = (up | down) & (np.abs(before - after) > run.usual)
    found = []
    for position in (np.flatnonzero(odd) + 2).tolist():
        likely = _closest(run, position, only_swaps=True)
        if likely is None or run.index[position] in fixed:
            continue
        expected, value = run.expected(position), float(run.values[position])
        if abs(likely - expected) < _SWAP_FITS * abs(value - expected):
            found.append(Doubted(int(run.index[position]), Doubt.SWAP, likely))
    return found


def _likely(run: _Run, position: int, why: Doubt) -> float:
    if why is Doubt.REPEAT:
        return run.expected(position)
    closest = _closest(run, position)
    return run.expected(position) if closest is None else closest


def _closest(run: _Run, position: int, *, only_swaps: bool = False) -> float | None:
    """Return the slip of the pen that fits best between the neighbours, if one does."""
    expected = run.expected(position)
    others = run.without(position)
    below = others.values[position - 1] if position > 0 else -np.inf
    above = others.values[position] if position < len(others.values) else np.inf
    span = _IMPLAUSIBLE * others.usual
    anchor = others.times[
        min(position, len(others.times) - 1) if position == 0 else position - 1
    ]
    room = span * max(abs(float(run.times[position] - anchor)), _DAY) / _DAY
    candidates = [
        value
        for value in _slips(float(run.values[position]), only_swaps=only_swaps)
        if below <= value <= above and abs(value - expected) <= room
    ]
    return min(candidates, key=lambda value: abs(value - expected), default=None)


def _slips(value: float, *, only_swaps: bool) -> Iterator[float]:
    """Yield what may have been meant: two digits swapped, a comma slipped."""
    if not only_swaps:
        for shift in (1, 2, 3):
            yield value / 10**shift
            yield value * 10**shift
    digits = f"{value:.3f}".rstrip("0").rstrip(".")
    for i in range(len(digits) - 1):
        left, right = digits[i], digits[i + 1]
        if left != right and left.isdigit() and right.isdigit():
            yield float(digits[:i] + right + left + digits[i + 2 :])


def _quantile(ordered: Floats, share: float) -> float:
    """Return the nearest-rank quantile, 0 of nothing."""
    return float(ordered[round(share * (len(ordered) - 1))]) if len(ordered) else 0.0
