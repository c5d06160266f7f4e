"""The readings of a meter that its form offers for correction."""

from dataclasses import dataclass
from datetime import date, datetime
import math
from typing import Final

from ..engine.domain.meters import Meter
from ..intake.found_readings import async_find, local_time
from ..journal.records import Status, StoredReading
from ..runtime import Runtime

_MOST: Final = 100
_OPEN: Final = (Status.USED, Status.QUARANTINED)


@dataclass(frozen=True, slots=True)
class Correctable:
    """A reading, and when it was read, in the house's time zone."""

    reading: StoredReading
    at: datetime


async def async_correctable(
    runtime: Runtime, meter: Meter, until: date | None
) -> dict[str, Correctable]:
    """Return readings up to a day by id: those entered by hand, then all.

    Newest first; of each a form has room for so many.
    """
    loaded = runtime.loaded
    found = await async_find(loaded, runtime.queries, meter, (None, until))
    offered: dict[str, Correctable] = {}
    for readings in (found.by_hand, found.readings):
        for one in readings[::-1][:_MOST]:
            at = local_time(one.instant, loaded.zone)
            if at is None or not math.isfinite(one.value):
                continue
            if found.status(one) in _OPEN:
                offered.setdefault(str(one.reading_id), Correctable(one, at))
    return offered
