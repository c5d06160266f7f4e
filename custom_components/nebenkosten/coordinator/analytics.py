"""Keeps the house's result up to date: on demand, after changes, and by the clock."""

import asyncio
from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
import logging
from typing import TYPE_CHECKING, Any, Final, override

from homeassistant.const import EVENT_CORE_CONFIG_UPDATE
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers.event import (
    async_call_later,
)
from homeassistant.helpers.importlib import async_import_module
from homeassistant.helpers.start import async_at_started
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN
from ..data import NkConfigEntry, house_of, meters_of
from ..engine.meter import Meter, SourceKind, SourceRef
from ..engine.model import Snapshot
from ..errors import async_in_journal, broken, refuse
from ..journal.records import JournalError, NewReading
from ..journal.store import Journal
from . import stages
from .cache import Cache
from .clock import Clock
from .execution import Execution
from .opening import report_journal
from .run import Request, Run, Trigger
from .servers import Servers
from .weather import Weather

if TYPE_CHECKING:
    from ..engine.state import State

_LOGGER = logging.getLogger(__name__)
_CHECKED: HassKey[set[str]] = HassKey(f"{DOMAIN}_checked")

# Several readings entered in a row make one run.
_QUIET: Final = 1.5
# A server that was out of reach is asked again after a quarter of an hour.
_RETRY: Final = 900.0


@dataclass(frozen=True, slots=True)
class Result:
    """What the entities show: each meter (by key) as last computed."""

    meters: Mapping[str, Snapshot]
    last_run: float | None


