"""Collection: from a meter's sources into the journal."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
import logging
import time
from typing import Final
from zoneinfo import ZoneInfo

from homeassistant.core import HomeAssistant

from ..engine.domain.local_days import local_day, midnight
from ..engine.domain.meters import Meter, SourceRef
from ..engine.domain.reading_bounds import is_possible, within
from ..engine.domain.report import ReadingKind
from ..journal import amounts, readings, source_progress
from ..journal.records import NewAmount, NewReading
from ..journal.store import Journal
from ..journal.value_text import number_text
from ..outside import OutOfReachError
from ..sources.collected import Collected, Source
from ..sources.registry import is_dense

_LOGGER = logging.getLogger(__name__)
_DAY: Final = 86400.0

type Sources = Mapping[str, Source]


@dataclass(slots=True)
class Gathered:
    """What a meter's sources gave: new records, and servers that were missed."""

    records: int = 0
    missed: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where what a source gives is kept, and in which zone its days are cut."""

    journal: Journal
    meter: Meter
    source: SourceRef
    zone: ZoneInfo


async def async_collect(
    hass: HomeAssistant,
    journal: Journal,
    sources: Sources,
    meter: Meter,
    again_from: date | None,
) -> Gathered:
    """Bring all sources of a meter up to date; `again_from` reads them again.

    A server that is out of reach, or not set up, is missed: other sources go on.
    """
    found, zone = Gathered(), ZoneInfo(hass.config.time_zone)
    for source in meter.sources:
        reader = sources.get(source.kind)
        if reader is None:
            found.missed.append(source.kind)
            continue
        place = _Place(journal, meter, source, zone)
        try:
            async for records in _async_read(hass, reader, place, again_from):
                found.records += records
        except OutOfReachError as error:
            found.missed.append(error.name)
    return found


async def _async_read(
    hass: HomeAssistant, reader: Source, place: _Place, again_from: date | None
) -> AsyncIterator[int]:
    """Keep what a source gives, part by part; yields how many records are new."""
    journal, meter, source = place.journal, place.meter, place.source
    known = await hass.async_add_executor_job(
        source_progress.collection, journal, meter.key, source.reference
    )
    since = known.until if known else None
    if since is not None and again_from is not None:
        since = min(since, midnight(within(again_from), place.zone))
    now = time.time()
    async for found in reader.async_read(source, since, now):
        yield await hass.async_add_executor_job(_keep, place, found, now)


def hours_from(journal: Journal, meter: Meter, zone: ZoneInfo) -> date | None:
    """Return the first day that a dense meter is shown by the hour: its set-up."""
    found = [
        source_progress.collection(journal, meter.key, source.reference)
        for source in meter.sources
        if is_dense(source)
    ]
    since = [one.since for one in found if one is not None]
    return local_day(min(since), zone) if since else None


def _keep(place: _Place, found: Collected, now: float) -> int:
    """Keep a part and how far it reaches; returns how many records are new."""
    journal, meter, source = place.journal, place.meter, place.source
    zone = place.zone
    low, high = _validity(source, zone)
    name = f"{source.kind}:{source.reference}"
    new = [
        NewReading(
            meter=meter.key,
            instant=sample.instant,
            zone=zone.key,
            value_text=number_text(sample.value),
            value=sample.value,
            unit=sample.unit,
            kind=ReadingKind.REMOTE,
            source=name,
        )
        for sample in found.samples
        if low <= sample.instant <= high
        and _is_possible(meter, name, (sample.instant, sample.value), now)
    ]
    records = _keep_amounts(journal, meter, name, found, (low, min(high, now + _DAY)))
    if new:
        added = readings.append(journal, new)
        records += len(added.ids) - added.duplicates
    # What lies ahead of now is not kept yet: it is read when its time has come.
    until = min(found.until, now)
    source_progress.collected(
        journal, meter.key, source.reference, now=now, until=until
    )
    return records


def _keep_amounts(
    journal: Journal,
    meter: Meter,
    name: str,
    found: Collected,
    valid: tuple[float, float],
) -> int:
    new: Sequence[NewAmount] = [
        NewAmount(
            meter=meter.key,
            start=amount.start,
            end=amount.end,
            value=amount.value,
            unit=found.amount_unit,
            source=name,
            cost=amount.cost,
            unit_price=amount.unit_price,
            vat=amount.vat,
        )
        for amount in found.amounts
        if valid[0] <= amount.start
        and amount.end <= valid[1]
        and _is_possible(meter, name, (amount.start, amount.value), valid[1])
    ]
    return amounts.record(journal, new) if new else 0


def _is_possible(
    meter: Meter, source: str, said: tuple[float, float], now: float
) -> bool:
    """Return whether an instant [epoch s] and a value can be; else say so, once."""
    possible = is_possible(*said) and said[0] <= now + _DAY
    if not possible:
        _tell(meter.meter_id, source)
    return possible


@cache
def _tell(meter_id: str, source: str) -> None:
    _LOGGER.warning(
        "%s gives %s values or times that no dial can show; they are not kept",
        source,
        meter_id,
    )


def _validity(source: SourceRef, zone: ZoneInfo) -> tuple[float, float]:
    low = float("-inf")
    if source.valid_from is not None:
        low = midnight(within(source.valid_from), zone)
    high = float("inf")
    if source.valid_to is not None:
        high = midnight(within(source.valid_to) + timedelta(days=1), zone)
    return low, high
