"""Model time: the pace at which a meter's expected use passes.

Model time is the running sum of the shape's daily weights: on a cold day much of it
passes for a gas meter, on a warm one little.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np

from ..domain.arrays import Floats
from ..domain.local_days import DAY
from .model_selection import Shape
from .training_intervals import in_days


@dataclass(frozen=True, slots=True, eq=False)
class Pace:
    """Midnights (n+1,), the shape of their days, and its running weights (n+1,)."""

    first_day: date
    midnights: Floats
    shape: Shape
    running: Floats

    def model_time(self, instants: Floats) -> Floats:
        """Return the running sum of weights at each instant; mean weight beyond."""
        days = in_days(instants, self.midnights)
        grid = np.arange(len(self.running), dtype=float)
        outside = np.minimum(days, 0.0) + np.maximum(days - grid[-1], 0.0)
        result: Floats = np.interp(days, grid, self.running) + outside
        return result

    def inside(self, start: float, end: float) -> Floats:
        """Return the midnights strictly between two instants."""
        first = np.searchsorted(self.midnights, start, "right")
        return self.midnights[first : np.searchsorted(self.midnights, end, "left")]


def pace_of(first_day: date, midnights: Floats, shape: Shape) -> Pace:
    """Return a shape laid over its midnights."""
    # A day of 23 hours passes faster than one of 25.
    passed = shape.weights * np.diff(midnights) / DAY
    return Pace(first_day, midnights, shape, np.concatenate(([0.0], np.cumsum(passed))))
