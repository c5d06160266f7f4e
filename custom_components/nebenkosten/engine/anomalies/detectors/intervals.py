"""The interface of rules on the intervals between readings."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from ...domain.arrays import Floats
from ...domain.meters import Sensitivity
from ...load_model.training_intervals import Intervals


@dataclass(frozen=True, slots=True, eq=False)
class IntervalUse:
    """A meter's use in k intervals, and the n days that they lie in.

    `profile` (n,) are the season's weights, `month` (n,) the months; `temperature` (n,)
    [°C] is None where not known. `heats` tells whether the meter's season is the
    weather's.
    """

    intervals: Intervals
    profile: Floats
    temperature: Floats | None
    month: Floats
    sensitivity: Sensitivity
    heats: bool


@dataclass(frozen=True, slots=True)
class OddInterval:
    """An odd interval: its index, kind, expected use and the spread of it [unit]."""

    index: int
    kind: str
    expected: float
    spread: float


class IntervalDetector(ABC):
    """A rule that judges each interval by those before it."""

    name: ClassVar[str]

    @staticmethod
    @abstractmethod
    def judge(given: IntervalUse) -> list[OddInterval]:
        """Return the odd intervals, in order."""
