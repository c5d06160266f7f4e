"""The use between two readings, from which every other number comes."""

from datetime import timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np

from ..cleaning.registers import Register
from ..domain import local_days
from ..domain.answers import ReadingInterval
from ..domain.degree_days import degree_days
from ..domain.meters import House, Meter
from ..domain.report import Context, Series, Temperature
from ..meter_kinds.preparation import prepare
from .daily_summary import mean_of


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
