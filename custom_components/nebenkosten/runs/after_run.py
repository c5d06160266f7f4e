"""What follows a run: its record, what is shown and what is told."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
import logging

from homeassistant.core import callback
from homeassistant.util.json import JsonValueType

from ..analysis.last_values import LastValues
from ..analysis.loaded_house import LoadedHouse
from ..messages.texts import async_wording
from ..publication.ledger import Ledger
from .clock_check import ClockCheck
from .execution import Executed
from .last_result import LastResult
from .notices import tell
from .run import Request, Run
from .run_log import RunLog, line_of

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class AfterRun:
    """Keeps, shows and tells what a run came to.

    `mended` returns what a check had found of meters (by key) that the run published
    again; `show` lets entities look, `ask_to_mend` tells what only the user can mend.
    """

    loaded: LoadedHouse
    run_log: RunLog
    last_values: LastValues
    ledger: Ledger
    last_result: LastResult
    clock_check: ClockCheck
    mended: Callable[[Sequence[str]], Sequence[JsonValueType]]
    show: Callable[[], Awaitable[None]]
    ask_to_mend: Callable[[Run], Awaitable[None]]

    async def async_finish(
        self, request: Request, executed: Executed, *, counts: bool
    ) -> None:
        """Keep a run's record, show it and tell of it."""
        run, values = executed.run, self.last_values
        values.alerts.update(executed.alerts)
        values.meters.update(executed.verified)
        text = await async_wording(self.loaded.hass)
        mended = self.mended([meter_id.lower() for meter_id in run.meters])
        record = await self.run_log.async_add(run, text, mended)
        if run.reason is None and self._is_whole(request):
            # Whatever asked for it: all of the night's work is done.
            values.last_nightly = run.started.timestamp()
        values.last_run = run.started.timestamp() + run.duration
        self.clock_check.seen(values.last_run)
        await self.last_result.async_note(run, counts=counts)
        # What was read back counts from now on, also after a restart.
        await self.ledger.async_save()
        await values.async_save()
        await self.show()
        tell(self.loaded.hass, self.loaded.entry.entry_id, run, record)
        _LOGGER.info("run %s", line_of(record))
        if run.reason is None:
            await self.ask_to_mend(run)

    @callback
    def interrupted(self, run: Run) -> None:
        """Keep the record of a run that is cut: the next start goes on with it."""
        record = self.run_log.add(replace(run, interrupted=True))
        _LOGGER.info("run %s", line_of(record))

    def _is_whole(self, request: Request) -> bool:
        return request.meters is None or request.meters >= self.loaded.meters.keys()
