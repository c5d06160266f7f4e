"""The conversion of use to another unit, by factors that change in time."""

from dataclasses import dataclass

import numpy as np

from .arrays import Floats


@dataclass(frozen=True, slots=True, eq=False)
class Conversion:
    """Factors (k+1,) that change at the instants `edges` (k,) [epoch s]."""

    edges: Floats
    factors: Floats

    def at(self, instants: Floats) -> Floats:
        """Return the factor that holds from each instant (n,) on."""
        found: Floats = self.factors[np.searchsorted(self.edges, instants, "right")]
        return found

    def then(self, other: Conversion) -> Conversion:
        """Return the conversion by this one and the other one after it."""
        edges = np.union1d(self.edges, other.edges)
        begins = np.append(-np.inf, edges)
        return Conversion(edges, self.at(begins) * other.at(begins))

    @property
    def changes_nothing(self) -> bool:
        """Return whether both units are the same."""
        return not len(self.edges) and float(self.factors[0]) == 1.0


SAME_UNIT = Conversion(np.empty(0), np.ones(1))
