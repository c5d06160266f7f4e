"""What does Home Assistant's recorder know of a meter?

Hourly statistics give the past as amounts: differences of `sum`, valid at an hour's
end. States give the last days as readings of the dial.
"""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from itertools import pairwise
import math
from typing import Final

from homeassistant.components.recorder.history import state_changes_during_period
from homeassistant.components.recorder.statistics import (
    get_metadata,
    statistics_during_period,
)
from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import get_instance
from homeassistant.util import dt as dt_util

from ..engine.meter import SourceKind, SourceRef
from .collected import HOUR, Amount, Collected, Sample, reduced, shift_of

_MOMENT: Final = 0.001
_DAY: Final = 86400.0
# Sources correct their past for up to a month; the recorder keeps states ten days.
_REREAD: Final = 30 * _DAY
_STATES: Final = 10 * _DAY


class RecorderSource:
    """Sensors, helpers and statistics of this Home Assistant."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Remember whom to ask."""
        self._hass = hass

    async def async_read(
        self, source: SourceRef, since: float | None, now: float
    ) -> AsyncIterator[Collected]:
        """Yield what is new, in one part; raises whatever the recorder raises."""
        state = self._hass.states.get(source.reference)
        yield await get_instance(self._hass).async_add_executor_job(
            _collect,
            self._hass,
            source,
            since,
            now,
            state.attributes.get(ATTR_UNIT_OF_MEASUREMENT) if state else None,
        )


def _collect(
    hass: HomeAssistant,
    source: SourceRef,
    since: float | None,
    now: float,
    sample_unit: str | None,
) -> Collected:
    known = get_metadata(hass, statistic_ids={source.reference})
    metadata = known.get(source.reference)
    amounts: list[Amount] = []
    if metadata is not None and metadata[1]["has_sum"]:
        amounts = _amounts(hass, source.reference, since)
    samples: list[Sample] = []
    if source.kind is SourceKind.ENTITY:
        begin = now - _STATES if since is None else max(since - HOUR, now - _STATES)
        samples = _samples(
            hass, source.reference, begin, shift_of(dt_util.as_local(_moment(now)))
        )
    # Not `now`: the recorder may be behind, and what it writes late must be found.
    seen = [*(s.instant for s in samples[-1:]), *(a.end for a in amounts[-1:])]
    return Collected(
        samples=tuple(samples),
        sample_unit=sample_unit,
        amounts=tuple(amounts),
        amount_unit=metadata[1]["unit_of_measurement"] if metadata else None,
        until=seen[0] if seen else since or now - _STATES,
    )


def _amounts(hass: HomeAssistant, reference: str, since: float | None) -> list[Amount]:
    """Return the differences of a statistic's sum, each at the end of its hour."""
    begin = 0.0 if since is None else since - _REREAD - HOUR
    rows = statistics_during_period(
        hass, _moment(begin), None, {reference}, "hour", None, {"sum"}
    ).get(reference, [])
    knots = [
        (row["end"], row["sum"])
        for row in rows
        if (total := row.get("sum")) is not None and math.isfinite(total)
    ]
    return [
        Amount(start, end, after - before)
        for (start, before), (end, after) in pairwise(knots)
        if before is not None and after is not None
    ]


def _samples(
    hass: HomeAssistant, reference: str, begin: float, shift: float
) -> list[Sample]:
    """Return the states from the begin of an hour on, as far as they matter."""
    # The recorder leaves out the very instant that it is asked from.
    begin -= (begin + shift) % HOUR + _MOMENT
    states = state_changes_during_period(
        hass,
        _moment(begin),
        entity_id=reference,
        no_attributes=True,
        include_start_time_state=False,
    ).get(reference.lower(), [])
    numbers = list(_numbers((s.last_updated_timestamp, s.state) for s in states))
    return reduced(numbers, shift)


def _numbers(states: Iterator[tuple[float, str]]) -> Iterator[Sample]:
    """Yield the numeric states; one that only repeats the last value says nothing.

    After a restart Home Assistant reports old values as new: such a repeat is no
    reading, and neither is "unavailable".
    """
    last: float | None = None
    for instant, state in states:
        try:
            value = float(state)
        except ValueError:
            continue
        if math.isfinite(value) and value != last:
            last = value
            yield Sample(instant, value)


def _moment(instant: float) -> datetime:
    return datetime.fromtimestamp(instant, UTC)
