"""What any source gives: readings, amounts and how far it was read."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from ..engine.domain.meters import SourceRef

HOUR: Final = 3600.0
_GAP: Final = 2 * HOUR


@dataclass(frozen=True, slots=True)
class Sample:
    """A dial's value at an instant [epoch s]; without `unit` it is the meter's own."""

    instant: float
    value: float
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Amount:
    """Use between two instants [epoch s]."""

    start: float
    end: float
    value: float
    cost: float | None = None
    unit_price: float | None = None
    vat: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What a source gave: readings and amounts in its own units, up to `until` [s]."""

    samples: tuple[Sample, ...]
    amounts: tuple[Amount, ...]
    amount_unit: str | None
    until: float


class Source(Protocol):
    """Where readings and amounts come from."""

    def async_read(
        self, source: SourceRef, since: float | None, now: float
    ) -> AsyncIterator[Collected]:
        """Yield what is new since `since` [epoch s], or all when it is None.

        Each part is kept before the next one is asked for: what follows a failure is
        read by the next run.
        """


def shift_of(moment: datetime) -> float:
    """Return how many seconds local hours begin before those of UTC."""
    offset = moment.utcoffset()
    return 0.0 if offset is None else offset.total_seconds() % HOUR


def reduced(samples: Sequence[Sample], shift: float = 0.0) -> list[Sample]:
    """Keep the first and last sample of each clock hour and all that tells a story.

    That is the first one after a gap, the last before it, and both sides of a fall.
    Local hours begin `shift` [s] before those of UTC.
    """
    kept: list[Sample] = []
    for i, sample in enumerate(samples):
        before = samples[i - 1] if i else None
        after = samples[i + 1] if i + 1 < len(samples) else None
        if _matters(before, sample, shift) or _matters(sample, after, shift):
            kept.append(sample)
    return kept


def _matters(earlier: Sample | None, later: Sample | None, shift: float) -> bool:
    """Return whether something lies between two neighbours that must stay visible."""
    if earlier is None or later is None:
        return True
    return (
        (earlier.instant + shift) // HOUR != (later.instant + shift) // HOUR
        or later.value < earlier.value
        or later.instant - earlier.instant > _GAP
    )
