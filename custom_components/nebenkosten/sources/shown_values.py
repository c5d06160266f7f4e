"""Which of the values that a display showed one after the other say something new."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
import math
from typing import Final

from ..engine.domain import units
from .collected import Sample

# What rounding hides behind a last digit; just less, so that two of them are no step.
_HALF: Final = 0.499999


@dataclass(frozen=True, slots=True)
class Shown:
    """A text on a display at an instant [epoch s], and the unit beside it."""

    instant: float
    text: str
    unit: str | None


def news(shown: Iterable[Shown]) -> Iterator[Sample]:
    """Yield the numbers; one that only repeats the last value says nothing.

    After a restart Home Assistant reports old values as new: such a repeat is no
    reading, and neither is "unavailable". Nor is the same value in another unit, which
    is rounded to its digits there.
    """
    last: tuple[Sample, float] | None = None
    for one in shown:
        try:
            value = float(one.text)
        except ValueError:
            continue
        if not math.isfinite(value):
            continue
        sample = Sample(one.instant, value, one.unit)
        hidden = _HALF * 10.0 ** int(Decimal(one.text).as_tuple().exponent)
        if last is None or not _repeats(last, (sample, hidden)):
            last = sample, hidden
            yield sample


def _repeats(last: tuple[Sample, float], new: tuple[Sample, float]) -> bool:
    """Return whether two values, each with what its rounding hides, may be the same."""
    (before, hidden_before), (after, hidden_after) = last, new
    if before.unit == after.unit or before.unit is None or after.unit is None:
        return before.value == after.value
    try:
        factor = units.factor(after.unit, before.unit)
    except units.UnitMismatchError:
        return False
    distance = abs(after.value * factor - before.value)
    return distance <= hidden_before + hidden_after * factor
