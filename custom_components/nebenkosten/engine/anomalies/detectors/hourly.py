"""The interface of rules on the hours of one meter."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from ...domain.arrays import Bools, Floats, Ints
from ...domain.meters import AnyMeter


@dataclass(frozen=True, slots=True, eq=False)
class HourlyUse:
    """A meter's use by the hour: `use` (h,) [unit], NaN where unknown.

    `day` (h,) is the index of each hour's day, below `days`.
    """

    meter: AnyMeter
    use: Floats
    day: Ints
    days: int


@dataclass(frozen=True, slots=True, eq=False)
class HourlyVerdict:
    """A verdict per day (n,): odd or not, and what flows beyond the usual [L/h]."""

    odd: Bools
    surplus: Floats


class HourlyDetector(ABC):
    """A rule that judges each day by its hours and those before it."""

    name: ClassVar[str]

    @staticmethod
    @abstractmethod
    def applies(meter: AnyMeter) -> bool:
        """Return whether the rule has something to say of a meter."""

    @staticmethod
    @abstractmethod
    def judge(hourly: HourlyUse) -> HourlyVerdict:
        """Return the verdict on each day."""
