"""Live values, between runs, of meters that a sensor reports.

From events that are in memory anyway: no database is asked. Entities hear of it once a
minute, and only where something has come.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
import math
import time
from typing import Final

from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT
from homeassistant.core import CALLBACK_TYPE, Event, EventStateChangedData, callback
from homeassistant.helpers.event import (
    async_track_state_change_event,
    async_track_time_interval,
)
from homeassistant.util import dt as dt_util

from ..analysis.loaded_house import LoadedHouse
from ..engine.domain import units
from ..engine.domain.meters import Meter
from ..engine.domain.report import Snapshot
from ..sources.registry import entity_of, is_dense
from .window import NOW, Window

_EVERY: Final = timedelta(minutes=1)


def sensor_of(meter: Meter) -> str | None:
    """Return the sensor that reports a meter today, None if none does."""
    today = dt_util.now().date()
    for source in meter.sources:
        begun = source.valid_from is None or source.valid_from <= today
        ended = source.valid_to is not None and source.valid_to < today
        if is_dense(source) and begun and not ended:
            entity_id = entity_of(source)
            if entity_id is not None:
                return entity_id
    return None


def used_today(snapshot: Snapshot | None, last: float | None) -> float | None:
    """Return the use since midnight, None while one of the two dials is not known."""
    if snapshot is None or last is None or snapshot.counter is None:
        return None
    midnight = dt_util.start_of_local_day().timestamp()
    if snapshot.counter_at != midnight or last < snapshot.counter:
        return None
    return last - snapshot.counter


class Live:
    """Follows the sensors of all meters that have one, by meter key."""

    def __init__(self, loaded: LoadedHouse, burst: Callable[[str], None]) -> None:
        """Prepare a window for each of them; `burst` is told whose is nearly full."""
        self._loaded = loaded
        self._burst = burst
        self._listeners: dict[str, list[CALLBACK_TYPE]] = {}
        sensors = {
            key: entity_id
            for key, meter in loaded.physical.items()
            if (entity_id := sensor_of(meter)) is not None
        }
        self.windows = {key: Window() for key in sensors}
        # A sensor may report each second: who is fed by it is looked up, not searched.
        self._fed: dict[str, list[str]] = {}
        for key, entity_id in sensors.items():
            self._fed.setdefault(entity_id, []).append(key)

    @callback
    def start(self) -> None:
        """Begin to listen, until the house is unloaded."""
        if not self._fed:
            return
        hass, unload = self._loaded.hass, self._loaded.entry.async_on_unload
        unload(async_track_state_change_event(hass, list(self._fed), self._reported))
        unload(async_track_time_interval(hass, self._tick, _EVERY))

    @callback
    def listen(self, key: str, heard: CALLBACK_TYPE) -> Callable[[], None]:
        """Call whenever something new of a meter is worth showing."""
        listeners = self._listeners.setdefault(key, [])
        listeners.append(heard)
        return lambda: listeners.remove(heard)

    @callback
    def _reported(self, event: Event[EventStateChangedData]) -> None:
        state = event.data["new_state"]
        if state is None:
            return
        try:
            value = float(state.state)
        except ValueError:
            return
        if not math.isfinite(value):
            return
        instant = state.last_updated_timestamp
        given = state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
        for key in self._fed.get(event.data["entity_id"], ()):
            self._take(key, instant, value, given)

    def _take(self, key: str, instant: float, value: float, given: str | None) -> None:
        unit = self._loaded.physical[key].unit
        try:
            value *= units.factor(given or unit, unit)
        except units.UnitMismatchError:
            # The run that reads it says so in a finding.
            return
        if self.windows[key].take(instant, value):
            # The journal gets what there is before there is too much of it.
            self._burst(key)

    @callback
    def _tick(self, _now: datetime) -> None:
        """Show what has come since the last minute, meter by meter."""
        for key, window in self.windows.items():
            last = window.last
            fresh = last is not None and time.time() - last[0] <= NOW
            if window.changed or fresh is not window.fresh:
                window.changed, window.fresh = False, fresh
                for heard in list(self._listeners.get(key, ())):
                    heard()
