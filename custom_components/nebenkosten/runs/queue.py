"""The queue of meters that wait for a run, and the delay before it begins."""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import Final

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

from .run import Trigger

# Readings entered in a row make one run, once nothing more has come for this long [s]
# or the first one has waited for so long.
_QUIET: Final = 1.5
_LONGEST: Final = 30.0
# A server that was out of reach is asked again after a quarter of an hour.
_RETRY: Final = 900.0


class Waiting:
    """Gathers what changes in quick succession; `begin` is called once for it all."""

    def __init__(
        self,
        hass: HomeAssistant,
        begin: Callable[[], None],
        retry: Callable[[Collection[str]], None],
    ) -> None:
        """Call `begin` once for all that waited, and `retry` for what was missed."""
        self._hass = hass
        self._begin = begin
        self._once_more = retry
        self._quiet: CALLBACK_TYPE | None = None
        self._begun_at = 0.0
        self._retry: CALLBACK_TYPE | None = None
        self._missed: set[str] = set()
        self._stopped = False
        self.trigger = Trigger.CHANGE
        self.nightly = False
        self.meters: set[str] = set()

    @callback
    def add(self, meters: Iterable[str], trigger: Trigger, *, soon: bool) -> None:
        """Let meters wait; unless `soon`, until somebody asks for a run."""
        new = set(meters)
        if not new:
            return
        self.meters |= new
        self.trigger = trigger
        # Whoever takes it over does the night's work.
        self.nightly |= trigger is Trigger.NIGHTLY
        if not soon or self._stopped:
            return
        now = self._hass.loop.time()
        if self._quiet is None:
            self._begun_at = now
        else:
            self._quiet()
        delay = min(_QUIET, max(self._begun_at + _LONGEST - now, 0.0))
        self._quiet = async_call_later(self._hass, delay, self._begun)

    @callback
    def taken(self) -> frozenset[str]:
        """Return what waits and let it wait no more."""
        found = frozenset(self.meters)
        self.meters.clear()
        self.nightly = False
        return found

    @callback
    def again(self, missed: Collection[str], *, nightly: bool = False) -> None:
        """Run again later what could not be completed, all of it at one go.

        What was missed before keeps its time, which comes first.
        """
        self.nightly |= nightly
        if not missed or self._stopped:
            return
        self._missed |= set(missed)
        if self._retry is None:
            self._retry = async_call_later(self._hass, _RETRY, self._once_again)

    @callback
    def _once_again(self, _now: datetime) -> None:
        self._retry = None
        missed = frozenset(self._missed)
        self._missed.clear()
        self._once_more(missed)

    @callback
    def stop(self) -> None:
        """Begin nothing any more."""
        self._stopped = True
        for cancel in (self._quiet, self._retry):
            if cancel is not None:
                cancel()
        self._quiet = self._retry = None

    @callback
    def _begun(self, _now: datetime) -> None:
        self._quiet = None
        self._begin()
