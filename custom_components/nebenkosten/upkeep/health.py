"""The house's health as a level with its reasons."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
import time

from ..analysis.loaded_house import LoadedHouse
from ..connections.link import Link
from ..engine.domain.meters import AnyMeter, Virtual
from ..engine.domain.report import Snapshot
from ..runs.result import Result
from ..runs.run import RunStatus


class Level(StrEnum):
    """How much is wrong."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Health:
    """How the house is; each reason is a word and, after a colon, what it concerns."""

    level: Level
    reasons: tuple[str, ...]


class HealthCheck:
    """How the house is right now, from what others know."""

    def __init__(
        self,
        loaded: LoadedHouse,
        result: Callable[[], Result],
        clock_is_wrong: Callable[[], bool],
        links: Sequence[Link],
    ) -> None:
        """Look at one house."""
        self._loaded = loaded
        self._result = result
        self._clock_is_wrong = clock_is_wrong
        self._links = links

    def now(self) -> Health:
        """Return the level and its reasons."""
        errors = list(self._errors())
        warnings = list(self._warnings())
        level = Level.ERROR if errors else Level.WARNING if warnings else Level.OK
        return Health(level, (*errors, *warnings))

    def _errors(self) -> Iterator[str]:
        if not self._loaded.has_journal:
            yield "journal"
        if self._clock_is_wrong():
            yield "clock"
        if self._result().status is RunStatus.FAILED:
            yield "run_failed"

    def _warnings(self) -> Iterator[str]:
        result = self._result()
        if result.status is RunStatus.PARTIAL:
            yield "run_partial"
        if not result.automatic:
            yield "paused"
        for link in self._links:
            if link.is_down:
                yield f"server:{link.name}"
        for key, meter in self._loaded.meters.items():
            if is_stale(meter, result.meters.get(key)):
                yield f"stale:{meter.meter_id}"


def is_stale(meter: AnyMeter, snapshot: Snapshot | None) -> bool | None:
    """Return whether a meter's next reading is overdue, None if nobody can say."""
    if isinstance(meter, Virtual) or snapshot is None or snapshot.quality is None:
        return None
    due, end = snapshot.quality.due, meter.last_day
    if due is None or (end is not None and end < snapshot.seen_on):
        return None
    return time.time() > due
