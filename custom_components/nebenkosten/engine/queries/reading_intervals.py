"""What was used between two readings: the fact that every other number rests on."""

from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

from ..domain import local_days
from ..domain.degree_days import degree_days
from ..meter_kinds.physical import prepare
from .daily_summary import mean_of

if TYPE_CHECKING:
    from ..cleaning.registers import Register
    from ..domain.meters import House, Meter
    from ..domain.report import Context, Series, Temperature


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


def reading_intervals(
    house: House, meter: Meter, series: Series, context: Context
) -> tuple[ReadingInterval, ...]:
    """Return the intervals of a meter that is read, in order of time."""
    zone = ZoneInfo(house.time_zone)
    prepared = prepare(meter, series, zone, context, None)
    return tuple(
        one
        for register in prepared.cleaned.registers
        for one in _of(register, zone, context.temperature)
    )


def _of(
    register: Register, zone: ZoneInfo, temperature: Temperature | None
) -> list[ReadingInterval]:
    falls = set(register.falls.tolist())
    rises = np.diff(register.values).tolist()
    return [
        ReadingInterval(
            start=float(register.times[before]),
            end=float(register.times[after]),
            use=None if before in falls else rises[before],
            g20_15=_degrees(
                float(register.times[before]),
                float(register.times[after]),
                zone,
                temperature,
            ),
            reading_ids=(int(register.ids[before]), int(register.ids[after])),
        )
        for before, after in pairwise(range(len(register.ids)))
    ]


def _degrees(
    start: float, end: float, zone: ZoneInfo, temperature: Temperature | None
) -> float | None:
    """Return the degree days between two instants; of a part of a day its part."""
    total, day = 0.0, local_days.local_day(start, zone)
    while (midnight := local_days.midnight(day, zone)) < end:
        following = local_days.midnight(day + timedelta(days=1), zone)
        found = degree_days(mean_of(temperature, day))
        if found is None:
            return None
        inside = min(end, following) - max(start, midnight)
        total += found.g20_15 * inside / (following - midnight)
        day += timedelta(days=1)
    return total
