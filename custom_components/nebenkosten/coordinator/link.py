"""Is a server outside the house there, and who has been told that it is not?"""

import asyncio
from collections.abc import Awaitable, Callable
import logging
import time
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ..const import CONF_SOURCE, DOMAIN
from ..data import NkConfigEntry
from ..outside import OutOfReachError, OutsideError

_LOGGER = logging.getLogger(__name__)

# Worth another try at once; the rest waits for the next run.
_PASSING: Final = ("busy", "server")
_TRIES: Final = 3
_PATIENCE: Final = 10.0
# Only the user can mend these.
TO_MEND: Final = ("certificate", "organisation", "rights", "place", "refused", "page")


class Link:
    """Asks one server, tells once when it is down and once when it is back.

    While it is down nobody waits for it: `begin` lets it be tried again.
    """

    def __init__(
        self, hass: HomeAssistant, entry: NkConfigEntry, kind: str, which: str = ""
    ) -> None:
        """Remember whose server it is, and which of its kind; nothing is asked yet."""
        self.name = f"{kind}_{which}" if which else kind
        self._kind = kind
        self._hass = hass
        self._entry = entry
        self._lock = asyncio.Lock()
        self._down: str | None = None
        self._proven = False
        self._skip = False
        self._not_before = 0.0

    @property
    def is_down(self) -> bool:
        """Return whether the last question failed."""
        return self._down is not None

    @callback
    def begin(self) -> None:
        """Try again from here on, unless the server asked to wait."""
        self._skip = time.time() < self._not_before

    async def async_try[R](self, ask: Callable[[], Awaitable[R]]) -> R:
        """Return the answer; raises OutOfReachError. One question at a time."""
        async with self._lock:
            if self._skip:
                raise OutOfReachError(self.name)
            try:
                answer = await self._async_patiently(ask)
            except OutsideError as error:
                self._failed(error)
                raise OutOfReachError(self.name) from error
            self._succeeded()
            return answer

    async def _async_patiently[R](self, ask: Callable[[], Awaitable[R]]) -> R:
        """Ask again after a moment where that may help."""
        for number in range(1, _TRIES):
            try:
                return await ask()
            except OutsideError as error:
                wait = error.retry_after or 2.0**number
                if error.key not in _PASSING or wait > _PATIENCE:
                    raise
                await asyncio.sleep(wait)
        return await ask()

    @callback
    def _failed(self, error: OutsideError) -> None:
        self._skip = True
        self._not_before = time.time() + (error.retry_after or 0.0)
        if self._down == error.key:
            return
        if self._down is None:
            _LOGGER.warning("%s is out of reach: %s", self.name, error)
        self._down = error.key
        if error.key == "credentials":
            self._entry.async_start_reauth(self._hass, data={CONF_SOURCE: self.name})
        if error.key in TO_MEND:
            ir.async_create_issue(
                self._hass,
                DOMAIN,
                self.name,
                is_fixable=False,
                severity=ir.IssueSeverity.ERROR,
                translation_key=f"{self._kind}_{error.key}",
                translation_placeholders={
                    "detail": error.detail,
                    **(error.placeholders or {}),
                },
            )

    @callback
    def _succeeded(self) -> None:
        if self._down is not None:
            _LOGGER.warning("%s is back", self.name)
        if self._down is not None or not self._proven:
            # It may also have been raised before a restart.
            ir.async_delete_issue(self._hass, DOMAIN, self.name)
        self._proven, self._down = True, None