class Analytics(DataUpdateCoordinator[Result]):
    """Drives runs, one at a time, and tells the entities."""

    config_entry: NkConfigEntry

    def __init__(
        self,
        hass: HomeAssistant,
        entry: NkConfigEntry,
        journal: Journal | JournalError,
    ) -> None:
        """Prepare; an error in place of the journal forbids every run."""
        super().__init__(hass, _LOGGER, config_entry=entry, name=DOMAIN)
        self.house = house_of(hass, entry)
        self._subentries = {str(s.unique_id): s.subentry_id for s in meters_of(entry)}
        self._journal = journal
        self._cache = Cache(hass)
        self._analyses: dict[str, stages.Analysis] = {}
        self._lock = asyncio.Lock()
        self._manual = False
        self._running: set[asyncio.Task[Any]] = set()
        self._pending: set[str] = set()
        self._closed = False
        self._trigger = Trigger.CHANGE
        self._quiet: CALLBACK_TYPE | None = None
        self._retry: CALLBACK_TYPE | None = None
        self._clock = Clock(hass, entry)
        self._weather = Weather(hass, entry)
        self.servers = Servers(hass, entry)
        self.data = Result({}, None)

    @property
    def meters(self) -> dict[str, Meter]:
        """Return the house's meters by key."""
        return {meter.key: meter for meter in self.house.meters}

    def meters_by_subentry(self) -> list[tuple[str, Meter]]:
        """Return subentry id and meter of those that are still there."""
        return [
            (self._subentries[meter.key], meter)
            for meter in self.house.meters
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
        await self._cache.async_load()
        self._show()
        await self.servers.async_start(self.tibber_asked)
        if isinstance(self._journal, JournalError):
            return
        entry = self.config_entry
        entry.async_on_unload(async_at_started(self.hass, self._async_catch_up))
        entry.async_on_unload(
            self.hass.bus.async_listen(EVENT_CORE_CONFIG_UPDATE, self._moved)
        )
        entry.async_on_unload(self._stop)
        self._clock.start(
            nightly=lambda: self.request(self.meters, Trigger.NIGHTLY),
            hourly=self._hourly,
            # What was yesterday becomes unknown until the nightly run.
            midnight=self.async_update_listeners,
        )

    async def async_close(self) -> None:
        """End what still runs, then close the journal; nothing new begins."""
        self._closed = True
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        await self.servers.async_close()
        if isinstance(self._journal, Journal):
            await self.hass.async_add_executor_job(self._journal.close)

    @callback
    def forget(self, key: str) -> None:
        """Believe nothing of a meter whose statistic was cleared."""
        self._cache.forget(key)
        self._analyses.pop(key, None)

    @callback
    def _stop(self) -> None:
        self._clock.stop()
        for cancel in (self._quiet, self._retry):
            if cancel is not None:
                cancel()
        self._quiet = self._retry = None

    # --- asking for runs ---------------------------------------------------------

    @callback
    def request(self, meters: Iterable[str], trigger: Trigger = Trigger.CHANGE) -> None:
        """Run these meters soon; calls in quick succession make one run."""
        self._pending.update(meters)
        self._trigger = trigger
        if self._pending and self._quiet is None and not self._closed:
            self._quiet = async_call_later(self.hass, _QUIET, self._begin_automatic)

    async def async_run(self, request: Request) -> Run:
        """Run now; raises ServiceValidationError while another manual run goes on.

        Takes over what is waiting, and waits for an automatic run in progress.
        """
        if self._manual:
            raise refuse("run_in_progress")
        journal = self.journal
        self._manual = True
        task = self._start(self._async_locked(journal, request))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError as error:
            if not task.cancelled():
                raise
            raise broken("run_interrupted") from error
        finally:
            self._manual = False

    @callback
    def _begin_automatic(self, _now: datetime) -> None:
        self._quiet = None
        self._start(self._async_automatic())

    def _start[T](self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Let work go on by itself until the house is unloaded."""
        task = self.config_entry.async_create_background_task(
            self.hass, work, f"{DOMAIN} run"
        )
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def _async_automatic(self) -> None:
        if not self._pending:
            return
        meters = frozenset(self._pending)
        request = Request(trigger=self._trigger, meters=meters)
        await self._async_locked(self.journal, request)

    async def _async_locked(self, journal: Journal, request: Request) -> Run:
        async with self._lock:
            if not request.dry_run:
                request = request.joined(frozenset(self._pending))
                self._pending.clear()
            await self._async_load_engine()
            if request.full and not request.dry_run:
                self._doubt(request)
                self._weather.doubt()
            moment = await self._weather.async_moment()
            execution = Execution(
                self.hass,
                self.config_entry,
                self.house,
                journal,
                self._cache,
                self._analyses,
                moment.temperature,
                self.servers,
            )
            run = await execution.async_run(request)
            self._plan_retry(run.missed)
            if not request.dry_run:
                if request.meters is None or request.meters >= self.meters.keys():
                    # Whatever asked for it: all of the night's work is done.
                    self._cache.last_nightly = run.started.timestamp()
                self._cache.last_run = run.started.timestamp() + run.duration
                await self._cache.async_save()
                self._show()
        return run

    def _doubt(self, request: Request) -> None:
        """Believe nothing cached of the meters that a request concerns."""
        for key in self.meters if request.meters is None else request.meters:
            self._analyses.pop(key, None)
            self._cache.doubt(key)

    async def _async_load_engine(self) -> None:
        """Load numpy and the engine outside the event loop, at the first need."""
        await async_import_module(
            self.hass, "custom_components.nebenkosten.engine.pipeline"
        )

    def _show(self) -> None:
        meters = {
            key: remembered.snapshot
            for key, remembered in self._cache.meters.items()
            if key in self.meters
        }
        self.async_set_updated_data(Result(meters, self._cache.last_run))

    # --- looking up --------------------------------------------------------------

    async def async_analyses(self, keys: Sequence[str]) -> list[stages.Analysis]:
        """Return the meters as they are now, computed anew where something changed."""
        journal = self.journal
        await self._async_load_engine()
        found = await async_in_journal(
            self.hass,
            stages.analyse,
            journal,
            self.house,
            [self.meters[key] for key in keys],
            await self._weather.async_moment(),
            dict(self._analyses),
        )
        self._analyses.update(found)
        return list(found.values())

    async def async_state(self, key: str, at: float) -> State:
        """Return what a meter's dial showed at an instant [epoch s]."""
        await self._async_load_engine()
        return await async_in_journal(
            self.hass,
            stages.state,
            self.journal,
            self.house,
            self.meters[key],
            await self._weather.async_moment(),
            at,
        )

    async def async_preview(self, key: str, new: NewReading) -> stages.Preview:
        """Return what a reading would bring."""
        return await async_in_journal(
            self.hass,
            stages.preview,
            self.journal,
            self.house,
            self.meters[key],
            await self._weather.async_moment(),
            new,
        )

    # --- the clock ---------------------------------------------------------------

    async def _async_catch_up(self, _hass: HomeAssistant) -> None:
        """Run what changed while nobody watched, and a nightly run that was missed."""
        if not await self._async_is_whole():
            return
        due = self._clock.last_due().timestamp()
        if (self._cache.last_nightly or 0.0) < due:
            self.request(self.meters, Trigger.NIGHTLY)
            return
        try:
            moment = await self._weather.async_moment()
            stale = await self.hass.async_add_executor_job(self._stale, moment)
        except JournalError as error:
            # The run that follows says what is wrong.
            _LOGGER.warning("The journal cannot be read: %s", error)
            stale = list(self.meters)
        self.request(stale, Trigger.START)

    async def _async_is_whole(self) -> bool:
        """Read the whole journal once a start; a damaged one is used no more."""
        checked = self.hass.data.setdefault(_CHECKED, set())
        if self.journal.journal_id in checked:
            return True
        try:
            await self.hass.async_add_executor_job(self.journal.check)
        except JournalError as error:
            await self.async_close()
            self._journal = error
            report_journal(self.hass, self.config_entry, error)
            return False
        checked.add(self.journal.journal_id)
        return True

    def _stale(self, moment: stages.Moment) -> list[str]:
        """Return the meters that changed since they were last computed; blocks."""
        stale = []
        for key, meter in self.meters.items():
            now = stages.stamp(self.journal, self.house, meter, moment)
            remembered = self._cache.meters.get(key)
            if remembered is None or remembered.stamp != now:
                stale.append(key)
        return stale

    @callback
    def _hourly(self) -> None:
        """Fill today in; Tibber has a minute of its own."""
        self._request_fed_by(
            lambda source: source.is_dense and source.kind is not SourceKind.TIBBER
        )

    @callback
    def tibber_asked(self) -> None:
        """Run the meters that Tibber feeds: it may know more now."""
        if self.has_journal:
            self._request_fed_by(lambda source: source.kind is SourceKind.TIBBER)

    @callback
    def _request_fed_by(self, wanted: Callable[[SourceRef], bool]) -> None:
        keys = (k for k, m in self.meters.items() if any(map(wanted, m.sources)))
        self.request(keys, Trigger.HOURLY)

    @callback
    def _plan_retry(self, missed: Collection[str]) -> None:
        """Run again what a server out of reach kept from being complete."""
        if not missed or self._closed:
            return
        if self._retry is not None:
            self._retry()

        @callback
        def again(_now: datetime) -> None:
            self._retry = None
            self.request(missed, Trigger.RETRY)

        self._retry = async_call_later(self.hass, _RETRY, again)

    @callback
    def _moved(self, _event: Event) -> None:
        """Recompute and republish everything when the house's time zone changes."""
        if self.hass.config.time_zone == self.house.time_zone:
            return
        self.house = house_of(self.hass, self.config_entry)
        self._analyses.clear()
        self._clock.plan_anew()
        self.request(self.meters, Trigger.CHANGE)
