"""Readings that are about to be entered, beside those of the journal.

What is not async blocks and loads numpy: it runs in an executor, never at set-up.
"""

from array import array
from collections.abc import Sequence
from dataclasses import replace
import time
from zoneinfo import ZoneInfo

from homeassistant.helpers.importlib import async_import_module

from ..analysis.loaded_house import LoadedHouse
from ..engine.domain.answers import ImplausibleReading
from ..engine.domain.local_days import local_day
from ..engine.domain.meters import Meter
from ..engine.domain.report import Readings
from ..journal import series
from ..journal.records import NewReading
from ..journal.series import with_new
from ..journal.store import Journal
from ..messages.errors import async_in_journal, refuse
from ..messages.texts import shown, writes_comma


async def async_refuse_doubtful(
    loaded: LoadedHouse,
    meter: Meter,
    new: Sequence[NewReading],
    instead_of: int | None = None,
) -> None:
    """Raise the error that says of the first reading that does not fit what was meant.

    An edit puts the new reading `instead_of` one of the journal's.
    """
    found = await async_doubtful(loaded, meter, new, instead_of)
    if found:
        raise refuse("reading_doubted", **in_words(loaded, meter, found[0]))


async def async_doubtful(
    loaded: LoadedHouse,
    meter: Meter,
    new: Sequence[NewReading],
    instead_of: int | None = None,
) -> tuple[ImplausibleReading, ...]:
    """Return which new readings of a meter do not fit; known ones are not weighed."""
    await async_import_module(loaded.hass, "custom_components.nebenkosten.engine.api")
    return await async_in_journal(
        loaded.hass, doubtful, loaded.journal, meter, loaded.zone, new, instead_of
    )


def in_words(
    loaded: LoadedHouse, meter: Meter, doubt: ImplausibleReading
) -> dict[str, str]:
    """Return what fills the sentence about a reading that does not fit."""
    comma = writes_comma(loaded.hass.config.language)
    return {
        "value": shown(doubt.value, comma=comma),
        "likely": shown(doubt.likely, comma=comma),
        "use": shown(doubt.use, comma=comma),
        "unit": meter.unit,
        "day": local_day(doubt.beside, loaded.zone).isoformat(),
    }


def doubtful(
    journal: Journal,
    meter: Meter,
    zone: ZoneInfo,
    new: Sequence[NewReading],
    instead_of: int | None = None,
) -> tuple[ImplausibleReading, ...]:
    """Return which new readings of a meter do not fit; known ones are not weighed."""
    from ..engine import api

    stored = _without(series.load(journal, meter.key).readings, instead_of)
    known = set(zip(stored.times, stored.values, strict=True))
    fresh = [one for one in new if (one.instant, one.value) not in known]
    if not fresh:
        return ()
    as_of = max(time.time(), *(one.instant for one in fresh))
    return api.doubtful(meter, stored, with_new(stored, fresh), as_of, zone)


def _without(readings: Readings, one: int | None) -> Readings:
    """Return a meter's readings without one of them."""
    kept = [i for i, reading_id in enumerate(readings.ids) if reading_id != one]
    if len(kept) == len(readings.ids):
        return readings
    return replace(
        readings,
        ids=array("q", [readings.ids[i] for i in kept]),
        times=array("d", [readings.times[i] for i in kept]),
        values=array("d", [readings.values[i] for i in kept]),
        kinds=array("b", [readings.kinds[i] for i in kept]),
        revisions=array("q", [readings.revisions[i] for i in kept]),
        units=array("b", [readings.units[i] for i in kept]),
    )
