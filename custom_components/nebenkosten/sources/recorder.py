"""The reader of Home Assistant's recorder, for entities and for statistics.

Hourly statistics give the past as amounts: differences of `sum`, valid at an hour's
end. States give the last days as readings of the dial.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime
from itertools import pairwise
import logging
import math
from typing import Final

from homeassistant.components.recorder.history import state_changes_during_period
from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT
from homeassistant.core import HomeAssistant, State
from homeassistant.util import dt as dt_util

from ..engine.domain.meters import SourceRef
from ..outside.deadline import async_ask_recorder
from ..outside.stored_statistics import heading, hours
from .collected import HOUR, Amount, Collected, Sample, reduced, shift_of
from .shown_values import Shown, news

_LOGGER = logging.getLogger(__name__)

_MOMENT: Final = 0.001
_DAY: Final = 86400.0
# Sources correct their past for up to a month; the recorder keeps states ten days.
_REREAD: Final = 30 * _DAY
_STATES: Final = 10 * _DAY


class RecorderSource:
    """Hours of statistics and, `with_states`, the last days' states beside them."""

    def __init__(self, hass: HomeAssistant, *, with_states: bool) -> None:
        """Ask this Home Assistant's recorder."""
        self._hass = hass
        self._with_states = with_states

    async def async_read(
        self, source: SourceRef, since: float | None, now: float
    ) -> AsyncIterator[Collected]:
        """Yield what is new, in one part; raises whatever the recorder raises."""
        state = self._hass.states.get(source.reference)
        unit_now = state.attributes.get(ATTR_UNIT_OF_MEASUREMENT) if state else None
        yield await async_ask_recorder(
            self._hass, self._collect, source.reference, since, now, unit_now
        )

    def _collect(
        self, reference: str, since: float | None, now: float, unit_now: str | None
    ) -> Collected:
        known = heading(self._hass, reference)
        amounts: list[Amount] = []
        if known is not None and known.has_sum:
            amounts = _amounts(self._hass, reference, known.unit, since)
        samples: list[Sample] = []
        if self._with_states:
            begin = now - _STATES if since is None else max(since - HOUR, now - _STATES)
            shift = shift_of(dt_util.as_local(_moment(now)))
            samples = _samples(self._hass, reference, begin, shift, unit_now)
        # Not `now`: the recorder may be behind, and what it writes late must be found.
        seen = [*(s.instant for s in samples[-1:]), *(a.end for a in amounts[-1:])]
        return Collected(
            samples=tuple(samples),
            amounts=tuple(amounts),
            amount_unit=known.unit if known else None,
            until=seen[0] if seen else since or now - _STATES,
        )


def _amounts(
    hass: HomeAssistant, reference: str, unit: str | None, since: float | None
) -> list[Amount]:
    """Return the differences of a statistic's sum, each at the end of its hour."""
    begin = 0.0 if since is None else since - _REREAD - HOUR
    knots = [
        (row["end"], row["sum"])
        for row in hours(hass, reference, unit, begin, {"sum"})
        if (total := row.get("sum")) is not None and math.isfinite(total)
    ]
    return [
        Amount(start, end, after - before)
        for (start, before), (end, after) in pairwise(knots)
        if before is not None and after is not None
    ]


def _samples(
    hass: HomeAssistant,
    reference: str,
    begin: float,
    shift: float,
    unit_now: str | None,
) -> list[Sample]:
    """Return the states from the begin of an hour on, as far as they matter."""
    # The recorder leaves out the very instant that it is asked from.
    begin -= (begin + shift) % HOUR + _MOMENT
    states = state_changes_during_period(
        hass, _moment(begin), entity_id=reference, include_start_time_state=False
    ).get(reference.lower(), [])
    return reduced(list(news(_shown(reference, states, unit_now))), shift)


def _shown(
    reference: str, states: Sequence[State], unit_now: str | None
) -> Iterator[Shown]:
    """Yield each state in the unit that it was recorded with.

    The recorder drops attributes that are too large. Such a state has the unit of all
    others; where these differ nobody knows its unit, and it is left out.
    """
    units = [
        state.attributes.get(ATTR_UNIT_OF_MEASUREMENT) if state.attributes else unit_now
        for state in states
    ]
    certain = len({unit for unit in (*units, unit_now) if unit is not None}) < 2
    unknown = 0
    for state, unit in zip(states, units, strict=True):
        if state.attributes or certain:
            yield Shown(state.last_updated_timestamp, state.state, unit)
        else:
            unknown += 1
    if unknown:
        _LOGGER.warning(
            "%s changed its unit: %d states without one are no readings",
            reference,
            unknown,
        )


def _moment(instant: float) -> datetime:
    return datetime.fromtimestamp(instant, UTC)
