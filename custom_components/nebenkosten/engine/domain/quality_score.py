"""The quality of a meter's data, as parts and as one score.

Free of numpy: loaded while Home Assistant sets up.
"""

from dataclasses import dataclass, replace
from typing import Final

from .local_days import DAY

# The parts of a score of quality.
_COMPLETE: Final = 0.5
_NOT_GUESSED: Final = 0.2
_FRESH: Final = 0.2
_BELIEVED: Final = 0.1
_MOSTLY: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """How good a meter's data is: shares of its days, and gaps [d].

    `readings` counts those used, `quarantined` those not believed, `unexplained` the
    falls of the dial that nobody has explained. `read_until` is the last instant that a
    reading tells of [epoch s], `limit` how long after it the next one is overdue [s],
    and `rhythm` [s] the pace that freshness is measured by; None where nobody can say.
    """

    completeness: float
    largest_gap_days: float
    freshness: float
    measured_share: float
    interpolated_share: float
    extrapolated_share: float
    quarantined: int
    readings: int = 0
    unexplained: int = 0
    read_until: float | None = None
    limit: float | None = None
    rhythm: float | None = None

    @property
    def is_estimated(self) -> bool:
        """Return whether most of the days are no measurement."""
        return self.measured_share < _MOSTLY

    @property
    def due(self) -> float | None:
        """Return when the next reading is overdue [epoch s], None: nobody can say."""
        if self.read_until is None or self.limit is None:
            return None
        return self.read_until + self.limit

    @property
    def score(self) -> int:
        """Return 0-100; a hand-read meter that is kept up to date reaches 100."""
        doubted = self.quarantined / max(self.readings + self.quarantined, 1)
        return round(
            100
            * (
                _COMPLETE * self.completeness
                + _NOT_GUESSED * (1 - self.extrapolated_share)
                + _FRESH * self.freshness
                + _BELIEVED * (1 - doubted)
            )
        )

    def at(self, instant: float) -> Quality:
        """Return it as it is at a later instant [epoch s], if nothing was read."""
        if self.read_until is None or self.rhythm is None:
            return self
        age = max(instant - self.read_until, 0.0)
        return replace(
            self,
            freshness=fresh(age, self.rhythm),
            largest_gap_days=max(self.largest_gap_days, age / DAY),
        )


def fresh(age: float, rhythm: float) -> float:
    """Return 1 up to the age [s] that a rhythm [s] allows, 0 from twice that on."""
    return min(max(2 - age / rhythm, 0.0), 1.0) if rhythm > 0 else 1.0
