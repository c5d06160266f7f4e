"""The weather's share of a day's use, learned day by day.

Heating and cooling degrees on the square-root scale, with the balance point that fits
best; sums of squares that fade with time are all that is kept.
"""

from typing import Final

import numpy as np

from ..domain.arrays import Bools, Floats

_BALANCE: Final = np.array([11.0, 13.0, 15.0, 17.0, 19.0])
_COOLING: Final = 18.5
_TODAY: Final = 0.42
_FADE: Final = 0.995
_NEEDS: Final = 40
_GAIN: Final = 0.08
_RIDGE: Final = 1e-6


class WeatherResponses:
    """Regressions of all meters on the same days' temperatures (m, n) or (n,)."""

    def __init__(self, temperature: Floats | None, meters: int, days: int) -> None:
        """Begin with nothing learned; without temperature nothing ever is."""
        self._on = temperature is not None
        if temperature is None:
            return
        rows = np.broadcast_to(temperature, (meters, days))
        before = np.concatenate((rows[:, :1], rows[:, :-1]), axis=1)
        felt = _TODAY * rows + (1 - _TODAY) * before
        self._known = ~np.isnan(felt)
        self._felt = np.where(np.isnan(felt), 15.0, felt)
        shape = (meters, len(_BALANCE))
        self._squares = np.zeros((*shape, 3, 3))
        self._products = np.zeros((*shape, 3))
        self._total = np.zeros((3, meters))
        self._slopes = np.zeros((meters, 2))
        self._balance = np.full(meters, 15.0)

    def part(self, first: int, last: int) -> Floats | float:
        """Return the weather's part (m, k) of the days first..last (excluded)."""
        if not self._on:
            return 0.0
        felt = self._felt[:, first:last]
        heating = np.maximum(self._balance[:, None] - felt, 0.0)
        cooling = np.maximum(felt - _COOLING, 0.0)
        result: Floats = self._slopes[:, :1] * heating + self._slopes[:, 1:] * cooling
        return result

    def learn(self, days: slice, root: Floats, weight: Floats) -> None:
        """Take in days: roots of use (m, k), each with a weight (0: not at all)."""
        if not self._on:
            return
        felt = self._felt[:, None, days]
        heating = np.maximum(_BALANCE[:, None] - felt, 0.0)
        cooling = np.broadcast_to(np.maximum(felt - _COOLING, 0.0), heating.shape)
        rows = np.stack((np.ones_like(heating), heating, cooling), -1)
        count = rows.shape[2]
        weight = weight * self._known[:, days]
        fading = weight * _FADE ** np.arange(count - 1, -1, -1)
        use = np.where(weight > 0, root, 0.0)
        self._squares *= _FADE**count
        self._products *= _FADE**count
        self._total *= _FADE**count
        weighted = rows * fading[:, None, :, None]
        self._squares += np.einsum("mbki,mbkj->mbij", weighted, rows)
        self._products += np.einsum("mbki,mk->mbi", weighted, use)
        for power in range(len(self._total)):
            self._total[power] += (fading * use**power).sum(axis=1)

    def refit(self, seen: Floats) -> None:
        """Solve for the slopes; a meter that the weather does not move has none."""
        if not self._on:
            return
        weight, total, square = self._total
        found = self._solved()
        fitted = np.einsum("mbi,mbij,mbj->mb", found, self._squares, found)
        left = square[:, None] - 2 * (found * self._products).sum(-1) + fitted
        spread = square - total**2 / np.maximum(weight, 1e-9)
        best = np.argmin(left, axis=1)
        rows = np.arange(len(best))
        gain = 1 - left[rows, best] / np.maximum(spread, 1e-12)
        moved: Bools = (seen >= _NEEDS) & (gain > _GAIN)
        self._slopes = np.where(moved[:, None], found[rows, best, 1:], 0.0)
        self._balance = _BALANCE[best]

    def _solved(self) -> Floats:
        """Return base, heating and cooling (m, b, 3), neither slope below zero."""
        ridge = _RIDGE * np.maximum(self._squares[..., :1, :1], 1e-9) * np.eye(3)
        squares = self._squares + ridge
        found = np.zeros_like(self._products)
        found[:] = np.linalg.solve(squares, self._products[..., None])[..., 0]
        for slope, other in ((1, 2), (2, 1)):
            negative = found[..., slope] < 0
            if negative.any():
                alone = self._without(squares, other)
                found[negative] = alone[negative]
        return found

    def _without(self, squares: Floats, kept: int) -> Floats:
        """Return the solution with the base and one slope, or the base alone."""
        columns = np.array([0, kept])
        pair = np.linalg.solve(
            squares[..., columns[:, None], columns],
            self._products[..., columns, None],
        )[..., 0]
        mean: Floats = self._products[..., 0] / squares[..., 0, 0]
        result = np.zeros_like(self._products)
        fine = pair[..., 1] > 0
        result[..., 0] = np.where(fine, pair[..., 0], mean)
        result[..., kept] = np.where(fine, pair[..., 1], 0.0)
        return result
