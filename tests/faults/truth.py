"""What is true of a meter, known without any engine."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
import random
from typing import Final

FIRST: Final = date(2012, 1, 1)
_DAY: Final = timedelta(days=1)


class LostError(AssertionError):
    """A reading or a decision that was acknowledged is no longer there."""


class WrongError(AssertionError):
    """A day that is published is not the truth."""


class HungError(AssertionError):
    """An answer did not come within its limit."""


@dataclass
class Truth:
    """The readings of one meter: what was acknowledged, and what is in flight.

    `installed` holds what a new dial showed where the old one's last value is in
    `values`; `either` what may be there instead, after a change that was cut short.
    """

    values: dict[date, float] = field(default_factory=dict)
    flying: dict[date, float] = field(default_factory=dict)
    installed: dict[date, float] = field(default_factory=dict)
    either: dict[date, float | None] = field(default_factory=dict)
    notes: dict[date, str] = field(default_factory=dict)

    def coming(
        self, dice: random.Random, count: int = 1, use: float | None = None
    ) -> dict[date, float]:
        """Let the next readings fly, one a day; returns them."""
        day = max(self.values, default=FIRST - _DAY)
        value = self.start_of(day)
        for _ in range(count):
            day += _DAY
            value = round(value + (use or dice.uniform(0.1, 9.9)), 3)
            self.flying[day] = value
        return dict(self.flying)

    def landed(self) -> None:
        """Count what flew as acknowledged."""
        self.values |= self.flying
        self.flying.clear()

    def start_of(self, day: date) -> float:
        """Return what the dial shows from a day on."""
        return self.installed.get(day, self.values.get(day, 100.0))

    def between(self, dice: random.Random) -> tuple[date, float]:
        """Return an inner day and another value that its reading may have."""
        inner = [
            day
            for day in sorted(self.values)[2:-2]
            if day not in self.installed
            and {day - _DAY, day + _DAY} <= self.values.keys()
        ]
        day = dice.choice(inner)
        low, high = self.start_of(day - _DAY), self.values[day + _DAY]
        middle = self.values[day]
        share = dice.uniform(0.05, 0.3)
        up = dice.random() < 0.5
        value = middle + share * ((high - middle) if up else (low - middle))
        return day, round(value, 3)

    def spans(self) -> list[tuple[date, date, float]]:
        """Return what was used from one reading to the next."""
        return [
            (day, after, self.values[after] - self.start_of(day))
            for day, after in pairwise(sorted(self.values))
        ]

    def days(self) -> dict[str, float]:
        """Return what each day used that lies between two readings of its own."""
        return {str(day): use for day, end, use in self.spans() if end - day == _DAY}

    def settle(self, found: dict[date, float]) -> None:
        """Learn what became of what was cut short; raises LostError, WrongError."""
        for day, other in self.either.items():
            if found.get(day) == other:
                if other is None:
                    self.values.pop(day, None)
                else:
                    self.values[day] = other
        self.either.clear()
        for day, value in self.values.items():
            if found.get(day) != value:
                raise LostError(f"{day}: {value} became {found.get(day)}")
        extra = {day: found[day] for day in found.keys() - self.values.keys()}
        if extra and extra != self.flying:
            raise WrongError(f"{len(extra)} of {len(self.flying)} readings: {extra}")
        if not extra:
            self.flying.clear()
        self.landed()
