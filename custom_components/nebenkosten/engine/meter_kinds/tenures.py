"""The tenures of a master's sources: from when to when each one counts."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from ..domain.local_days import midnight
from ..domain.meters import MasterPeriod

_ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Tenure:
    """A source (by key) that counts from one day to another, both included.

    One `is_later` that joins others which go on.
    """

    key: str
    start: date
    end: date | None
    is_later: bool

    def ends_at(self, day: date) -> bool:
        """Return whether it ends where a day begins."""
        return self.end is not None and self.end + _ONE_DAY == day

    def bounds(self, zone: ZoneInfo, as_of: float) -> tuple[float, float]:
        """Return the instants at which it begins and ends, by `as_of` [epoch s]."""
        begin = midnight(self.start, zone)
        if self.end is None:
            return begin, as_of
        return begin, min(as_of, midnight(self.end + _ONE_DAY, zone))


def tenures(periods: list[MasterPeriod]) -> Iterator[Tenure]:
    """Yield each source's tenures: periods without a day between are one."""
    open_: dict[str, Tenure] = {}
    for number, period in enumerate(periods):
        keys = [key.lower() for key in period.sources]
        for key in [key for key in open_ if key not in keys]:
            yield open_.pop(key)
        for key in dict.fromkeys(keys):
            before = open_.get(key)
            if before is not None and before.ends_at(period.start):
                open_[key] = replace(before, end=period.end)
                continue
            if before is not None:
                yield before
            open_[key] = Tenure(key, period.start, period.end, number > 0)
    yield from open_.values()
