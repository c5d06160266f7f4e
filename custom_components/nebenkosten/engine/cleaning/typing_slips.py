"""Slips of the pen: what a person may have meant by a number that does not fit.

Free of numpy: a handful of candidates for a single value.
"""

from collections.abc import Iterator
from typing import Final

_SHIFTS: Final = (1, 2, 3)
_DECIMALS: Final = 3


def swapped(value: float) -> Iterator[float]:
    """Yield the numbers that differ from `value` by two neighbouring digits swapped."""
    digits = _digits(value)
    for i in range(len(digits) - 1):
        left, right = digits[i], digits[i + 1]
        if left != right and left.isdigit() and right.isdigit():
            yield float(digits[:i] + right + left + digits[i + 2 :])


def shifted(value: float) -> Iterator[float]:
    """Yield the numbers that differ from `value` by a slipped decimal comma."""
    for shift in _SHIFTS:
        yield value / 10**shift
        yield value * 10**shift


def dropped(value: float) -> Iterator[float]:
    """Yield the numbers of which `value` is missing a single digit."""
    digits = _digits(value)
    for i in range(len(digits.partition(".")[0]) + 1):
        for new in "0123456789":
            yield float(digits[:i] + new + digits[i:])


def misread(value: float) -> Iterator[float]:
    """Yield the numbers that differ from `value` by a single digit."""
    digits = _digits(value)
    for i, old in enumerate(digits):
        if old.isdigit():
            for new in "0123456789":
                if new != old:
                    yield float(digits[:i] + new + digits[i + 1 :])


def nearest(
    candidates: Iterator[float], expected: float, low: float, high: float
) -> float | None:
    """Return the candidate within low..high that lies nearest to what is expected."""
    fitting = [value for value in candidates if low <= value <= high]
    return min(fitting, key=lambda value: abs(value - expected), default=None)


def _digits(value: float) -> str:
    return f"{value:.{_DECIMALS}f}".rstrip("0").rstrip(".")
