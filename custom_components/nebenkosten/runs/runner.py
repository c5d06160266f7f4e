"""Carries runs out: one at a time, each within a limit, each with a record."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import replace
from datetime import timedelta
import logging
from typing import TYPE_CHECKING, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util

from ..analysis.daily_summary import portions_of
from ..configuration import NkConfigEntry
from ..const import EVENT_DAILY_SUMMARY
from ..journal.records import JournalError
from ..journal.store import Journal
from ..messages.errors import (
    broken,
    refuse,
)
from ..messages.texts import (
    Sentences,
    async_sentences,
    async_wording,
)
from ..outside.deadline import async_within
from .execution import Execution
from .notices import tell
from .queue import Waiting
from .run import Request, Run, Trigger
from .run_log import line_of

if TYPE_CHECKING:
    from ..coordinator import Analytics

_LOGGER = logging.getLogger(__name__)
# A run may take so long [s], and so much longer for each meter: years of hours are
# written in a minute or two, on a slow disk in ten.
_LIMIT: Final = 3600.0
_EACH: Final = 120.0


class Runner:
    """Takes what waits for a run, and whoever asks for one."""

    def __init__(
        self, hass: HomeAssistant, entry: NkConfigEntry, analytics: Analytics
    ) -> None:
        """Run one house; no run goes on at first."""
        self._hass = hass
        self._entry = entry
        self._analytics = analytics
        self._lock = asyncio.Lock()
        self._manual = False
        self._waiting = Waiting(
            hass,
            self._begin_automatic,
            lambda missed: self.request(missed, Trigger.RETRY),
        )

    @callback
    def stop(self) -> None:
        """Begin nothing any more by itself."""
        self._waiting.stop()

    @callback
    def request(self, meters: Iterable[str], trigger: Trigger) -> None:
        """Run these meters soon; calls in quick succession make one run.

        While the house does not work by itself, they wait for whoever asks for a run.
        """
        soon = self._analytics.cache.decisions.automatic
        self._waiting.add(meters, trigger, soon=soon)

    async def async_run(self, request: Request) -> Run:
        """Run now; raises ServiceValidationError while another manual run goes on.

        Takes over what is waiting, and waits for an automatic run in progress.
        """
        if self._manual:
            raise refuse("run_in_progress")
        journal = self._analytics.journal
        self._manual = True
        try:
            if not await self._analytics.clock_check.async_is_right():
                raise self._analytics.clock_check.refusal()
            return await self._async_shielded(journal, request)
        finally:
            self._manual = False

    async def _async_shielded(self, journal: Journal, request: Request) -> Run:
        """Run on where the caller gives up."""
        task = self._analytics.begin(self._async_locked(journal, request))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError as error:
            if not task.cancelled():
                raise
            raise broken("run_interrupted") from error

    @callback
    def go_on(self) -> None:
        """Let what waits wait no more."""
        self.request(set(self._waiting.meters), self._waiting.trigger)

    async def async_between(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do something while no run goes on."""
        async with self._lock:
            await work()

    @callback
    def _begin_automatic(self) -> None:
        self._analytics.begin(self._async_automatic())

    async def _async_automatic(self) -> None:
        waiting = self._waiting
        if not await self._analytics.clock_check.async_is_right():
            return
        meters = frozenset(waiting.meters)
        if not meters or not self._analytics.cache.decisions.automatic:
            return
        trigger = Trigger.NIGHTLY if waiting.nightly else waiting.trigger
        request = Request(trigger=trigger, meters=meters)
        await self._async_locked(self._analytics.journal, request)

    async def _async_locked(self, journal: Journal, request: Request) -> Run:
        nightly = False
        async with self._lock:
            if not request.dry_run:
                nightly = self._waiting.nightly
                request = request.joined(self._waiting.taken())
            sentences = await async_sentences(self._hass)
            execution = self._execution(journal)
            run = await self._async_ended(execution, request, sentences)
            if run.reason is not None:
                # What was taken over waits again, and the night's work with it.
                self._waiting.again(self._keys_of(request), nightly=nightly)
                nightly = False
            self._waiting.again(run.missed)
            if not request.dry_run:
                await self._async_finish(journal, request, run, counts=nightly)
        if nightly:
            self._analytics.begin(self._async_night())
        return run

    def _execution(self, journal: Journal) -> Execution:
        analytics = self._analytics
        return Execution(
            self._hass,
            self._entry,
            analytics.house,
            journal,
            analytics.cache,
            analytics.lookup.known,
            analytics.servers,
        )

    async def _async_ended(
        self, execution: Execution, request: Request, sentences: Sentences
    ) -> Run:
        """Return what came of a run, whatever becomes of it; a dry one may raise."""
        meters = len(self._keys_of(request))
        try:
            return await async_within(
                self._async_execute(execution, request),
                _LIMIT + _EACH * meters,
                TooLongError(),
            )
        except asyncio.CancelledError:
            if not request.dry_run:
                self._interrupted(execution, request, sentences["run_interrupted"])
            raise
        except Exception as error:
            _LOGGER.exception("A run fails")
            if request.dry_run:
                raise _told(error) from error
            reason = sentences[_told(error).translation_key or ""]
            return execution.broken_off(request, reason)

    async def _async_execute(self, execution: Execution, request: Request) -> Run:
        analytics = self._analytics
        await analytics.lookup.async_load_engine()
        if request.full and not request.dry_run:
            analytics.doubt(self._keys_of(request))
        analytics.weather.doubt()
        moment = await analytics.weather.async_moment()
        return await execution.async_run(request, moment.temperature)

    def _keys_of(self, request: Request) -> Collection[str]:
        return self._analytics.meters if request.meters is None else request.meters

    @callback
    def _interrupted(self, execution: Execution, request: Request, reason: str) -> None:
        """Keep the record of a run that is cut: the next start goes on with it."""
        run = replace(execution.broken_off(request, reason), interrupted=True)
        _LOGGER.info("run %s", line_of(self._analytics.run_log.add(run)))

    async def _async_finish(
        self, journal: Journal, request: Request, run: Run, *, counts: bool
    ) -> None:
        """Keep a run's record, show it and tell of it."""
        analytics = self._analytics
        text = await async_wording(self._hass)
        mended = analytics.checking.taken([key.lower() for key in run.meters])
        record = await analytics.run_log.async_add(run, text, mended)
        whole = request.meters is None or request.meters >= analytics.meters.keys()
        if whole and run.reason is None:
            # Whatever asked for it: all of the night's work is done.
            analytics.cache.last_nightly = run.started.timestamp()
        analytics.cache.last_run = run.started.timestamp() + run.duration
        analytics.clock_check.seen(analytics.cache.last_run)
        await analytics.async_note(journal, run, counts=counts)
        await analytics.cache.async_save()
        await analytics.async_show()
        tell(self._hass, self._entry.entry_id, run, record)
        _LOGGER.info("run %s", line_of(record))
        await self._async_ask_to_mend(run)

    async def _async_ask_to_mend(self, run: Run) -> None:
        """Let the user know what only he can mend."""
        analytics = self._analytics
        if run.reason is not None:
            return
        found = {key.lower(): one.findings for key, one in run.meters.items()}
        await analytics.issues.async_told_by(found, analytics.house)
        await analytics.issues.async_of_house(
            analytics.house, analytics.data.meters.get
        )

    async def _async_night(self) -> None:
        """Do the night's work; what fails of it stops nothing else."""
        analytics = self._analytics
        works: tuple[Callable[[], Awaitable[None]], ...] = (
            self._async_sum_up,
            analytics.housekeeping.async_keep,
            lambda: analytics.checking.async_check(whole=True),
        )
        for work in works:
            try:
                await async_within(work(), _LIMIT, TooLongError())
            except Exception:
                _LOGGER.exception("A part of the night's work fails")

    async def _async_sum_up(self) -> None:
        """Tell automations of the day that is over."""
        analytics = self._analytics
        day = dt_util.now().date() - timedelta(days=1)
        summary = await analytics.async_summary(analytics.house.all_meters, day)
        for portion in portions_of(summary):
            self._hass.bus.async_fire(EVENT_DAILY_SUMMARY, portion)


class TooLongError(Exception):
    """Work did not end within its limit."""


def _told(error: Exception) -> HomeAssistantError:
    """Return the error that says why a run failed."""
    if isinstance(error, JournalError):
        return broken(error.key)
    if isinstance(error, TooLongError):
        return broken("run_too_long")
    return broken("run_broken")
