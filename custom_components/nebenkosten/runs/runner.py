"""Carries runs out: one at a time, each within a limit, each with a record."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
import logging
from typing import Final

from homeassistant.core import callback
from homeassistant.exceptions import HomeAssistantError

from ..analysis.last_values import LastValues
from ..analysis.loaded_house import LoadedHouse
from ..analysis.outdoor_temperature import OutdoorWeather
from ..analysis.queries import Queries
from ..connections.servers import Servers
from ..journal.records import JournalError
from ..messages.errors import broken, refuse
from ..messages.texts import async_sentences
from ..outside.deadline import async_within
from ..publication.ledger import Ledger
from . import night
from .after_run import AfterRun
from .background import BackgroundWork
from .clock_check import ClockCheck
from .execution import Executed, Execution, Known
from .queue import RunQueue
from .run import Request, Run, TooLongError, Trigger

_LOGGER = logging.getLogger(__name__)
# A run may take so long [s], and so much longer for each meter: years of hours are
# written in a minute or two, on a slow disk in ten.
_LIMIT: Final = 3600.0
_EACH: Final = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunParts:
    """What runs of a house work with; whoever holds `lock` publishes."""

    queue: RunQueue
    lock: asyncio.Lock
    work: BackgroundWork
    clock_check: ClockCheck
    queries: Queries
    weather: OutdoorWeather
    servers: Servers
    ledger: Ledger
    last_values: LastValues


class Runner:
    """Takes what waits for a run, and whoever asks for one."""

    def __init__(
        self,
        loaded: LoadedHouse,
        parts: RunParts,
        after: AfterRun,
        nights: Sequence[night.Work],
    ) -> None:
        """Run one house; no run goes on at first. `nights` follow a nightly run."""
        self._hass = loaded.hass
        self._loaded = loaded
        self._parts = parts
        self._after = after
        self._nights = nights
        self._manual = False

    async def async_run(self, request: Request) -> Run:
        """Run now; raises ServiceValidationError while another manual run goes on.

        Takes over what is waiting, and waits for an automatic run in progress.
        """
        if self._manual:
            raise refuse("run_in_progress")
        # Raises where there is none.
        _ = self._loaded.journal
        self._manual = True
        try:
            if not await self._parts.clock_check.async_is_right():
                raise self._parts.clock_check.refusal()
            return await self._async_shielded(request)
        finally:
            self._manual = False

    async def _async_shielded(self, request: Request) -> Run:
        """Run on where the caller gives up."""
        task = self._parts.work.begin(self._async_locked(request))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError as error:
            if not task.cancelled():
                raise
            raise broken("run_interrupted") from error

    @callback
    def begin_automatic(self) -> None:
        """Run what waits."""
        self._parts.work.begin(self._async_automatic())

    async def _async_automatic(self) -> None:
        queue = self._parts.queue
        if not await self._parts.clock_check.async_is_right():
            return
        meters = frozenset(queue.meters)
        if not meters or not self._parts.last_values.decisions.automatic:
            return
        trigger = Trigger.NIGHTLY if queue.nightly else queue.trigger
        await self._async_locked(Request(trigger=trigger, meters=meters))

    async def _async_locked(self, request: Request) -> Run:
        nightly, queue = False, self._parts.queue
        async with self._parts.lock:
            if not request.dry_run:
                nightly = queue.nightly
                request = request.joined(queue.taken())
            executed = await self._async_ended(request)
            run = executed.run
            if run.reason is not None:
                # What was taken over waits again, and the night's work with it.
                queue.again(self._keys_of(request), nightly=nightly)
                nightly = False
            queue.again(run.missed)
            if not request.dry_run:
                self._parts.queries.learn(executed.analyses)
                await self._after.async_finish(request, executed, counts=nightly)
        if nightly:
            self._parts.work.begin(night.async_do(self._nights))
        return run

    async def _async_ended(self, request: Request) -> Executed:
        """Return what came of a run, whatever becomes of it; a dry one may raise."""
        sentences = await async_sentences(self._hass)
        execution = self._execution(request)
        limit = _LIMIT + _EACH * len(self._keys_of(request))
        try:
            work = self._async_execute(execution, request)
            return await async_within(work, limit, TooLongError())
        except asyncio.CancelledError:
            if not request.dry_run:
                reason = sentences["run_interrupted"]
                self._after.interrupted(execution.broken_off(request, reason))
            raise
        except Exception as error:
            _LOGGER.exception("A run fails")
            told = _told(error)
            if request.dry_run:
                raise told from error
            reason = sentences[told.translation_key or ""]
            return Executed(execution.broken_off(request, reason))

    def _execution(self, request: Request) -> Execution:
        """Return a run that knows what is known, of a full one's meters nothing."""
        parts = self._parts
        if request.full and not request.dry_run:
            keys = self._keys_of(request)
            parts.queries.forget(keys)
            for key in keys:
                parts.ledger.doubt_meter(key)
        known = Known(dict(parts.queries.known), dict(parts.last_values.alerts))
        return Execution(self._loaded, parts.servers, parts.ledger, known)

    async def _async_execute(self, execution: Execution, request: Request) -> Executed:
        parts = self._parts
        await parts.queries.async_load_engine()
        parts.weather.doubt()
        moment = await parts.weather.async_moment()
        return await execution.async_run(request, moment.temperature)

    def _keys_of(self, request: Request) -> Collection[str]:
        return self._loaded.meters if request.meters is None else request.meters


def _told(error: Exception) -> HomeAssistantError:
    """Return the error that says why a run failed."""
    if isinstance(error, JournalError):
        return broken(error.key)
    if isinstance(error, TooLongError):
        return broken("run_too_long")
    return broken("run_broken")
