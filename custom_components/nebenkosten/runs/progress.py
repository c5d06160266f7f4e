"""The progress of a run, for those who watch a long one."""

import time
from typing import Final

from homeassistant.core import HomeAssistant, callback

from ..const import EVENT_PROGRESS

# A run that is over sooner needs no telling, and nobody reads faster [s].
_PACE: Final = 2.0


class Progress:
    """Fires an event now and then while a run goes on."""

    def __init__(self, hass: HomeAssistant, run_id: str) -> None:
        """Begin with nothing done."""
        self._hass = hass
        self._run_id = run_id
        self._told = time.monotonic()
        self._stage = ""
        self._done = 0
        self._of = 0

    @callback
    def begin(self, stage: str, of: int) -> None:
        """Begin a stage that has so many steps."""
        self._stage, self._done, self._of = stage, 0, of

    @callback
    def step(self, steps: int = 1) -> None:
        """Count steps that are done, and tell of them if it is time."""
        self._done += steps
        if time.monotonic() - self._told < _PACE:
            return
        self._told = time.monotonic()
        self._hass.bus.async_fire(
            EVENT_PROGRESS,
            {
                "run_id": self._run_id,
                "stage": self._stage,
                "done": self._done,
                "of": self._of,
            },
        )
