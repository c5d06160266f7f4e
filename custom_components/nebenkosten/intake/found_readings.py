"""The readings of a meter as they are listed, with what became of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from ..analysis.loaded_house import LoadedHouse
from ..analysis.queries import Queries
from ..const import SOURCE_HAND
from ..engine.domain.meters import Meter
from ..engine.domain.report import MeterReport
from ..journal import readings
from ..journal.records import Status, StoredReading
from ..messages.errors import async_in_journal
from .understanding import bounds


@dataclass(frozen=True, slots=True)
class FoundReadings:
    """Readings in order of time, and the report that they were computed into."""

    readings: Sequence[StoredReading]
    report: MeterReport

    @property
    def by_hand(self) -> Sequence[StoredReading]:
        """Return those that somebody has entered."""
        return [one for one in self.readings if one.source == SOURCE_HAND]

    def status(self, reading: StoredReading) -> Status:
        """Return what became of one of them."""
        if reading.deleted:
            return Status.DELETED
        if reading.superseded or reading.reading_id in self.report.superseded:
            return Status.SUPERSEDED
        if reading.reading_id in self.report.quarantined:
            return Status.QUARANTINED
        return Status.USED


def local_time(instant: float, zone: ZoneInfo) -> datetime | None:
    """Return an instant [epoch s] on the wall clock; None where no calendar has it."""
    try:
        return datetime.fromtimestamp(instant, UTC).astimezone(zone)
    except ValueError, OverflowError, OSError:
        return None


async def async_find(
    loaded: LoadedHouse,
    queries: Queries,
    meter: Meter,
    days: tuple[date | None, date | None],
) -> FoundReadings:
    """Return a meter's readings between two days, edited and deleted ones too."""
    (analysis,) = await queries.async_analyses([meter.key])
    found = await async_in_journal(
        loaded.hass,
        readings.find,
        loaded.journal,
        meter.key,
        *bounds(*days, loaded.zone),
        history=True,
    )
    return FoundReadings(found, analysis.report)
