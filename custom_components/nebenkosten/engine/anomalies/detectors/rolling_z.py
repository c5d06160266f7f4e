"""A day more than 2.5 standard deviations from the mean of the last 30 days.

The original system's third rule; its window was centred and so knew the future.
"""

from typing import Final, override

import numpy as np

from ...domain.arrays import Bools
from .base import Choice, Detector, Today
from .memory import Memory

_LIMIT: Final = 2.5
_DAYS: Final = 10
_LENGTH: Final = 30


class RollingZ(Detector):
    """Keeps the last 30 measured days."""

    name = "rolling_z"

    def __init__(self, choice: Choice) -> None:
        """Begin with nothing known."""
        super().__init__(choice)
        self._memory = Memory(self.meters, _LENGTH)

    @override
    def judge(self, today: Today) -> Bools:
        count = self._memory.count()
        kept = np.nan_to_num(self._memory.values)
        some = np.maximum(count, 2.0)
        mean = kept.sum(axis=1) / some
        square = (kept**2).sum(axis=1) / some - mean**2
        deviation = np.sqrt(np.maximum(square, 0.0) * some / (some - 1))
        enough = today.valid & (count >= _DAYS) & (deviation > 0)
        result: Bools = enough & (np.abs(today.values - mean) > _LIMIT * deviation)
        return result

    @override
    def learn(self, today: Today, flagged: Bools, suspect: Bools) -> None:
        self._memory.keep(today.values, today.valid)
