"""The memory of the last days with use."""

import numpy as np

from ...domain.arrays import Bools, Floats


class Memory:
    """The last values of each meter (m, length), NaN where there were none yet."""

    def __init__(self, meters: int, length: int) -> None:
        """Begin empty."""
        self.values: Floats = np.full((meters, length), np.nan)

    def keep(self, values: Floats, chosen: Bools) -> None:
        """Put the chosen meters' values (m,) in the place of their oldest ones."""
        moved = np.roll(self.values[chosen], -1, axis=1)
        moved[:, -1] = values[chosen]
        self.values[chosen] = moved

    def count(self) -> Floats:
        """Return how many values (m,) are kept."""
        result: Floats = (~np.isnan(self.values)).sum(axis=1).astype(float)
        return result
