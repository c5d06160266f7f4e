"""A day more than three standard deviations from the mean of all days before.

The original system's first rule, without its look into the future. It knows no season.
"""

from typing import Final, override

import numpy as np

from ...domain.arrays import Bools
from .base import Choice, Detector, Today

LIMIT: Final = 3.0
_DAYS: Final = 30


class GlobalZ(Detector):
    """Keeps count, sum and sum of squares of all days with use (Welford's mean)."""

    name = "global_z"

    def __init__(self, choice: Choice) -> None:
        """Begin with nothing known."""
        super().__init__(choice)
        self._count, self._mean, self._squares = np.zeros((3, self.meters))

    @override
    def judge(self, today: Today) -> Bools:
        deviation = np.sqrt(self._squares / np.maximum(self._count - 1, 1.0))
        enough = today.valid & (self._count >= _DAYS) & (deviation > 0)
        result: Bools = enough & (np.abs(today.values - self._mean) > LIMIT * deviation)
        return result

    @override
    def learn(self, today: Today, flagged: Bools, suspect: Bools) -> None:
        used = today.valid & (today.values > 0)
        self._count += used
        step = np.where(used, today.values - self._mean, 0.0)
        self._mean += step / np.maximum(self._count, 1.0)
        self._squares += np.where(used, step * (today.values - self._mean), 0.0)
