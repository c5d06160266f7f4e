"""The readings of one meter as columns, while they are being cleaned."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from ..domain.arrays import Bools, Floats, Ints
from ..domain.local_days import DAY
from ..domain.report import KINDS, ReadingKind

_REMOTE: Final = KINDS.index(ReadingKind.REMOTE)
_NONE: Final = np.empty(0, np.int64)


@dataclass(frozen=True, eq=False)
class ReadingTable:
    """Readings as arrays (n,) in the meter's unit; `ordered` ones rise in time."""

    ids: Ints
    times: Floats
    values: Floats
    kinds: Ints
    revisions: Ints
    ordered: bool = False

    def take(self, chosen: Ints | Bools | slice) -> ReadingTable:
        """Return the chosen readings."""
        return ReadingTable(
            self.ids[chosen],
            self.times[chosen],
            self.values[chosen],
            self.kinds[chosen],
            self.revisions[chosen],
            ordered=self.ordered,
        )

    @cached_property
    def special(self) -> Ints:
        """Return the readings that are neither read by a person nor by a sensor."""
        last = len(self.kinds) - 1
        # Mostly none is: the largest is found without a mask of all of them.
        usual = self.kinds[:-1].max(initial=0) <= _REMOTE
        found = _NONE if usual else np.flatnonzero(self.kinds[:-1] > _REMOTE)
        ends = last >= 0 and self.kinds[last] > _REMOTE
        return np.append(found, last) if ends else found

    @property
    def is_seldom(self) -> bool:
        """Return whether somebody looks at the dial now and then."""
        count = len(self.times)
        return count > 1 and bool(self.times[-1] - self.times[0] > DAY * (count - 1))

    def without(self, indices: Ints) -> ReadingTable:
        """Return all readings but some, by their index."""
        if not len(indices):
            return self
        keep = np.ones(len(self.ids), bool)
        keep[indices] = False
        return self.take(keep)
