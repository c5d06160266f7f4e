"""The interface of all kinds of meters: what goes in, and what comes out.

A kind is one function `compute(meter, operands, setting)`; `operands` are the meters
computed before, by key.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from ..domain import calendar_edges, local_days
from ..domain.arrays import Floats, Ints
from ..domain.meters import AnyMeter, House, Meter
from ..domain.report import Consumption, Context, Finding, Series, empty_series
from ..load_model.model_time import Pace
from ..reconstruction import uncertainty
from ..reconstruction.meter_line import Line
from .joining import Joined
from .preparation import Prepared, model_date

type Operands = Mapping[str, Computed]


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """What all meters of an analysis share: the house, its records, and the context.

    `meters` and `records` are by key.
    """

    house: House
    meters: Mapping[str, AnyMeter]
    records: Mapping[str, Series]
    context: Context

    @classmethod
    def of(
        cls, house: House, records: Mapping[str, Series], context: Context
    ) -> Setting:
        """Return the setting of all meters of a house."""
        meters = {meter.key: meter for meter in house.all_meters}
        return cls(house, meters, records, context)

    @property
    def zone(self) -> ZoneInfo:
        """Return the time zone of the house."""
        return ZoneInfo(self.house.time_zone)

    @property
    def today(self) -> date:
        """Return the local day of the analysis."""
        return local_days.local_day(self.context.as_of, self.zone)

    @property
    def yesterday(self) -> date:
        """Return the last day that is over."""
        return self.today - timedelta(days=1)

    @property
    def model_date(self) -> date:
        """Return the day up to which models learn."""
        return model_date(self.context.as_of, self.zone)

    def series(self, meter: Meter) -> Series:
        """Return a meter's records."""
        return self.records.get(meter.key) or empty_series()


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Computed:
    """A meter's consumption, and what others are computed and judged from.

    `line` is None without readings. `prepared` are the physical meters (by key) that
    it counts from. Only a meter with days has `half` (n,), the half widths of their
    bands [unit], a `pace`, the model that is valid now, and, where sources follow each
    other, `joined`.
    """

    consumption: Consumption
    line: Line | None = None
    prepared: Mapping[str, Prepared] = field(default_factory=dict)
    half: Floats = field(default_factory=lambda: np.empty(0))
    pace: Pace | None = None
    joined: Joined | None = None


@dataclass(frozen=True, slots=True, eq=False)
class LineDays:
    """The n days of a line.

    `midnights` (n+1,) [epoch s], `use` and `half` (n,) [unit], `provenance` (n,),
    `slack` (n+1,) [unit]; first and last are None where n is 0.
    """

    first: date | None
    last: date | None
    midnights: Floats
    use: Floats
    provenance: Ints
    half: Floats
    slack: Floats

    @classmethod
    def of(cls, line: Line, first: date, last: date, zone: ZoneInfo) -> LineDays:
        """Return the days first..last of a line; first may be the day after last."""
        midnights = calendar_edges.midnights(first, last, zone)
        use = line.use(midnights)
        provenance = line.provenance(midnights, use)
        half = uncertainty.half_widths(line, midnights, use, provenance)
        some = bool(len(use))
        return cls(
            first if some else None,
            last if some else None,
            midnights,
            use,
            provenance,
            half,
            uncertainty.slack(line, midnights, half, use),
        )


_NOTHING = np.empty(0)
NO_DAYS = LineDays(
    None, None, _NOTHING, _NOTHING, np.empty(0, np.int64), _NOTHING, _NOTHING
)


def without_days(meter: AnyMeter, *findings: Finding) -> Consumption:
    """Return the consumption of a meter of which no day is known."""
    return Consumption(
        meter=meter,
        first_day=None,
        last_day=None,
        midnights=NO_DAYS.midnights,
        use=NO_DAYS.use,
        provenance=NO_DAYS.provenance,
        counter=_NOTHING,
        slack=NO_DAYS.slack,
        findings=findings,
    )
