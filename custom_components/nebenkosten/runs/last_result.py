"""The last result and what is counted beside it."""

from collections.abc import Mapping
import logging

from ..analysis.last_values import LastValues
from ..analysis.loaded_house import LoadedHouse
from ..journal.records import JournalError
from ..journal.size import Sizes, sizes
from .result import Result
from .run import Run, RunStatus
from .run_log import RunLog

_LOGGER = logging.getLogger(__name__)


class LastResult:
    """Puts together what entities show."""

    def __init__(
        self, loaded: LoadedHouse, last_values: LastValues, run_log: RunLog
    ) -> None:
        """Show what is remembered; nothing is counted yet."""
        self._loaded = loaded
        self._last_values = last_values
        self._run_log = run_log
        self._sizes: Sizes | None = None
        self._missed: Mapping[str, tuple[str, ...]] = {}

    def current(self) -> Result:
        """Return what holds now of the meters that the house has."""
        values = self._last_values
        shown = {
            key: remembered.snapshot
            for key, remembered in values.meters.items()
            if key in self._loaded.meters
        }
        runs = (one for one in self._run_log.runs if not one.get("interrupted"))
        last = next((one["status"] for one in runs), None)
        return Result(
            shown,
            {key: values.alerts.get(key, ()) for key in shown},
            values.last_run,
            None if last is None else RunStatus(str(last)),
            automatic=values.decisions.automatic,
            sizes=self._sizes,
            missed=self._missed,
        )

    async def async_note(self, run: Run, *, counts: bool) -> None:
        """Keep what entities show of the run beside the meters' own values.

        To count millions of records takes a while: it is done with the night's work.
        """
        keys = {meter_id.lower() for meter_id in run.meters}
        others = {key: one for key, one in self._missed.items() if key not in keys}
        self._missed = {**others, **run.missed}
        if self._sizes is not None and not counts:
            return
        try:
            self._sizes = await self._loaded.hass.async_add_executor_job(
                sizes, self._loaded.journal
            )
        except JournalError as error:
            _LOGGER.warning("The journal cannot be measured: %s", error)
