"""Keeps the house's result up to date, one run at a time, and shows it."""

import asyncio
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
import logging
from typing import Any, Final, override

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator
from homeassistant.util.json import JsonObjectType

from .analysis.alerts import Alert
from .analysis.daily_summary import async_summary
from .analysis.outdoor_temperature import OutdoorWeather
from .analysis.queries import Lookup
from .configuration import (
    NkConfigEntry,
    house_of,
    meters_of,
    settings_of,
)
from .connections.servers import Servers
from .const import DOMAIN
from .engine.domain.meters import (
    AnyMeter,
    House,
    Meter,
)
from .engine.domain.report import Snapshot
from .journal.decisions import Decisions, remember_decisions
from .journal.records import JournalError
from .journal.size import (
    Sizes,
    sizes,
)
from .journal.store import Journal
from .live.today import Live
from .messages.errors import (
    async_in_journal,
    broken,
)
from .runs.clock_check import ClockCheck
from .runs.run import (
    Request,
    Run,
    RunStatus,
    Trigger,
)
from .runs.run_log import RunLog
from .runs.runner import Runner
from .runs.watching import Watching
from .stores.cache import Cache
from .upkeep.housekeeping import Housekeeping
from .upkeep.journal_opening import (
    async_note_revision,
    async_take_decisions,
)
from .upkeep.read_back import Checking
from .upkeep.repair_issues import Issues
from .upkeep.serial_numbers import give_number

_LOGGER = logging.getLogger(__name__)
# Entities that are told at one go, before others have their turn.
_AT_ONCE: Final = 100
_FEW: Final = 500
# What is cut has so long [s] to end.
_PATIENCE: Final = 60.0


