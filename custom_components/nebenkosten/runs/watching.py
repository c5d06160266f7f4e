"""What makes the house work by itself: a start, the clock, a moved time zone."""

from collections.abc import Callable
import logging
from typing import TYPE_CHECKING

from homeassistant.const import EVENT_CORE_CONFIG_UPDATE, EVENT_HOMEASSISTANT_STOP
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers.start import async_at_started
from homeassistant.util.hass_dict import HassKey

from ..analysis import analyse
from ..configuration import (
    NkConfigEntry,
    house_of,
    settings_of,
)
from ..const import DOMAIN
from ..engine.domain.meters import SourceKind, SourceRef
from ..journal.records import JournalError
from ..upkeep.journal_opening import (
    async_remember_options,
    report_journal,
)
from ..upkeep.option_issues import (
    tell_gas,
    tell_run_time,
)
from .run import Trigger
from .scheduler import Clock

if TYPE_CHECKING:
    from ..coordinator import Analytics

_LOGGER = logging.getLogger(__name__)
_CHECKED: HassKey[set[str]] = HassKey(f"{DOMAIN}_checked")


class Watching:
    """Asks for runs when something has changed or its time has come."""

    def __init__(
        self, hass: HomeAssistant, entry: NkConfigEntry, analytics: Analytics
    ) -> None:
        """Watch one house, from `start` on."""
        self._hass = hass
        self._entry = entry
        self._analytics = analytics
        self._clock = Clock(hass, entry)

    @callback
    def start(self) -> None:
        """Begin to watch, until the house is unloaded."""
        analytics, entry = self._analytics, self._entry

        async def started(_hass: HomeAssistant) -> None:
            await self.async_catch_up()

        async def stopping(_event: Event) -> None:
            # Entries are not unloaded then, only written once more.
            await analytics.async_note_revision()

        bus = self._hass.bus
        entry.async_on_unload(async_at_started(self._hass, started))
        entry.async_on_unload(bus.async_listen(EVENT_HOMEASSISTANT_STOP, stopping))
        entry.async_on_unload(bus.async_listen(EVENT_CORE_CONFIG_UPDATE, self._moved))
        entry.async_on_unload(self._clock.stop)
        self._clock.start(
            nightly=lambda: analytics.request(analytics.meters, Trigger.NIGHTLY),
            hourly=self._hourly,
            check=self._check,
            # What was yesterday becomes unknown until the nightly run.
            midnight=analytics.async_update_listeners,
        )

    async def async_catch_up(self) -> None:
        """Run what changed while nobody watched, and a nightly run that was missed."""
        analytics = self._analytics
        if not await self._async_is_whole():
            return
        if not await analytics.clock_check.async_is_right():
            return
        await self._async_look()
        await self._async_aim()
        # Somebody may have restored a backup of the database: the runs that follow
        # believe what was published.
        await analytics.checking.async_check(whole=True)
        due = self._clock.last_due().timestamp()
        if (analytics.cache.last_nightly or 0.0) < due:
            analytics.request(analytics.meters, Trigger.NIGHTLY)
            return
        try:
            moment = await analytics.weather.async_moment()
            stale = await self._hass.async_add_executor_job(self._stale, moment)
        except JournalError as error:
            # The run that follows says what is wrong.
            _LOGGER.warning("The journal cannot be read: %s", error)
            stale = list(analytics.meters)
        analytics.request(stale, Trigger.START)

    async def async_go_on(self) -> None:
        """Catch up once the clock is right again."""
        self._clock.plan_anew()
        await self.async_catch_up()
        self._analytics.runner.go_on()

    async def _async_aim(self) -> None:
        """Publish everything when previews begin or end; an ended one is cleared."""
        analytics = self._analytics
        wanted = settings_of(self._entry).preview
        if wanted == analytics.cache.preview:
            return
        analytics.cache.preview = wanted
        await analytics.housekeeping.async_end_preview()
        analytics.request(analytics.meters)

    async def _async_look(self) -> None:
        """Follow what needs no run: definitions, overdue readings, the dashboard."""
        analytics = self._analytics
        tell_gas(self._hass, analytics.house)
        tell_run_time(self._hass, self._entry)
        await analytics.issues.async_of_house(
            analytics.house, analytics.data.meters.get
        )

    async def _async_is_whole(self) -> bool:
        """Read the whole journal once a start; a damaged one is used no more."""
        analytics = self._analytics
        checked = self._hass.data.setdefault(_CHECKED, set())
        if analytics.journal.journal_id in checked:
            return True
        try:
            await self._hass.async_add_executor_job(analytics.journal.check)
        except JournalError as error:
            await analytics.async_give_up(error)
            report_journal(self._hass, self._entry, error)
            return False
        checked.add(analytics.journal.journal_id)
        return True

    def _stale(self, moment: analyse.Moment) -> list[str]:
        """Return the meters that changed since they were last computed; blocks."""
        analytics = self._analytics
        meters = list(analytics.meters.values())
        stamps = analyse.stamps(analytics.journal, analytics.house, meters, moment)
        known = analytics.cache.meters
        return [
            key
            for key, now in stamps.items()
            if key not in known or known[key].stamp != now
        ]

    @callback
    def _hourly(self) -> None:
        """Fill today in; Tibber has a minute of its own. Readings become overdue."""
        self._analytics.async_update_listeners()
        self._analytics.begin(self._analytics.clock_check.async_is_right())
        self._analytics.begin(self._analytics.async_note_revision())
        self._analytics.begin(self._async_look())
        self._request_fed_by(
            lambda source: source.is_dense and source.kind is not SourceKind.TIBBER
        )

    @callback
    def _check(self) -> None:
        """Look whether what was published is still there."""
        if self._analytics.clock_check.is_wrong:
            return
        checking = self._analytics.checking
        self._analytics.begin(checking.async_check(whole=False))

    @callback
    def tibber_asked(self) -> None:
        """Run the meters that Tibber feeds: it may know more now."""
        if self._analytics.has_journal:
            self._request_fed_by(lambda source: source.kind is SourceKind.TIBBER)

    @callback
    def _request_fed_by(self, wanted: Callable[[SourceRef], bool]) -> None:
        meters = self._analytics.physical
        keys = (key for key, one in meters.items() if any(map(wanted, one.sources)))
        self._analytics.request(keys, Trigger.HOURLY)

    @callback
    def _moved(self, _event: Event) -> None:
        """Recompute and republish everything when the house's time zone changes."""
        analytics = self._analytics
        if self._hass.config.time_zone == analytics.house.time_zone:
            return
        analytics.house = house_of(self._hass, self._entry)
        if analytics.has_journal:
            analytics.begin(
                async_remember_options(self._hass, self._entry, analytics.journal)
            )
        analytics.lookup.known.clear()
        self._clock.plan_anew()
        analytics.request(analytics.meters, Trigger.CHANGE)
