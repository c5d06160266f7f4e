"""Keeps the house's result up to date: on demand, after changes, and by the clock."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
import logging
from typing import Any, override

from homeassistant.const import EVENT_CORE_CONFIG_UPDATE
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers.start import async_at_started
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN, EVENT_DAILY_SUMMARY
from ..data import NkConfigEntry, house_of, meters_of
from ..engine.meter import AnyMeter, Meter, SourceKind, SourceRef
from ..engine.model import Snapshot
from ..errors import broken, refuse
from ..journal.records import JournalError
from ..journal.store import Journal
from ..texts import async_wording
from . import stages
from .alerts import Alert
from .cache import Cache
from .clock import Clock
from .execution import Execution
from .issues import Issues
from .lookup import Lookup
from .notices import tell
from .opening import report_journal
from .run import Request, Run, Status, Trigger
from .run_log import RunLog
from .servers import Servers
from .summary import async_summary
from .waiting import Waiting
from .weather import Weather

_LOGGER = logging.getLogger(__name__)
_CHECKED: HassKey[set[str]] = HassKey(f"{DOMAIN}_checked")


@dataclass(frozen=True, slots=True)
class Result:
    """What the entities show: each meter (by key) as last computed."""

    meters: Mapping[str, Snapshot]
    alerts: Mapping[str, tuple[Alert, ...]]
    last_run: float | None
    status: Status | None
    automatic: bool


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
        self._lock = asyncio.Lock()
        self._manual = False
        self._running: set[asyncio.Task[Any]] = set()
        self._waiting = Waiting(
            hass,
            self._begin_automatic,
            lambda missed: self.request(missed, Trigger.RETRY),
        )
        self._clock = Clock(hass, entry)
        self._weather = Weather(hass, entry)
        self.lookup = Lookup(
            hass, self._weather, lambda: self.journal, lambda: self.house
        )
        self.run_log = RunLog(hass)
        self._issues = Issues(hass, entry)
        self.servers = Servers(hass, entry)
        self.data = Result({}, {}, None, None, automatic=True)

    @property
    def meters(self) -> dict[str, AnyMeter]:
        """Return the house's meters by key."""
        return {meter.key: meter for meter in self.house.all_meters}

    @property
    def physical(self) -> dict[str, Meter]:
        """Return the meters that are read, by key."""
        return {meter.key: meter for meter in self.house.meters}

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
        await self._cache.async_load()
        await self.run_log.async_load()
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
        self._waiting.stop()
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        await self.servers.async_close()
        await self.run_log.async_save()
        if isinstance(self._journal, Journal):
            await self.hass.async_add_executor_job(self._journal.close)

    @callback
    def change(self, meter: AnyMeter, data: Mapping[str, str]) -> None:
        """Change what a meter's subentry says; the house is loaded anew."""
        subentry = self.config_entry.subentries[self._subentries[meter.key]]
        self.hass.config_entries.async_update_subentry(
            self.config_entry, subentry, data={**subentry.data, **data}
        )

    @callback
    def forget(self, key: str) -> None:
        """Believe nothing of a meter whose statistic was cleared."""
        self._cache.forget(key)
        self.lookup.known.pop(key, None)

    @callback
    def _stop(self) -> None:
        self._clock.stop()
        self._waiting.stop()

    # --- asking for runs ---------------------------------------------------------

    @callback
    def request(self, meters: Iterable[str], trigger: Trigger = Trigger.CHANGE) -> None:
        """Run these meters soon; calls in quick succession make one run.

        While the house does not work by itself, they wait for whoever asks for a run.
        """
        self._waiting.add(meters, trigger, soon=self._cache.automatic)

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
    def _begin_automatic(self) -> None:
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
        meters = frozenset(self._waiting.meters)
        if not meters or not self._cache.automatic:
            return
        waiting = self._waiting
        trigger = Trigger.NIGHTLY if waiting.nightly else waiting.trigger
        request = Request(trigger=trigger, meters=meters)
        await self._async_locked(self.journal, request)

    async def _async_locked(self, journal: Journal, request: Request) -> Run:
        nightly = False
        async with self._lock:
            if not request.dry_run:
                nightly = self._waiting.nightly
                request = request.joined(self._waiting.taken())
            await self.lookup.async_load_engine()
            if request.full and not request.dry_run:
                self.doubt(self.meters if request.meters is None else request.meters)
                self._weather.doubt()
            moment = await self._weather.async_moment()
            execution = Execution(
                self.hass,
                self.config_entry,
                self.house,
                journal,
                self._cache,
                self.lookup.known,
                moment.temperature,
                self.servers,
            )
            run = await execution.async_run(request)
            self._waiting.again(run.missed)
            if not request.dry_run:
                record = self.run_log.add(run, await async_wording(self.hass))
                if request.meters is None or request.meters >= self.meters.keys():
                    # Whatever asked for it: all of the night's work is done.
                    self._cache.last_nightly = run.started.timestamp()
                self._cache.last_run = run.started.timestamp() + run.duration
                await self._cache.async_save()
                self._show()
                tell(self.hass, self.config_entry.entry_id, run, record)
                await self._async_ask_to_mend(run)
        if nightly:
            await self._async_sum_up()
        return run

    async def _async_ask_to_mend(self, run: Run) -> None:
        """Let the user know what only he can mend."""
        found = {key.lower(): one.findings for key, one in run.meters.items()}
        await self._issues.async_told_by(found, self.house)
        await self._issues.async_of_house(self.house, self.data.meters.get)

    async def _async_sum_up(self) -> None:
        """Tell automations of the day that is over."""
        day = dt_util.now().date() - timedelta(days=1)
        summary = await async_summary(self.lookup, self.house.all_meters, day)
        self.hass.bus.async_fire(EVENT_DAILY_SUMMARY, summary)

    @callback
    def doubt(self, keys: Iterable[str]) -> None:
        """Believe nothing cached of these meters."""
        for key in keys:
            self.lookup.known.pop(key, None)
            self._cache.doubt(key)

    def _show(self) -> None:
        meters = {
            key: remembered.snapshot
            for key, remembered in self._cache.meters.items()
            if key in self.meters
        }
        alerts = {key: self._cache.alerts.get(key, ()) for key in meters}
        last = self.run_log.runs[0]["status"] if self.run_log.runs else None
        self.async_set_updated_data(
            Result(
                meters,
                alerts,
                self._cache.last_run,
                None if last is None else Status(str(last)),
                automatic=self._cache.automatic,
            )
        )

    async def async_acknowledge(self, key: str, anomaly_id: str) -> None:
        """Show at once that somebody knows of an event."""
        alerts = self._cache.alerts.get(key, ())
        self._cache.alerts[key] = tuple(
            replace(one, acknowledged=True) if one.anomaly_id == anomaly_id else one
            for one in alerts
        )
        await self._cache.async_save()
        self._show()

    async def async_set_automatic(self, *, wanted: bool) -> None:
        """Go on by itself, or wait to be asked; what was missed is caught up."""
        self._cache.automatic = wanted
        await self._cache.async_save()
        self._show()
        if wanted:
            await self._async_catch_up(self.hass)

    # --- the clock ---------------------------------------------------------------

    async def _async_catch_up(self, _hass: HomeAssistant) -> None:
        """Run what changed while nobody watched, and a nightly run that was missed."""
        if not await self._async_is_whole():
            return
        await self._issues.async_of_house(self.house, self.data.meters.get)
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
        stamps = stages.stamps(
            self.journal, self.house, list(self.meters.values()), moment
        )
        known = self._cache.meters
        return [
            key
            for key, now in stamps.items()
            if key not in known or known[key].stamp != now
        ]

    @callback
    def _hourly(self) -> None:
        """Fill today in; Tibber has a minute of its own. Readings become overdue."""
        self.async_update_listeners()
        self._start(self._issues.async_of_house(self.house, self.data.meters.get))
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
        keys = (k for k, m in self.physical.items() if any(map(wanted, m.sources)))
        self.request(keys, Trigger.HOURLY)

    @callback
    def _moved(self, _event: Event) -> None:
        """Recompute and republish everything when the house's time zone changes."""
        if self.hass.config.time_zone == self.house.time_zone:
            return
        self.house = house_of(self.hass, self.config_entry)
        self.lookup.known.clear()
        self._clock.plan_anew()
        self.request(self.meters, Trigger.CHANGE)
