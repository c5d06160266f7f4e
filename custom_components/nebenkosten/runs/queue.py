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


class RunQueue:
    """Gathers what changes in quick succession, so that one run does for it all.

    While the house does not work by itself, meters wait for whoever asks for a run.
    """

    def __init__(
        self, hass: HomeAssistant, works_by_itself: Callable[[], bool]
    ) -> None:
        """Let nothing begin before `start`."""
        self._hass = hass
        self._works_by_itself = works_by_itself
        self._begin: Callable[[], None] | None = None
        self._quiet: CALLBACK_TYPE | None = None
        self._begun_at = 0.0
        self._retry: CALLBACK_TYPE | None = None
        self._missed: set[str] = set()
        self.trigger = Trigger.CHANGE
        self.nightly = False
        self.meters: set[str] = set()

    @callback
    def start(self, begin: Callable[[], None]) -> None:
        """Call `begin` from now on, once for all that waited."""
        self._begin = begin

    @callback
    def stop(self) -> None:
        """Begin nothing any more."""
        self._begin = None
        for cancel in (self._quiet, self._retry):
            if cancel is not None:
                cancel()
        self._quiet = self._retry = None

    @callback
    def request(self, meters: Iterable[str], trigger: Trigger = Trigger.CHANGE) -> None:
        """Run these meters soon; calls in quick succession make one run."""
        new = set(meters)
        if not new:
            return
        self.meters |= new
        self.trigger = trigger
        # Whoever takes it over does the night's work.
        self.nightly |= trigger is Trigger.NIGHTLY
        if self._begin is None or not self._works_by_itself():
            return
        now = self._hass.loop.time()
        if self._quiet is None:
            self._begun_at = now
        else:
            self._quiet()
        delay = min(_QUIET, max(self._begun_at + _LONGEST - now, 0.0))
        self._quiet = async_call_later(self._hass, delay, self._begun)

    @callback
    def go_on(self) -> None:
        """Let what waits wait no more."""
        self.request(set(self.meters), self.trigger)

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
        if not missed or self._begin is None:
            return
        self._missed |= set(missed)
        if self._retry is None:
            self._retry = async_call_later(self._hass, _RETRY, self._once_again)

    @callback
    def _once_again(self, _now: datetime) -> None:
        self._retry = None
        missed = frozenset(self._missed)
        self._missed.clear()
        self.request(missed, Trigger.RETRY)

    @callback
    def _begun(self, _now: datetime) -> None:
        self._quiet = None
        if self._begin is not None:
            self._begin()
