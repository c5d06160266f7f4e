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
from .upkeep.serial_numbers import give_number

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
    return _Composition(loaded, stored, work, last_result, coordinator).runtime()


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


class _Composition:
    """The wiring, part by part: each is handed exactly what it uses."""

    def __init__(
        self,
        loaded: LoadedHouse,
        stored: Stored,
        work: BackgroundWork,
        last_result: LastResult,
        coordinator: ResultsCoordinator,
    ) -> None:
        hass, last_values = loaded.hass, stored.last_values
        self.loaded = loaded
        self.stored = stored
        self.work = work
        self.last_result = last_result
        self.coordinator = coordinator
        self.weather = OutdoorWeather(hass, loaded.entry)
        self.queries = Queries(loaded, self.weather)
        self.summaries = DailySummaries(loaded, self.queries)
        self.servers = Servers(hass, loaded.entry)
        self.queue = RunQueue(hass, lambda: last_values.decisions.automatic)
        self.lock = asyncio.Lock()
        self.clock_check = ClockCheck(
            loaded, last_values, coordinator.async_update_listeners
        )
        self.issues = Issues(loaded, last_result.current)
        influx = self.servers.influx
        self.read_back = ReadBack(
            loaded, stored.ledger, self.queries, influx, self.lock
        )
        self.housekeeping = Housekeeping(loaded, stored.ledger, last_values, influx)
        self.watching = self._watching()

    def _watching(self) -> Watching:
        loaded = self.loaded
        watched = Watched(
            clock_check=self.clock_check,
            last_values=self.stored.last_values,
            ledger=self.stored.ledger,
            weather=self.weather,
        )
        duties = Duties(
            is_whole=lambda: async_is_whole(loaded),
            look=self.issues.async_look,
            check=lambda whole: self.read_back.async_check(whole=whole),
            end_preview=self.housekeeping.async_end_preview,
            note_revision=lambda: async_note_revision(loaded),
            tell=self.coordinator.async_update_listeners,
        )
        return Watching(loaded, watched, duties, self.queue, self.work)

    def _runner(self) -> Runner:
        parts = RunParts(
            queue=self.queue,
            lock=self.lock,
            work=self.work,
            clock_check=self.clock_check,
            queries=self.queries,
            weather=self.weather,
            servers=self.servers,
            ledger=self.stored.ledger,
            last_values=self.stored.last_values,
        )
        after = AfterRun(
            loaded=self.loaded,
            run_log=self.stored.run_log,
            last_values=self.stored.last_values,
            ledger=self.stored.ledger,
            last_result=self.last_result,
            clock_check=self.clock_check,
            mended=self.read_back.taken,
            show=self.coordinator.async_show,
            ask_to_mend=self.issues.async_after,
        )
        nights = (
            self.summaries.async_tell_of_yesterday,
            self.housekeeping.async_keep,
            lambda: self.watching.async_check(whole=True),
        )
        return Runner(self.loaded, parts, after, nights)

    def _renumber(self, key: str, number: str) -> None:
        """Give a meter the serial number of its new dial."""
        loaded = self.loaded
        give_number(loaded.hass, loaded.entry, loaded.subentry(key), number)

    def runtime(self) -> Runtime:
        loaded, queue, last_values = self.loaded, self.queue, self.stored.last_values
        return Runtime(
            loaded=loaded,
            stored=self.stored,
            coordinator=self.coordinator,
            queue=queue,
            runner=self._runner(),
            work=self.work,
            queries=self.queries,
            summaries=self.summaries,
            desk=ReadingDesk(
                loaded, self.queries, self.clock_check, queue.request, self._renumber
            ),
            servers=self.servers,
            live=Live(loaded, lambda key: queue.request([key], Trigger.BURST)),
            clock_check=self.clock_check,
            decisions=UserDecisions(loaded, last_values, self.coordinator.show),
            health=HealthCheck(
                loaded,
                self.last_result.current,
                lambda: self.clock_check.is_wrong,
                self.servers.links,
            ),
            housekeeping=self.housekeeping,
            watching=self.watching,
        )
