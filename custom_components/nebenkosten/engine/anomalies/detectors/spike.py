"""A spike: a single day far above what is usual for the meter.

A day is a spike when its ratio to the expectation is large, far outside the spread of
all ratios, and new: nothing like it has happened in the last half year.
"""

from typing import Final, override

import numpy as np

from ...domain.arrays import Bools
from ..baseline import OFFSET
from .base import Choice, Detector, Today

_SPREADS: Final = 2.8
_NEW_USE: Final = 0.9
_RATIO_MEMORY: Final = 0.5 ** (1 / 175)
_USE_MEMORY: Final = 0.5 ** (1 / 130)
_LARGEST: Final = 20.0


class Spike(Detector):
    """Keeps the largest usual ratio and use of each meter, fading."""

    name = "spike"

    def __init__(self, choice: Choice) -> None:
        """Begin with nothing known."""
        super().__init__(choice)
        self._ratio = choice.of(4.0, 2.7, 2.7)
        self._new = choice.of(2.2, 1.8, 1.6)
        self._largest_ratio = np.zeros(self.meters)
        self._largest_use = np.zeros(self.meters)

    @override
    def judge(self, today: Today) -> Bools:
        far = np.log((today.ratio + OFFSET) / (1 + OFFSET))
        result: Bools = (
            today.valid
            & today.days.ready
            & (today.ratio > self._ratio)
            & (today.ratio > self._new * self._largest_ratio)
            & (today.values > _NEW_USE * self._largest_use)
            & (far > _SPREADS * today.days.spread)
        )
        return result

    @override
    def learn(self, today: Today, flagged: Bools, suspect: Bools) -> None:
        usual = today.valid & ~flagged & ~suspect
        ratio = np.where(usual, np.minimum(today.ratio, _LARGEST), 0.0)
        use = np.where(usual, today.values, 0.0)
        self._largest_ratio = np.maximum(self._largest_ratio * _RATIO_MEMORY, ratio)
        self._largest_use = np.maximum(self._largest_use * _USE_MEMORY, use)
