"""The house's health as a level with its reasons."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
import time
from typing import TYPE_CHECKING

from ..engine.domain.meters import AnyMeter, Virtual
from ..engine.domain.report import Snapshot
from ..runs.run import RunStatus

if TYPE_CHECKING:
    from ..coordinator import Analytics


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


def health(analytics: Analytics) -> Health:
    """Return how the house is right now."""
    errors = list(_errors(analytics))
    warnings = list(_warnings(analytics))
    level = Level.ERROR if errors else Level.WARNING if warnings else Level.OK
    return Health(level, (*errors, *warnings))


def _errors(analytics: Analytics) -> Iterator[str]:
    if not analytics.has_journal:
        yield "journal"
    if analytics.clock_check.is_wrong:
        yield "clock"
    if analytics.data.status is RunStatus.FAILED:
        yield "run_failed"


def _warnings(analytics: Analytics) -> Iterator[str]:
    if analytics.data.status is RunStatus.PARTIAL:
        yield "run_partial"
    if not analytics.data.automatic:
        yield "paused"
    for link in analytics.servers.links:
        if link.is_down:
            yield f"server:{link.name}"
    for key, meter in analytics.meters.items():
        if is_stale(meter, analytics.data.meters.get(key)):
            yield f"stale:{meter.meter_id}"


def is_stale(meter: AnyMeter, snapshot: Snapshot | None) -> bool | None:
    """Return whether a meter's next reading is overdue, None if nobody can say."""
    if isinstance(meter, Virtual) or snapshot is None or snapshot.quality is None:
        return None
    due, end = snapshot.quality.due, meter.last_day
    if due is None or (end is not None and end < snapshot.seen_on):
        return None
    return time.time() > due
