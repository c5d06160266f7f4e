"""The last day of a meter by the hour, computed again only when it can have changed.

Everything here blocks and loads numpy, like `stages`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from ..engine.domain.meters import Meter
from ..engine.domain.report import Provenance, known as nan_as_none
from ..journal import series
from .analyse import Ground, computed, stamps

_HOURS: Final = 24


@dataclass(frozen=True, slots=True)
class Hour:
    """The use between two instants [epoch s], and how it is known."""

    start: float
    end: float
    use: float | None
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class LastHours:
    """A meter's last hours, and the state of things that they were computed from."""

    stamp: str
    hours: tuple[Hour, ...]


def last_hours(
    ground: Ground, meters: Sequence[Meter], cached: Mapping[str, LastHours]
) -> dict[str, LastHours]:
    """Return the last 24 hours that are over and known, by key.

    A dial read by hand has those of its course between readings, and says so. What is
    `cached` holds until the meter changes or the next local hour is over.
    """
    zone = ZoneInfo(ground.house.time_zone)
    now = datetime.fromtimestamp(ground.moment.as_of, zone)
    state = stamps(ground, meters)
    found: dict[str, LastHours] = {}
    for meter in meters:
        stamp = f"{state[meter.key]} {now:%Y-%m-%dT%H%z}"
        old = cached.get(meter.key)
        if old is None or old.stamp != stamp:
            old = LastHours(stamp, _hours(ground, meter, now.date()))
        found[meter.key] = old
    return found


def _hours(ground: Ground, meter: Meter, today: date) -> tuple[Hour, ...]:
    alone = computed(
        ground,
        [meter],
        {meter.key: series.load(ground.journal, meter.key)},
        hours_of={meter.key: today - timedelta(days=2)},
    )
    hours = alone.meters[meter.key].hours
    if hours is None:
        return ()
    return tuple(
        Hour(start, end, nan_as_none(use), Provenance(int(code)))
        for start, end, use, code in zip(
            hours.edges[:-1].tolist(),
            hours.edges[1:].tolist(),
            hours.use.tolist(),
            hours.provenance.tolist(),
            strict=True,
        )
    )[-_HOURS:]
