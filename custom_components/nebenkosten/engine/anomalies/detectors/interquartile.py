"""Tukey's fences: a day outside those of the days before.

The original system's second rule (1.5 interquartile ranges beyond the quartiles), over
the last two years, without its look into the future. It knows no season.
"""

from typing import Final, override

import numpy as np

from ...domain.arrays import Bools
from ..baseline import Days
from .base import Choice, Detector, Today
from .memory import Memory

FENCE: Final = 1.5
DAYS: Final = 30
LENGTH: Final = 730


class Interquartile(Detector):
    """Keeps the days with use of the last two years; fences move once a week."""

    name = "interquartile"

    def __init__(self, choice: Choice) -> None:
        """Begin with nothing known."""
        super().__init__(choice)
        self._memory = Memory(self.meters, LENGTH)
        self._low = np.full(self.meters, -np.inf)
        self._high = np.full(self.meters, np.inf)

    @override
    def begin(self, days: Days) -> None:
        enough = self._memory.count() >= DAYS
        if not enough.any():
            return
        kept = self._memory.values[enough]
        first, third = np.nanquantile(kept, (0.25, 0.75), axis=1)
        reach = np.where(third > first, FENCE * (third - first), np.inf)
        self._low[enough], self._high[enough] = first - reach, third + reach

    @override
    def judge(self, today: Today) -> Bools:
        outside = (today.values < self._low) | (today.values > self._high)
        result: Bools = today.valid & outside
        return result

    @override
    def learn(self, today: Today, flagged: Bools, suspect: Bools) -> None:
        self._memory.keep(today.values, today.valid & (today.values > 0))
