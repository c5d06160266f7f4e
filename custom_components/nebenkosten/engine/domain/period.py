"""A stretch of a meter's days, counted."""

from dataclasses import dataclass
from datetime import date

from .report import Provenance


@dataclass(frozen=True, slots=True)
class Period:
    """The use of the days start..end (end excluded), as far as they are known.

    `value` is None as soon as one day is unknown; `known` is the sum of the others.
    `days` counts them by provenance.
    """

    start: date
    end: date
    value: float | None
    known: float
    days: tuple[int, int, int, int]

    @property
    def known_days(self) -> int:
        """Return how many days have a value."""
        return sum(self.days[:3])

    @property
    def provenance(self) -> Provenance:
        """Return how the worst of its days is known."""
        return max(kind for kind in Provenance if self.days[kind])

    @property
    def shares(self) -> tuple[float, float, float]:
        """Return the shares of measured, interpolated, extrapolated known days."""
        of = self.known_days or 1
        return self.days[0] / of, self.days[1] / of, self.days[2] / of
