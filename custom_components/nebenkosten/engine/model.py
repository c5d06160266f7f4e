"""What is a meter, a reading, a finding, a report?

Times are epoch seconds (UTC) as floats, days are local dates, arrays are numpy arrays.
This module imports no numpy at run time: it is loaded while Home Assistant sets up.
"""

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    type Floats = NDArray[np.float64]
    type Ints = NDArray[np.int64]
    type Bools = NDArray[np.bool_]


class Medium(StrEnum):
    """What flows through a meter."""

    ELECTRICITY = "electricity"
    GAS = "gas"
    WATER = "water"
    HEAT = "heat"
    OTHER = "other"


class Role(StrEnum):
    """Which place a meter has in the house."""

    MAIN = "main"
    SUB = "sub"
    PRODUCTION = "production"
    FEED_IN = "feed_in"
    STORAGE = "storage"


class SourceKind(StrEnum):
    """Where readings come from by themselves."""

    ENTITY = "entity"
    STATISTIC = "statistic"


class ReadingKind(StrEnum):
    """What a reading says about the register."""

    ACTUAL = "actual"
    REMOTE = "remote"
    INSTALL = "install"
    REMOVAL = "removal"
    ESTIMATE = "estimate"
    CORRECTION = "correction"


KINDS: tuple[ReadingKind, ...] = tuple(ReadingKind)


class Provenance(IntEnum):
    """How a day is known; ordered from best to worst."""

    MEASURED = 0
    INTERPOLATED = 1
    EXTRAPOLATED = 2
    UNKNOWN = 3


class Severity(StrEnum):
    """How much a finding matters."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRef:
    """One automatic source of a meter, valid from day to day, both included."""

    kind: SourceKind
    reference: str
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """A physical meter; `digits` counts the places before the decimal separator."""

    meter_id: str
    name: str
    medium: Medium
    unit: str
    role: Role | None = None
    part_of: str | None = None
    serial_number: str | None = None
    model: str | None = None
    installed: date | None = None
    removed: date | None = None
    digits: int | None = None
    decimals: int | None = None
    profile: str | None = None
    sources: tuple[SourceRef, ...] = ()

    @property
    def key(self) -> str:
        """Return the id that is unique regardless of case."""
        return self.meter_id.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """All meters and the zone whose calendar they are counted in."""

    time_zone: str
    meters: tuple[Meter, ...]


@dataclass(frozen=True, slots=True)
class Readings:
    """The readings of one meter as columns of equal length, in any order.

    `units[i]` indexes `unit_names`, whose first entry None stands for the meter's own
    unit. `kinds[i]` indexes `KINDS`. `revisions` grow with every edit.
    """

    ids: array[int]
    times: array[float]
    values: array[float]
    kinds: array[int]
    revisions: array[int]
    units: array[int]
    unit_names: tuple[str | None, ...] = (None,)


@dataclass(frozen=True, slots=True)
class Amounts:
    """Use between two instants, as columns of equal length, in any order."""

    ids: array[int]
    starts: array[float]
    ends: array[float]
    values: array[float]
    revisions: array[int]
    units: array[int]
    unit_names: tuple[str | None, ...] = (None,)


@dataclass(frozen=True, slots=True)
class Series:
    """All that the journal holds of one meter."""

    readings: Readings
    amounts: Amounts


def empty_series() -> Series:
    """Return a meter's records before the first one."""
    return Series(
        Readings(
            ids=array("q"),
            times=array("d"),
            values=array("d"),
            kinds=array("b"),
            revisions=array("q"),
            units=array("b"),
        ),
        Amounts(
            ids=array("q"),
            starts=array("d"),
            ends=array("d"),
            values=array("d"),
            revisions=array("q"),
            units=array("b"),
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What the analysis may know besides the readings.

    `as_of` is the instant of the analysis [epoch s]; `hours_from` names the first local
    day of each meter (by key) that is wanted by the hour.
    """

    as_of: float
    hours_from: Mapping[str, date] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something odd, as data; `data` fills the placeholders of the code's sentence."""

    code: str
    severity: Severity
    meter_id: str
    day: date | None = None
    data: Mapping[str, str | float | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Hours:
    """Use and counter by the hour: edges (n+1,), use (n,), counter (n+1,)."""

    edges: Floats
    use: Floats
    counter: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """What is published, all (n,): starts [epoch s], running sums, dials (NaN: none).

    Arrays, because a dense meter has a row an hour for years.
    """

    starts: Floats
    sums: Floats
    states: Floats


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class MeterReport:
    """What is known of one meter.

    With n days: `midnights` (n+1,) [epoch s], `use` (n,) [unit], `provenance` (n,) of
    `Provenance`, `counter` (n+1,) [unit] the dial at each midnight. Unknown is NaN.
    `readings` counts those used; the ids of all others are named.
    """

    meter: Meter
    first_day: date | None
    last_day: date | None
    midnights: Floats
    use: Floats
    provenance: Ints
    counter: Floats
    readings: int
    quarantined: frozenset[int]
    superseded: frozenset[int]
    last_reading: tuple[float, float] | None
    findings: tuple[Finding, ...] = ()
    hours: Hours | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodValue:
    """The use from `start` up to `end` (excluded); None while a day is unknown."""

    start: date
    end: date
    value: float | None
    measured: float
    interpolated: float
    extrapolated: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What the entities of a meter show, as seen on one local day."""

    seen_on: date
    counter: float | None = None
    counter_at: float | None = None
    counter_provenance: Provenance = Provenance.UNKNOWN
    reading_at: float | None = None
    reading: float | None = None
    yesterday: PeriodValue | None = None
    month: PeriodValue | None = None
    previous_month: PeriodValue | None = None
    year: PeriodValue | None = None

    def on(self, today: date) -> Snapshot:
        """Return what of it still holds on a later day, before the next analysis."""
        same_month = (today.year, today.month) == (
            self.seen_on.year,
            self.seen_on.month,
        )
        return replace(
            self,
            yesterday=self.yesterday if today == self.seen_on else None,
            month=self.month if same_month else None,
            previous_month=self.previous_month if same_month else None,
            year=self.year if today.year == self.seen_on.year else None,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """The whole answer of one analysis, by meter key."""

    as_of: float
    time_zone: str
    meters: Mapping[str, MeterReport]
