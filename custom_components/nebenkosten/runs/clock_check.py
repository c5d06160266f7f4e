"""Watches whether the system clock can be right: what happened is never in its future.

A machine without a battery starts months behind. What would be published then withdraws
all that came since; what is typed in gets a time long ago.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
import logging
import time
from typing import Final

from homeassistant.core import CALLBACK_TYPE, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util import dt as dt_util
from sqlalchemy.exc import SQLAlchemyError

from ..analysis.last_values import LastValues
from ..analysis.loaded_house import LoadedHouse
from ..const import DOMAIN, ISSUE_CLOCK
from ..journal.known_time import confirm_clock, newest_change
from ..journal.records import JournalError
from ..messages.errors import refuse
from ..publication.newest import async_newest
from ..statistic_catalog import CONSUMPTION

_LOGGER = logging.getLogger(__name__)
# A time zone that was set wrongly, or a day that ends early, is no wrong clock [s].
_SLACK: Final = 86_400.0
_EVERY: Final = timedelta(minutes=1)
# What sources gave in the last month is read again once the clock is right.
_AGAIN: Final = 31 * 86_400.0


class ClockCheck:
    """Compares the clock with journal, last run and published rows."""

    def __init__(
        self, loaded: LoadedHouse, last_values: LastValues, changed: Callable[[], None]
    ) -> None:
        """Check the clock of one house; it counts as right until checked."""
        self._hass = loaded.hass
        self._loaded = loaded
        self._last_values = last_values
        self._changed = changed
        self._newest: float | None = None
        self._cancel: CALLBACK_TYPE | None = None
        self._go_on: Callable[[], object] = self._compare
        self.is_wrong = False

    @callback
    def start(self, go_on: Callable[[], object]) -> None:
        """Call `go_on` once a wrong clock is right again."""
        self._go_on = go_on

    @callback
    def stop(self) -> None:
        """Look no more."""
        if self._cancel is not None:
            self._cancel()
            self._cancel = None

    @callback
    def seen(self, instant: float | None) -> None:
        """Note that something happened at an instant [epoch s]."""
        if instant is not None:
            self._newest = max(self._newest or instant, instant)

    async def async_is_right(self) -> bool:
        """Return whether nothing is known that lies more than a day ahead of now."""
        if self._newest is None:
            await self._async_learn()
        self._compare()
        return not self.is_wrong

    @callback
    def refusal(self) -> HomeAssistantError:
        """Return the error that says why nothing is done."""
        return refuse("clock_behind", **self._placeholders())

    async def async_confirm(self) -> None:
        """Believe the clock from now on; what is known of the future was wrong."""
        last_values, now = self._last_values, time.time()
        await self._hass.async_add_executor_job(
            confirm_clock, self._loaded.journal, now, now - _AGAIN
        )
        last_values.last_run = last_values.last_nightly = None
        await last_values.async_save()
        self._newest = now
        self._compare()

    async def _async_learn(self) -> None:
        self.seen(self._last_values.last_run)
        try:
            self.seen(
                await self._hass.async_add_executor_job(
                    newest_change, self._loaded.journal
                )
            )
            self.seen(
                await async_newest(
                    self._hass, map(CONSUMPTION.id_of, self._loaded.meters)
                )
            )
        except (JournalError, SQLAlchemyError) as error:
            # Whoever needs it next says what is wrong.
            _LOGGER.warning("Nobody knows whether the clock is right: %s", error)

    @callback
    def _compare(self) -> None:
        wrong = self._newest is not None and self._newest > time.time() + _SLACK
        if wrong is self.is_wrong:
            return
        self.is_wrong = wrong
        if wrong:
            self._tell()
            if self._cancel is None:
                self._cancel = async_track_time_interval(
                    self._hass, self._look_again, _EVERY
                )
        else:
            _LOGGER.warning("The clock is right again; the house goes on")
            self.stop()
            ir.async_delete_issue(self._hass, DOMAIN, ISSUE_CLOCK)
        self._changed()

    def _tell(self) -> None:
        told = self._placeholders()
        _LOGGER.warning(
            "The clock says %(now)s, but something happened at %(newest)s already:"
            " nothing is published",
            told,
        )
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            ISSUE_CLOCK,
            is_fixable=True,
            severity=ir.IssueSeverity.ERROR,
            translation_key="clock_behind",
            translation_placeholders=told,
            data={"entry_id": self._loaded.entry.entry_id},
        )

    def _placeholders(self) -> dict[str, str]:
        known = dt_util.as_local(dt_util.utc_from_timestamp(self._newest or 0.0))
        return {
            "now": f"{dt_util.now():%Y-%m-%d %H:%M}",
            "newest": f"{known:%Y-%m-%d %H:%M}",
        }

    @callback
    def _look_again(self, _now: datetime) -> None:
        self._compare()
        if not self.is_wrong:
            self._go_on()
