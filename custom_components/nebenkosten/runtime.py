"""The composition root: everything a loaded house is made of, and nothing else."""

import asyncio
from dataclasses import dataclass

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

from .analysis.daily_summary import DailySummaries
from .analysis.last_values import LastValues
from .analysis.loaded_house import LoadedHouse, loaded_house
from .analysis.outdoor_temperature import OutdoorWeather
from .analysis.queries import Queries
from .connections.servers import Servers
from .coordinator import ResultsCoordinator
from .intake.reading_desk import ReadingDesk
from .journal.records import JournalError
from .journal.store import Journal
from .live.today import Live
from .publication.ledger import Ledger
from .runs.after_run import AfterRun
from .runs.background import BackgroundWork
from .runs.clock_check import ClockCheck
from .runs.last_result import LastResult
from .runs.queue import RunQueue
from .runs.run import Trigger
from .runs.run_log import RunLog
from .runs.runner import Runner, RunParts
from .runs.watching import Duties, Watched, Watching
from .stores.former_cache import FormerCache
from .upkeep.decisions import UserDecisions, async_take_decisions
from .upkeep.health import HealthCheck
from .upkeep.housekeeping import Housekeeping
from .upkeep.journal_opening import async_is_whole, async_note_revision
from .upkeep.read_back import ReadBack
from .upkeep.repair_issues import Issues

type NkConfigEntry = ConfigEntry[Runtime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What lies on the disk beside the journal."""

    ledger: Ledger
    last_values: LastValues
    run_log: RunLog


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """The parts of a loaded house that edges ask: entities, actions, flows, repairs."""

    loaded: LoadedHouse
    stored: Stored
    coordinator: ResultsCoordinator
    queue: RunQueue
    runner: Runner
    work: BackgroundWork
    queries: Queries
    summaries: DailySummaries
    desk: ReadingDesk
    servers: Servers
    live: Live
    clock_check: ClockCheck
    decisions: UserDecisions
    health: HealthCheck
    housekeeping: Housekeeping
    watching: Watching

    async def async_start(self) -> None:
        """Ask the servers and begin to watch, until the house is unloaded."""
        await self.servers.async_start(self.watching.tibber_asked)
        if not self.loaded.has_journal:
            return
        self.queue.start(self.runner.begin_automatic)
        self.clock_check.start(lambda: self.work.begin(self.watching.async_go_on()))
        self.loaded.entry.async_on_unload(self.queue.stop)
        self.live.start()
        self.watching.start()

    async def async_close(self) -> None:
        """End what still runs, then close the journal; nothing new begins."""
        self.queue.stop()
        self.clock_check.stop()
        await self.work.async_cut()
        await self.servers.async_close()
        await self.stored.run_log.async_save()
        await async_note_revision(self.loaded)
        if isinstance(self.loaded.opened, Journal):
            await self.loaded.hass.async_add_executor_job(self.loaded.opened.close)

    async def async_doubt_all(self) -> None:
        """Note on the disk that all that is published is about to go."""
        self.queries.forget(self.loaded.meters)
        for key in self.loaded.meters:
            self.stored.ledger.doubt_meter(key)
        await self.stored.ledger.async_save()

    async def async_forget(self, key: str) -> None:
        """Believe nothing of a meter whose statistic is about to be cleared."""
        self.queries.forget([key])
        self.stored.ledger.doubt_meter(key)
        self.stored.last_values.forget(key)
        await self.stored.ledger.async_save()
        await self.stored.last_values.async_save()


async def async_build(
    hass: HomeAssistant, entry: ConfigEntry, opened: Journal | JournalError
) -> Runtime:
    """Compose a house; with an error in place of its journal it only shows."""
    loaded = loaded_house(hass, entry, opened)
    stored = await _async_stored(loaded)
    work = BackgroundWork(hass, entry)
    last_result = LastResult(loaded, stored.last_values, stored.run_log)
    coordinator = ResultsCoordinator(hass, entry, work, last_result.current)
    return _composed(loaded, stored, work, last_result, coordinator)


async def _async_stored(loaded: LoadedHouse) -> Stored:
    """Read what lies there; what a former version kept in one file is taken over."""
    hass, former = loaded.hass, FormerCache(loaded.hass)
    stored = Stored(
        ledger=Ledger(hass),
        last_values=LastValues(hass),
        run_log=RunLog(hass, loaded.settings.keep_runs),
    )
    found = await former.async_read()
    await stored.ledger.async_load(None if found is None else found.ledger)
    await stored.last_values.async_load(None if found is None else found.last_values)
    if loaded.has_journal:
        await async_take_decisions(loaded, stored.last_values)
    if found is not None:
        await stored.ledger.async_save()
        await stored.last_values.async_save()
        await former.async_remove()
    await stored.run_log.async_load()
    return stored


def _composed(
    loaded: LoadedHouse,
    stored: Stored,
    work: BackgroundWork,
    last_result: LastResult,
    coordinator: ResultsCoordinator,
) -> Runtime:
    hass, entry, last_values = loaded.hass, loaded.entry, stored.last_values
    weather = OutdoorWeather(hass, entry)
    queries = Queries(loaded, weather)
    summaries = DailySummaries(loaded, queries)
    servers = Servers(hass, entry)
    queue = RunQueue(hass, lambda: last_values.decisions.automatic)
    lock = asyncio.Lock()
    clock_check = ClockCheck(loaded, last_values, coordinator.async_update_listeners)
    read_back = ReadBack(loaded, stored.ledger, queries, servers.influx, lock)
    housekeeping = Housekeeping(loaded, stored.ledger, last_values, servers.influx)
    issues = Issues(loaded, last_result.current)
    watching = Watching(
        loaded,
        Watched(
            clock_check=clock_check,
            last_values=last_values,
            ledger=stored.ledger,
            weather=weather,
        ),
        Duties(
            is_whole=lambda: async_is_whole(loaded),
            look=issues.async_look,
            check=lambda whole: read_back.async_check(whole=whole),
            end_preview=housekeeping.async_end_preview,
            note_revision=lambda: async_note_revision(loaded),
            tell=coordinator.async_update_listeners,
        ),
        queue,
        work,
    )
    runner = Runner(
        loaded,
        RunParts(
            queue=queue,
            lock=lock,
            work=work,
            clock_check=clock_check,
            queries=queries,
            weather=weather,
            servers=servers,
            ledger=stored.ledger,
            last_values=last_values,
        ),
        AfterRun(
            loaded=loaded,
            run_log=stored.run_log,
            last_values=last_values,
            last_result=last_result,
            clock_check=clock_check,
            mended=read_back.taken,
            show=coordinator.async_show,
            ask_to_mend=issues.async_after,
        ),
        (
            summaries.async_tell_of_yesterday,
            housekeeping.async_keep,
            lambda: watching.async_check(whole=True),
        ),
    )
    return Runtime(
        loaded=loaded,
        stored=stored,
        coordinator=coordinator,
        queue=queue,
        runner=runner,
        work=work,
        queries=queries,
        summaries=summaries,
        desk=ReadingDesk(loaded, queries, clock_check, queue.request),
        servers=servers,
        live=Live(loaded, lambda key: queue.request([key], Trigger.BURST)),
        clock_check=clock_check,
        decisions=UserDecisions(loaded, last_values, coordinator.show),
        health=HealthCheck(
            loaded, last_result.current, lambda: clock_check.is_wrong, servers.links
        ),
        housekeeping=housekeeping,
        watching=watching,
    )
