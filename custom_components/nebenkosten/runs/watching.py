"""What makes the house work by itself: a start, the clock, a moved time zone."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
import logging

from homeassistant.const import EVENT_CORE_CONFIG_UPDATE, EVENT_HOMEASSISTANT_STOP
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers.start import async_at_started

from ..analysis import analyse
from ..analysis.last_values import LastValues
from ..analysis.loaded_house import LoadedHouse
from ..analysis.outdoor_temperature import OutdoorWeather
from ..engine.domain.meters import SourceRef
from ..journal.records import JournalError
from ..publication.ledger import Ledger
from ..sources.descriptor import Cadence
from ..sources.registry import is_read
from .background import BackgroundWork
from .clock_check import ClockCheck
from .queue import RunQueue
from .run import Trigger
from .scheduler import Clock

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Duties:
    """What is done when its time has come.

    `is_whole` reads the journal, `look` follows what needs no run, `check` compares
    what was published (the whole past, or a part) and returns the meters to publish
    again, `end_preview` takes previews away, `note_revision` keeps how far the journal
    has come, and `tell` lets entities look again.
    """

    is_whole: Callable[[], Awaitable[bool]]
    look: Callable[[], Awaitable[None]]
    check: Callable[[bool], Awaitable[frozenset[str]]]
    end_preview: Callable[[], Awaitable[None]]
    note_revision: Callable[[], Awaitable[None]]
    tell: Callable[[], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What decides whether something is to be done."""

    clock_check: ClockCheck
    last_values: LastValues
    ledger: Ledger
    weather: OutdoorWeather


class Watching:
    """Asks for runs when something has changed or its time has come."""

    def __init__(
        self,
        loaded: LoadedHouse,
        watched: Watched,
        duties: Duties,
        queue: RunQueue,
        work: BackgroundWork,
    ) -> None:
        """Watch one house, from `start` on."""
        self._hass = loaded.hass
        self._loaded = loaded
        self._watched = watched
        self._duties = duties
        self._queue = queue
        self._work = work
        self._clock = Clock(loaded)

    @callback
    def start(self) -> None:
        """Begin to watch, until the house is unloaded."""
        entry, bus = self._loaded.entry, self._hass.bus

        async def started(_hass: HomeAssistant) -> None:
            await self.async_catch_up()

        async def stopping(_event: Event) -> None:
            # Entries are not unloaded then, only written once more.
            await self._duties.note_revision()

        entry.async_on_unload(async_at_started(self._hass, started))
        entry.async_on_unload(bus.async_listen(EVENT_HOMEASSISTANT_STOP, stopping))
        entry.async_on_unload(bus.async_listen(EVENT_CORE_CONFIG_UPDATE, self._moved))
        entry.async_on_unload(self._clock.stop)
        self._clock.start(
            nightly=lambda: self._queue.request(self._loaded.meters, Trigger.NIGHTLY),
            hourly=self._hourly,
            check=self._check,
            # What was yesterday becomes unknown until the nightly run.
            midnight=self._duties.tell,
        )

    async def async_catch_up(self) -> None:
        """Run what changed while nobody watched, and a nightly run that was missed."""
        watched, meters = self._watched, self._loaded.meters
        if not await self._duties.is_whole():
            return
        if not await watched.clock_check.async_is_right():
            return
        await self._duties.look()
        await self._async_aim()
        # Somebody may have restored a backup of the database: the runs that follow
        # believe what was published.
        await self.async_check(whole=True)
        due = self._clock.last_due().timestamp()
        if (watched.last_values.last_nightly or 0.0) < due:
            self._queue.request(meters, Trigger.NIGHTLY)
            return
        try:
            moment = await watched.weather.async_moment()
            stale = await self._hass.async_add_executor_job(self._stale, moment)
        except JournalError as error:
            # The run that follows says what is wrong.
            _LOGGER.warning("The journal cannot be read: %s", error)
            stale = list(meters)
        self._queue.request(stale, Trigger.START)

    async def async_go_on(self) -> None:
        """Catch up once the clock is right again."""
        self._clock.plan_anew()
        await self.async_catch_up()
        self._queue.go_on()

    async def async_check(self, *, whole: bool) -> None:
        """Look whether what was published is still there; else publish it again."""
        self._queue.request(await self._duties.check(whole), Trigger.CHECK)

    async def _async_aim(self) -> None:
        """Publish everything when previews begin or end; an ended one is cleared."""
        ledger, wanted = self._watched.ledger, self._loaded.settings.preview
        if wanted == ledger.preview:
            return
        ledger.preview = wanted
        await self._duties.end_preview()
        self._queue.request(self._loaded.meters)

    def _stale(self, moment: analyse.Moment) -> list[str]:
        """Return the meters that changed since they were last computed; blocks."""
        loaded, known = self._loaded, self._watched.last_values.meters
        meters = list(loaded.meters.values())
        ground = analyse.Ground(loaded.journal, loaded.house, moment)
        return [
            key
            for key, now in analyse.stamps(ground, meters).items()
            if key not in known or known[key].stamp != now
        ]

    @callback
    def _hourly(self) -> None:
        """Fill today in; Tibber has a minute of its own. Readings become overdue."""
        self._duties.tell()
        for work in (
            self._watched.clock_check.async_is_right,
            self._duties.note_revision,
            self._duties.look,
        ):
            self._work.begin(_done(work))
        self._request_fed_by(lambda source: is_read(source, Cadence.HOURLY))

    @callback
    def _check(self) -> None:
        if not self._watched.clock_check.is_wrong:
            self._work.begin(self.async_check(whole=False))

    @callback
    def tibber_asked(self) -> None:
        """Run the meters that Tibber feeds: it may know more now."""
        if self._loaded.has_journal:
            self._request_fed_by(lambda source: is_read(source, Cadence.ANNOUNCED))

    @callback
    def _request_fed_by(self, wanted: Callable[[SourceRef], bool]) -> None:
        meters = self._loaded.physical
        keys = (key for key, one in meters.items() if any(map(wanted, one.sources)))
        self._queue.request(keys, Trigger.HOURLY)

    @callback
    def _moved(self, _event: Event) -> None:
        """Load the house anew when its days are cut in another time zone."""
        if self._hass.config.time_zone != self._loaded.house.time_zone:
            entries = self._hass.config_entries
            entries.async_schedule_reload(self._loaded.entry.entry_id)


async def _done(work: Callable[[], Awaitable[object]]) -> None:
    await work()
