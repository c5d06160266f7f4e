"""Questions about one meter, and their answers.

Free of numpy: those who ask name these types while Home Assistant sets up.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from .meters import House
from .report import Anomaly, Band, MeterReport, Provenance, Series, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """A reading beside an instant [epoch s]: its id, and what the dial showed."""

    reading_id: int
    instant: float
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A dial at an instant: its value, the provenance, and the readings around it.

    `register` counts a meter's dials from 0.
    """

    counter: Band | None
    provenance: Provenance
    before: Neighbour | None
    after: Neighbour | None
    register: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingInterval:
    """The use [unit] between two used readings [epoch s] of one register.

    None where the counter fell without a reason. `g20_15` [K d] are its degree days,
    None as soon as one day's temperature is not known.
    """

    start: float
    end: float
    use: float | None
    g20_15: float | None
    reading_ids: tuple[int, int]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class DaySummary:
    """One meter's day: use, usual use, their difference [unit], kinds of anomalies.

    `parts` are its parts of the day, and `quiet` the least use of an hour at night
    [unit/h], where it is known by the hour.
    """

    consumption: float | None
    expected: float | None
    deviation: float | None
    provenance: Provenance
    flags: tuple[str, ...]
    parts: Mapping[str, float | None] = field(default_factory=dict)
    quiet: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A value and what it is made of; `how` names a sentence, filled by `data`.

    `op` says how the value comes from those of the inputs: the `sum` or the `product`
    of them, or the first and a `share` (the third) of the second. A leaf has none: it
    is a reading, a setting, or what the meter's model says.
    """

    what: str
    value: float | None
    unit: str
    how: str
    data: Mapping[str, Value] = field(default_factory=dict)
    inputs: tuple[Node, ...] = ()
    reading_ids: tuple[int, ...] = ()
    op: str | None = None


@dataclass(frozen=True, slots=True)
class ImplausibleReading:
    """A reading that a meter can hardly have shown at an instant [epoch s].

    Seen from the reading at the instant `beside` [epoch s], the one before where there
    is one, it would mean this `use`, in the meter's unit as all values.
    """

    reading_id: int
    instant: float
    value: float
    likely: float
    use: float
    beside: float


@dataclass(frozen=True, slots=True)
class FlaggedDay:
    """A day of an anomaly, by its index; `rules` counts what flags it.

    `z` is its distance from the mean of the days with use in the two years before, in
    standard deviations; `low` and `high` [unit] are their fences, 1.5 interquartile
    ranges beyond the quartiles. None where these days are too few.
    """

    index: int
    anomaly: Anomaly
    use: float
    expected: float | None
    z: float | None
    low: float | None
    high: float | None
    rules: int


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A meter's report, those it is made of, its records, and when that was [s]."""

    report: MeterReport
    reports: Mapping[str, MeterReport]
    series: Series | None
    house: House
    as_of: float
