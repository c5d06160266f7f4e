"""The interface of rules on days: what they see, and their flags."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...domain.arrays import Bools, Floats, Ints
from ...domain.meters import Sensitivity
from ..baseline import Days


@dataclass(frozen=True, slots=True, eq=False)
class Today:
    """One day of all meters (m,): use, expectation, their ratio, and what is known.

    `density` (m, CELLS) is the log likelihood of each ratio, `cell` this day's.
    """

    values: Floats
    valid: Bools
    expected: Floats
    ratio: Floats
    cell: Ints
    days: Days

    @classmethod
    def of(cls, days: Days, day: int) -> Today:
        """Return one day of a week."""
        return cls(
            days.values[:, day],
            days.valid[:, day],
            days.expected[:, day],
            days.ratio[:, day],
            days.cells[:, day],
            days,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """How readily each meter (m,) raises alarms: a value for each sensitivity."""

    sensitivities: tuple[Sensitivity, ...]

    def of(self, quiet: float, normal: float, sensitive: float) -> Floats:
        """Return each meter's own value (m,)."""
        values = {
            Sensitivity.QUIET: quiet,
            Sensitivity.NORMAL: normal,
            Sensitivity.SENSITIVE: sensitive,
        }
        return np.array([values[one] for one in self.sensitivities])


class Detector(ABC):
    """A rule with its memory of all meters."""

    name: ClassVar[str]

    def __init__(self, choice: Choice) -> None:
        """Begin with nothing known."""
        self.meters = len(choice.sensitivities)

    def begin(self, days: Days) -> None:
        """Prepare for a week whose days are foretold."""
        del days

    @abstractmethod
    def judge(self, today: Today) -> Bools:
        """Return which meters (m,) are odd today."""

    def suspects(self) -> Bools | None:
        """Return which meters (m,) are suspect: their day teaches nothing."""
        return None

    @abstractmethod
    def learn(self, today: Today, flagged: Bools, suspect: Bools) -> None:
        """Take in the day; `flagged` (m,) by any rule, `suspect` (m,) teach nothing."""

    def reset(self, meters: Bools) -> None:
        """Forget what these meters did: it has become the new normal."""
        del meters
