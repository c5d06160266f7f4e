"""The import of years of Tibber's hours into the journal."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import date

from ..analysis.collect import async_collect
from ..analysis.loaded_house import LoadedHouse
from ..engine.domain.local_days import midnight
from ..engine.domain.meters import SourceRef
from ..journal import amounts
from ..outside import OutOfReachError
from ..sources.collected import Collected, Source
from ..sources.tibber import KIND

type Tell = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Imported:
    """What the journal now holds of a home: hours, from a first to a last instant."""

    hours: int
    first: float | None
    last: float | None


class _Telling:
    """A source read from a day on [epoch s], which tells how far it has come."""

    def __init__(self, source: Source, begin: float, tell: Tell) -> None:
        self._source = source
        self._begin = begin
        self._tell = tell

    async def async_read(
        self, source: SourceRef, since: float | None, now: float
    ) -> AsyncIterator[Collected]:
        begin = self._begin if since is None else min(since, self._begin)
        async for found in self._source.async_read(source, begin, now):
            yield found
            self._tell(source.reference, found.until)


async def async_import_history(
    loaded: LoadedHouse, tibber: Source, begin: date, tell: Tell
) -> dict[str, Imported]:
    """Read again what Tibber knows since a day; raises OutOfReachError.

    What was kept before a failure stays, and the next run goes on from there.
    """
    hass, journal = loaded.hass, loaded.journal
    since = midnight(begin, loaded.zone)
    sources = {KIND: _Telling(tibber, since, tell)}
    done: dict[str, Imported] = {}
    for meter in loaded.house.meters:
        fed = tuple(s for s in meter.sources if s.kind == KIND)
        if not fed:
            continue
        only = replace(meter, sources=fed)
        gathered = await async_collect(hass, journal, sources, only, None)
        if gathered.missed:
            raise OutOfReachError(gathered.missed[0])
        for source in fed:
            found = await hass.async_add_executor_job(
                amounts.extent, journal, meter.key, f"{source.kind}:{source.reference}"
            )
            done[source.reference] = Imported(*found)
    return done
