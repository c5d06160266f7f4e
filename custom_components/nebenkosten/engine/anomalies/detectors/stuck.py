"""A stuck counter: one that stands although it usually moves.

A run of exact zeros counts by how improbable it is: how rare zeros are for this meter,
and how often a zero is followed by another one. A meter that often stands still is not
stuck, and one whose expectation is next to nothing need not move.
"""

from typing import Final, override

import numpy as np

from ...domain.arrays import Bools
from .base import Choice, Detector, Today

_LEAST_DAYS: Final = 2
_UNMOVED: Final = 1e-9
_EXPECTED: Final = 0.18
_FADE: Final = 0.995


class Stuck(Detector):
    """Keeps how often each meter stood still, in runs that were not flagged."""

    name = "stuck"

    def __init__(self, choice: Choice) -> None:
        """Begin with nothing known."""
        super().__init__(choice)
        self._least = choice.of(10.0, 8.5, 8.5)
        self._run = np.zeros(self.meters)
        self._zeros, self._followed, self._days = np.zeros((3, self.meters))
        self._odd = np.zeros(self.meters, bool)
        self._now = np.zeros(self.meters, bool)

    @override
    def judge(self, today: Today) -> Bools:
        zero = today.valid & (today.values <= _UNMOVED)
        length = np.where(zero, self._run + 1, 0)
        rare = -np.log((self._zeros + 0.05) / (self._days + 2.0))
        again = -np.log(
            np.clip((self._followed + 0.1) / (self._zeros + 1.0), 1e-3, 0.999)
        )
        wanted = today.expected > np.maximum(_EXPECTED * today.days.typical, _UNMOVED)
        self._now = (
            zero
            & wanted
            & (length >= _LEAST_DAYS)
            & (rare + (length - 1) * again > self._least)
            & today.days.ready
        )
        return self._now

    @override
    def learn(self, today: Today, flagged: Bools, suspect: Bools) -> None:
        valid, zero = today.valid, today.valid & (today.values <= _UNMOVED)
        ended = valid & ~zero & (self._run > 0) & ~self._odd
        fade = np.where(valid, _FADE, 1.0)
        self._zeros = self._zeros * fade + ended * self._run
        self._followed = self._followed * fade + ended * (self._run - 1)
        self._days = self._days * fade + ended * self._run + (valid & ~zero)
        self._odd = np.where(valid, zero & (self._odd | self._now), self._odd)
        self._run = np.where(valid, np.where(zero, self._run + 1, 0), self._run)
