"""The availability of a server outside the house, and who was told of it."""

import asyncio
from collections.abc import Awaitable, Callable
import logging
import time
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ..configuration import settings_of
from ..const import CONF_SOURCE, DOMAIN
from ..outside import OutOfReachError, OutsideError

_LOGGER = logging.getLogger(__name__)

# Worth another try at once; the rest waits for the next run.
_PASSING: Final = ("busy", "server")
_FIRST_WAIT: Final = 2.0
_PATIENCE: Final = 10.0
# An outage that lasts longer than this [s] is the user's matter, too.
_LONG: Final = 3600.0
# These may concern one meter, or one home, alone.
_OWN: Final = ("refused", "place", "large", "column", "retention")
# Only the user can mend these.
TO_MEND: Final = (
    *("certificate", "organisation", "rights", "place", "refused", "large"),
    *("column", "retention", "page", "stale"),
)


class Link:
    """Asks one server, tells once when it is down and once when it is back.

    While it is down nobody waits for it: `begin` lets it be tried again. `attempts` is
    how often a question had to be asked since then.
    """

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry, kind: str, which: str = ""
    ) -> None:
        """Describe one server of a house; it counts as available until asked."""
        self.name = f"{kind}_{which}" if which else kind
        self._kind = kind
        self._hass = hass
        self._entry = entry
        self._lock = asyncio.Lock()
        self._down: dict[str, str] = {}
        self._proven = False
        self._skip = False
        self._not_before = 0.0
        self._since = 0.0
        self.attempts = 0

    @callback
    def begin(self) -> None:
        """Try again from here on, unless the server asked to wait."""
        self._skip = time.monotonic() < self._not_before
        self.attempts = 0

    @property
    def is_down(self) -> bool:
        """Return whether it does not do all that it should."""
        return bool(self._down)

    async def async_try[R](
        self, ask: Callable[[], Awaitable[R]], what: str = "read", about: str = ""
    ) -> R:
        """Return the answer; raises OutOfReachError. One question at a time.

        `what` keeps apart what a server may do well and badly: reading and writing. A
        question that it refuses stands for itself, `about` a meter: others go on.
        """
        async with self._lock:
            if self._skip:
                raise OutOfReachError(self.name)
            try:
                answer = await self._async_patiently(ask)
            except OutsideError as error:
                self._failed(error, what, about)
                raise OutOfReachError(self.name) from error
            self._succeeded(what, f"{what} {about}")
            return answer

    async def _async_patiently[R](self, ask: Callable[[], Awaitable[R]]) -> R:
        """Ask again after a moment where that may help."""
        tries = settings_of(self._entry).attempts
        for number in range(1, tries + 1):
            self.attempts = max(self.attempts, number)
            try:
                return await ask()
            except OutsideError as error:
                wait = error.retry_after or _FIRST_WAIT * number
                passing = error.key in _PASSING and wait <= _PATIENCE
                if number == tries or not passing:
                    raise
                await asyncio.sleep(wait)
        raise AssertionError("at least one attempt is made")

    @callback
    def _failed(self, error: OutsideError, what: str, about: str) -> None:
        if error.key in _OWN:
            what = f"{what} {about}"
        else:
            self._skip = True
        wait = error.retry_after
        self._not_before = time.monotonic() + wait if wait else 0.0
        if not self._down:
            _LOGGER.warning("%s is out of reach: %s", self.name, error)
            self._since = time.monotonic()
        self._down[what] = error.key
        if error.key == "credentials":
            # Asked again by each refusal until it is answered; never twice at a time.
            again = {CONF_SOURCE: self.name}
            self._entry.async_start_reauth(self._hass, data=again)
        elif error.key in TO_MEND or time.monotonic() - self._since >= _LONG:
            self._ask_user(error)

    def _ask_user(self, error: OutsideError) -> None:
        """Raise an issue: this does not pass by itself."""
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            self.name,
            is_fixable=False,
            severity=ir.IssueSeverity.ERROR,
            translation_key=f"{self._kind}_{error.key}",
            translation_placeholders={
                "detail": error.detail,
                **error.placeholders,
            },
        )

    @callback
    def _succeeded(self, *what: str) -> None:
        ended = [self._down.pop(one, None) for one in what]
        was_down = any(ended)
        if self._down:
            return
        if was_down:
            _LOGGER.warning("%s is back", self.name)
        if was_down or not self._proven:
            # It may also have been raised before a restart.
            ir.async_delete_issue(self._hass, DOMAIN, self.name)
        self._proven = True
