"""Readings, findings and reports.

Times are epoch seconds (UTC) as floats, days are local dates, arrays are numpy arrays.
This module imports no numpy at run time: it is loaded while Home Assistant sets up.
"""

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import IntEnum, StrEnum
from hashlib import sha256
from math import isnan
from typing import Final

from .arrays import Floats, Ints
from .meters import AnyMeter
from .quality_score import Quality

# A number of which less than this is measured is called an estimate.
_MOSTLY: Final = 0.5


def known(value: float) -> float | None:
    """Return a number, None for one that nobody knows (NaN)."""
    return None if isnan(value) else value


class ReadingKind(StrEnum):
    """The kind of a reading."""

    ACTUAL = "actual"
    REMOTE = "remote"
    INSTALL = "install"
    REMOVAL = "removal"
    ESTIMATE = "estimate"
    CORRECTION = "correction"


type Value = str | float | int | date

KINDS: tuple[ReadingKind, ...] = tuple(ReadingKind)


class Provenance(IntEnum):
    """The provenance of a day's use; ordered from best to worst."""

    MEASURED = 0
    INTERPOLATED = 1
    EXTRAPOLATED = 2
    UNKNOWN = 3


class Severity(StrEnum):
    """The severity of a finding."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Impossible:
    """A reading that lies in no column: no dial can have shown it; as it was given."""

    reading_id: int
    at: str
    value: str


@dataclass(frozen=True, slots=True)
class Readings:
    """The readings of one meter as columns of equal length, in any order.

    The columns are buffers (arrays or memoryviews), which numpy reads without copying.

    `units[i]` indexes `unit_names`, whose first entry None stands for the meter's own
    unit. `kinds[i]` indexes `KINDS`. `revisions` grow with every edit. The ids of
    readings that a person vouches for are `confirmed`: nobody doubts them.
    """

    ids: Sequence[int]
    times: Sequence[float]
    values: Sequence[float]
    kinds: Sequence[int]
    revisions: Sequence[int]
    units: Sequence[int]
    unit_names: tuple[str | None, ...] = (None,)
    confirmed: frozenset[int] = frozenset()
    impossible: tuple[Impossible, ...] = ()


@dataclass(frozen=True, slots=True)
class Amounts:
    """Use between two instants, as columns of equal length, in any order.

    So many more are `impossible`: they lie in no column.
    """

    ids: Sequence[int]
    starts: Sequence[float]
    ends: Sequence[float]
    values: Sequence[float]
    revisions: Sequence[int]
    units: Sequence[int]
    unit_names: tuple[str | None, ...] = (None,)
    impossible: int = 0


@dataclass(frozen=True, slots=True)
class Series:
    """The records of one meter."""

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


@dataclass(frozen=True, slots=True, eq=False)
class Temperature:
    """Daily mean outdoor temperatures (n,) [°C] from a local day on; NaN is a gap."""

    first_day: date
    means: Sequence[float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The context of an analysis besides the readings.

    `as_of` is the instant of the analysis [epoch s]; `hours_from` names the first local
    day of each meter (by key) that is wanted by the hour. `detectors` names those that
    raise events, None for the usual ones.
    """

    as_of: float
    hours_from: Mapping[str, date] = field(default_factory=dict)
    temperature: Temperature | None = None
    detectors: frozenset[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something odd, as data; `data` fills the placeholders of the code's sentence."""

    code: str
    severity: Severity
    meter_id: str
    day: date | None = None
    data: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Anomaly:
    """Days on which a meter did not do what it usually does, first to last included.

    `actual` and `expected` are totals [unit]; `score` is their difference in robust
    spreads of such a total. `reason` words it for a person.
    """

    meter_id: str
    kind: str
    start: date
    end: date
    actual: float
    expected: float
    score: float
    reason: Finding
    is_open: bool = False

    @property
    def anomaly_id(self) -> str:
        """Return an id that stays the same while the anomaly grows."""
        text = f"{self.meter_id.lower()}|{self.start.isoformat()}"
        return sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A value with its central 80 % interval [unit]."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """The running month and year, from what is known and what is expected."""

    month: Band
    year: Band


@dataclass(frozen=True, slots=True, kw_only=True)
class ShapeModel:
    """The model that lays use out between readings, and how well it fits.

    `fit` is the relative error of intervals left out one by one, None if too few.
    """

    shape: str
    fit: float | None
    model_date: date | None


@dataclass(frozen=True, slots=True, eq=False)
class Hours:
    """By the hour: edges (n+1,), use (n,), counter (n+1,), and how known (n,)."""

    edges: Floats
    use: Floats
    counter: Floats
    provenance: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Published rows, all (n,): starts [epoch s], running sums, dials (NaN: none).

    Arrays, because a dense meter has a row an hour for years.
    """

    starts: Floats
    sums: Floats
    states: Floats


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Consumption:
    """The use of one meter, day by day: the first stage of its report.

    With n days: `midnights` (n+1,) [epoch s], `use` (n,) [unit], `provenance` (n,) of
    `Provenance`, `counter` (n+1,) [unit] the dial at each midnight, `slack` (n+1,) the
    half width of the counter's 80 % band. Unknown is NaN. `readings` counts those used;
    the ids of all others are named. `shares` (by key) are what each source (n,) has in
    a master's days [unit].
    """

    meter: AnyMeter
    first_day: date | None
    last_day: date | None
    midnights: Floats
    use: Floats
    provenance: Ints
    counter: Floats
    slack: Floats
    readings: int = 0
    quarantined: frozenset[int] = frozenset()
    superseded: frozenset[int] = frozenset()
    last_reading: tuple[float, float] | None = None
    findings: tuple[Finding, ...] = ()
    hours: Hours | None = None
    model: ShapeModel | None = None
    shares: Mapping[str, Floats] = field(default_factory=dict)

    @property
    def begin(self) -> date:
        """Return the first day, a day before all others where there is none."""
        return self.first_day or date.min


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Judged:
    """A meter's consumption beside what was expected: the second stage of its report.

    `expected` (n,) is what each day would usually have been, None where too few days
    are known; the findings tell of days that are no anomaly yet.
    """

    consumption: Consumption
    expected: Floats | None = None
    anomalies: tuple[Anomaly, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class MeterReport(Consumption):
    """The last stage: a meter's consumption, judged and assessed.

    `expected` (n,) is what each day would usually have been. `adjusted` are years as
    they would have been in usual weather.
    """

    expected: Floats | None = None
    anomalies: tuple[Anomaly, ...] = ()
    quality: Quality | None = None
    forecast: Forecast | None = None
    adjusted: Mapping[int, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodValue:
    """The use from `start` up to `end` (excluded); None while a day is unknown.

    `expected` is what its days would usually have been, None where nobody can say.
    """

    start: date
    end: date
    value: float | None
    expected: float | None
    measured: float
    interpolated: float
    extrapolated: float

    @property
    def is_estimated(self) -> bool:
        """Return whether most of its days are no measurement."""
        return self.measured < _MOSTLY


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The values that the entities of a meter show, as seen on one local day."""

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
    forecast: Forecast | None = None
    quality: Quality | None = None

    def on(self, today: date) -> Snapshot:
        """Return what of it still holds on a later day, before the next analysis."""
        if today == self.seen_on:
            return self
        same_month = (today.year, today.month) == (
            self.seen_on.year,
            self.seen_on.month,
        )
        return replace(
            self,
            yesterday=None,
            month=self.month if same_month else None,
            previous_month=self.previous_month if same_month else None,
            year=self.year if today.year == self.seen_on.year else None,
            forecast=self.forecast if today.year == self.seen_on.year else None,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """The reports of one analysis, by meter key."""

    as_of: float
    time_zone: str
    meters: Mapping[str, MeterReport]
