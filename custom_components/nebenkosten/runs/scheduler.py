"""The timer of the nightly and hourly work."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from homeassistant.core import CALLBACK_TYPE, callback
from homeassistant.helpers.event import (
    async_track_point_in_utc_time,
    async_track_time_change,
)
from homeassistant.util import dt as dt_util

from ..analysis.loaded_house import LoadedHouse
from .schedule import runs_around


class Clock:
    """Calls at midnight, five and ten past each hour, and for the nightly run."""

    def __init__(self, loaded: LoadedHouse) -> None:
        """Make a timer of a house; `start` sets it."""
        self._hass = loaded.hass
        self._loaded = loaded
        self._cancel: list[CALLBACK_TYPE] = []
        self._nightly: Callable[[], None]

    @callback
    def start(
        self,
        *,
        nightly: Callable[[], None],
        hourly: Callable[[], None],
        check: Callable[[], None],
        midnight: Callable[[], None],
    ) -> None:
        """Begin to call; hours of the recorder are complete ten past."""
        self._nightly = nightly
        self._every(check, minute=5, second=0)
        self._every(hourly, minute=10, second=0)
        self._every(midnight, hour=0, minute=0, second=0)
        self._cancel.append(self._plan())

    @callback
    def stop(self) -> None:
        """Call no more."""
        for cancel in self._cancel:
            cancel()
        self._cancel.clear()

    def last_due(self) -> datetime:
        """Return when the last nightly run should have been (UTC)."""
        return self._around()[0]

    @callback
    def plan_anew(self) -> None:
        """Follow a clock that was set; the nightly call is always the last one."""
        self._cancel.pop()()
        self._cancel.append(self._plan())

    def _every(self, call: Callable[[], None], **pattern: Any) -> None:
        @callback
        def called(_now: datetime) -> None:
            call()

        self._cancel.append(async_track_time_change(self._hass, called, **pattern))

    def _plan(self) -> CALLBACK_TYPE:
        @callback
        def called(_now: datetime) -> None:
            self._cancel[-1] = self._plan()
            self._nightly()

        return async_track_point_in_utc_time(self._hass, called, self._around()[1])

    def _around(self) -> tuple[datetime, datetime]:
        at = self._loaded.settings.run_time
        return runs_around(dt_util.utcnow(), at, self._loaded.zone)
