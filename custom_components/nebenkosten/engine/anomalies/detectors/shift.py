"""A shift: more use for days than chance would make.

Page's one-sided CUSUM (Biometrika 41, 1954) of the log likelihood that a day belongs to
"as usual, and something added or multiplied" against "as usual", for several sizes of
the change at once; how likely a ratio is was learned from the meter itself. A meter
whose sums have risen before without cause needs higher ones.
"""

from typing import Final, override

import numpy as np

from ...domain.arrays import Bools, Floats
from ..baseline import CELLS, GRID, LOWEST, OFFSET, STEP, Days
from .base import Choice, Detector, Today

# Something runs all the time (usual days added), or everything is more (factor).
_ADDED: Final = np.array([0.35, 0.6, 1.0, 1.7, 4.0, 0.0, 0.0])
_FACTOR: Final = np.array([1.0, 1.0, 1.0, 1.0, 1.0, 1.6, 2.2])
_LOWEST: Final = -5.0
_YOUNG: Final = 8.0
_BEFORE: Final = 1.25
_MEMORY: Final = 0.9985
_ABOVE: Final = 2.0
_QUIET_DAYS: Final = 2


def _changed() -> tuple[Floats, Floats, Bools]:
    """Return where a changed ratio comes from, what that stretches, and what cannot be.

    All (changes, CELLS): the place on the grid before the change, the log of the
    density's stretching, and the ratios smaller than what was added.
    """
    ratio = np.exp(GRID) - OFFSET
    before = (ratio - _ADDED[:, None]) / _FACTOR[:, None]
    inside = np.maximum(before, 0.0) + OFFSET
    place = np.clip((np.log(inside) - LOWEST) / STEP, 0, CELLS - 1)
    stretched = np.log((ratio + OFFSET) / inside / _FACTOR[:, None])
    return place, stretched, before < -0.03


_PLACE, _STRETCH, _IMPOSSIBLE = _changed()
_LEFT: Final = _PLACE.astype(np.int64)
_RIGHT: Final = np.minimum(_LEFT + 1, CELLS - 1)
_PART: Final = _PLACE - _LEFT


class Shift(Detector):
    """Keeps a sum for each meter and size of change (m, changes)."""

    name = "shift"

    def __init__(self, choice: Choice) -> None:
        """Begin with nothing known."""
        super().__init__(choice)
        self._height = choice.of(8.5, 6.75, 5.5)[:, None]
        self._most = choice.of(1.6, 1.6, 1.56)[:, None, None]
        self._hot_ratio = choice.of(1.24, 1.24, 1.19)
        changes = len(_ADDED)
        self._gain = np.zeros((self.meters, changes, CELLS))
        self._sum = np.zeros((self.meters, changes))
        self._before = np.zeros((self.meters, changes))
        self._limit = np.full((self.meters, changes), np.inf)
        self._on = np.zeros(self.meters, bool)
        self._quiet = np.zeros(self.meters)

    @override
    def begin(self, days: Days) -> None:
        density = days.log_density
        left, right = density[:, _LEFT], density[:, _RIGHT]
        gain = left * (1 - _PART) + right * _PART + _STRETCH - density[:, None]
        gain = np.where(_IMPOSSIBLE, _LOWEST, gain)
        self._gain = np.clip(gain, _LOWEST, self._most)

    @override
    def judge(self, today: Today) -> Bools:
        rows = np.arange(self.meters)
        gain = self._gain[rows, :, today.cell]
        risen = np.maximum(self._sum + gain, 0.0)
        self._sum = np.where(today.valid[:, None], risen, self._sum)
        young = 1 + _YOUNG / np.maximum(today.days.seen, 1.0)[:, None]
        self._limit = np.maximum(self._height * young, _BEFORE * self._before)
        over = (self._sum > self._limit).any(axis=1) & today.days.ready
        self._on |= over
        self._sum = np.minimum(self._sum, self._limit + _ABOVE)
        hot = today.ratio > self._hot_ratio
        quiet = np.where(today.valid, np.where(hot, 0, self._quiet + 1), self._quiet)
        self._quiet = np.where(self._on, quiet, 0)
        ended = self._on & (self._quiet >= _QUIET_DAYS)
        self.reset(ended)
        result: Bools = self._on & hot & today.valid
        return result

    @override
    def suspects(self) -> Bools:
        return self._on

    @override
    def learn(self, today: Today, flagged: Bools, suspect: Bools) -> None:
        calm = (~self._on & today.valid)[:, None]
        reached = np.minimum(self._sum, self._limit) * 0.999
        self._before = np.where(
            calm, np.maximum(self._before * _MEMORY, reached), self._before
        )

    @override
    def reset(self, meters: Bools) -> None:
        self._on = self._on & ~meters
        self._sum = np.where(meters[:, None], 0.0, self._sum)