@dataclass(frozen=True, slots=True)
class Result:
    """What the entities show: each meter (by key) as last computed.

    `missed` names the servers that the last run with a meter could not reach.
    """

    meters: Mapping[str, Snapshot]
    alerts: Mapping[str, tuple[Alert, ...]]
    last_run: float | None
    status: RunStatus | None
    automatic: bool
    sizes: Sizes | None = None
    missed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class Analytics(DataUpdateCoordinator[Result]):
    """Drives runs, one at a time, and tells the entities."""

    config_entry: NkConfigEntry

    def __init__(
        self,
        hass: HomeAssistant,
        entry: NkConfigEntry,
        journal: Journal | JournalError,
    ) -> None:
        """Compose a house's parts; an error in place of the journal forbids runs."""
        super().__init__(hass, _LOGGER, config_entry=entry, name=DOMAIN)
        self.house = house_of(hass, entry)
        self._subentries = {str(s.unique_id): s.subentry_id for s in meters_of(entry)}
        self._journal = journal
        self.cache = Cache(hass)
        self._sizes: Sizes | None = None
        self._missed: dict[str, tuple[str, ...]] = {}
        self._running: set[asyncio.Task[Any]] = set()
        self.runner = Runner(hass, entry, self)
        self.weather = OutdoorWeather(hass, entry)
        self.lookup = Lookup(
            hass, self.weather, lambda: self.journal, lambda: self.house
        )
        self.run_log = RunLog(hass, settings_of(entry).keep_runs)
        self.issues = Issues(hass, entry)
        self.servers = Servers(hass, entry)
        self.live = Live(hass, self)
        self.watching = Watching(hass, entry, self)
        self.checking = Checking(hass, self)
        self.clock_check = ClockCheck(hass, entry, self)
        self.housekeeping = Housekeeping(hass, entry, self)
        self.data = Result({}, {}, None, None, automatic=True)

    @property
    def house(self) -> House:
        """Return the house; `meters` and `physical` are its meters by key."""
        return self._house

    @house.setter
    def house(self, house: House) -> None:
        # Asked for with each state that is written: built once.
        self._house = house
        self.meters: Mapping[str, AnyMeter] = {m.key: m for m in house.all_meters}
        self.physical: Mapping[str, Meter] = {m.key: m for m in house.meters}

    def meters_by_subentry(self) -> list[tuple[str, AnyMeter]]:
        """Return subentry id and meter of those that are still there."""
        return [
            (self._subentries[meter.key], meter)
            for meter in self.house.all_meters
            if self._subentries[meter.key] in self.config_entry.subentries
        ]

    @property
    def has_journal(self) -> bool:
        """Return whether the house's journal is open."""
        return isinstance(self._journal, Journal)

    @property
    def journal(self) -> Journal:
        """Return the journal; raises a translated error while there is none."""
        if isinstance(self._journal, JournalError):
            raise broken(self._journal.key)
        return self._journal

    @override
    async def _async_update_data(self) -> Result:
        """Return what is known: a refresh of entities computes nothing."""
        return self.data

    async def async_start(self) -> None:
        """Show the last results and begin to watch the clock."""
        await self.cache.async_load()
        if isinstance(self._journal, Journal):
            await async_take_decisions(self.hass, self._journal, self.cache)
        await self.run_log.async_load()
        self._show()
        await self.servers.async_start(self.watching.tibber_asked)
        if isinstance(self._journal, JournalError):
            return
        self.config_entry.async_on_unload(self.runner.stop)
        self.live.start()
        self.watching.start()

    async def async_give_up(self, error: JournalError) -> None:
        """Use a journal no more that turned out to be damaged."""
        await self.async_close()
        self._journal = error

    async def async_close(self) -> None:
        """End what still runs, then close the journal; nothing new begins."""
        self.runner.stop()
        self.clock_check.stop()
        for task in self._running:
            task.cancel()
        if self._running:
            # Who cannot be ended is not waited for: the house would never unload.
            await asyncio.wait(self._running, timeout=_PATIENCE)
        await self.servers.async_close()
        await self.run_log.async_save()
        if isinstance(self._journal, Journal):
            await self._async_note_revision(self._journal)
            await self.hass.async_add_executor_job(self._journal.close)

    async def async_note_revision(self) -> None:
        """Keep how far the journal has come, where an older one does not reach."""
        if isinstance(self._journal, Journal):
            await self._async_note_revision(self._journal)

    async def _async_note_revision(self, journal: Journal) -> None:
        try:
            await async_note_revision(self.hass, self.config_entry, journal)
        except JournalError as error:
            _LOGGER.warning("The journal's revision cannot be kept: %s", error)

    @callback
    def renumber(self, meter: Meter, number: str) -> None:
        """Give a meter the serial number of its new dial; the house is loaded anew."""
        subentry = self.config_entry.subentries[self._subentries[meter.key]]
        give_number(self.hass, self.config_entry, subentry, number)

    async def async_forget(self, key: str) -> None:
        """Believe nothing of a meter whose statistic is about to be cleared."""
        self.cache.forget(key)
        self.lookup.known.pop(key, None)
        await self.cache.async_save()

    async def async_doubt(self, keys: Iterable[str]) -> None:
        """Note on the disk that what is published of these is about to go."""
        self.doubt(keys)
        await self.cache.async_save()

    # --- asking for runs ---------------------------------------------------------

    @callback
    def request(self, meters: Iterable[str], trigger: Trigger = Trigger.CHANGE) -> None:
        """Run these meters soon; see `Runner.request`."""
        self.runner.request(meters, trigger)

    async def async_run(self, request: Request) -> Run:
        """Run now; see `Runner.async_run`."""
        return await self.runner.async_run(request)

    def begin[T](self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Let work go on by itself until the house is unloaded."""
        task = self.config_entry.async_create_background_task(
            self.hass, work, f"{DOMAIN} run"
        )
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def async_note(self, journal: Journal, run: Run, *, counts: bool) -> None:
        """Keep what entities show of the run beside the meters' own values.

        To count millions of records takes a while: it is done with the night's work.
        """
        for key in run.meters:
            self._missed.pop(key.lower(), None)
        self._missed |= run.missed
        if self._sizes is not None and not counts:
            return
        try:
            self._sizes = await self.hass.async_add_executor_job(sizes, journal)
        except JournalError as error:
            _LOGGER.warning("The journal cannot be measured: %s", error)

    async def async_summary(
        self, meters: Sequence[AnyMeter], day: date
    ) -> JsonObjectType:
        """Return what the house says of a day."""
        state = settings_of(self.config_entry).federal_state
        return await async_summary(
            self.hass, self.lookup, self.house, meters, day, state
        )

    @callback
    def doubt(self, keys: Iterable[str]) -> None:
        """Believe nothing cached of these meters."""
        for key in keys:
            self.lookup.known.pop(key, None)
            self.cache.doubt(key)

    async def async_show(self) -> None:
        """Show what a run has found; of many meters some at a time."""
        self.data = self._result()
        self.last_update_success = True
        await self._async_tell()

    @override
    @callback
    def async_update_listeners(self) -> None:
        """Let the entities look again; those of many meters some at a time."""
        if len(self._listeners) <= _FEW:
            super().async_update_listeners()
        else:
            self.begin(self._async_tell())

    async def _async_tell(self) -> None:
        for number, key in enumerate(list(self._listeners)):
            if number % _AT_ONCE == 0:
                await asyncio.sleep(0)
            if key in self._listeners:
                heard, _ = self._listeners[key]
                heard()

    def _show(self) -> None:
        self.async_set_updated_data(self._result())

    def _result(self) -> Result:
        meters = {
            key: remembered.snapshot
            for key, remembered in self.cache.meters.items()
            if key in self.meters
        }
        alerts = {key: self.cache.alerts.get(key, ()) for key in meters}
        runs = (one for one in self.run_log.runs if not one.get("interrupted"))
        last = next((one["status"] for one in runs), None)
        return Result(
            meters,
            alerts,
            self.cache.last_run,
            None if last is None else RunStatus(str(last)),
            automatic=self.cache.decisions.automatic,
            sizes=self._sizes,
            missed=dict(self._missed),
        )

    async def async_acknowledge(
        self, key: str, anomaly_id: str, *, known: bool
    ) -> None:
        """Show at once whether somebody knows of an event."""
        alerts = self.cache.alerts.get(key, ())
        self.cache.alerts[key] = tuple(
            replace(one, acknowledged=known) if one.anomaly_id == anomaly_id else one
            for one in alerts
        )
        await self.cache.async_save()
        self._show()

    async def async_set_automatic(self, *, wanted: bool) -> None:
        """Go on by itself, or wait to be asked; what was missed is caught up."""
        await self._async_decide(replace(self.cache.decisions, automatic=wanted))
        self._show()
        if wanted:
            await self.watching.async_catch_up()

    async def async_keep_orphans(self, statistics: Iterable[str]) -> None:
        """Ask no more about statistics that no meter feeds."""
        kept = {*self.cache.decisions.kept_orphans, *statistics}
        await self._async_decide(
            replace(self.cache.decisions, kept_orphans=tuple(sorted(kept)))
        )

    async def _async_decide(self, decisions: Decisions) -> None:
        """Keep a decision, or say why it cannot be kept; then nothing has changed."""
        await async_in_journal(self.hass, remember_decisions, self.journal, decisions)
        self.cache.decisions = decisions
        await self.cache.async_save()
