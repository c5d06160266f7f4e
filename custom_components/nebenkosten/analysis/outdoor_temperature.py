"""The moment of an analysis: now, and the outdoor temperature until now."""

from datetime import date, timedelta
import logging
import time
from zoneinfo import ZoneInfo

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from sqlalchemy.exc import SQLAlchemyError

from ..configuration import settings_of
from ..engine.domain.local_days import local_day
from ..engine.domain.report import Temperature
from ..outside import OutOfReachError
from ..sources.outdoor import async_daily_means
from .analyse import Moment

_LOGGER = logging.getLogger(__name__)


class OutdoorWeather:
    """Keeps the daily means of the outdoor temperature that the last run worked with.

    Each run asks anew. Who looks something up in between gets the same ones, unless
    they end before yesterday: what is missing may have come.
    """

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Read the statistic that the house's options name."""
        self._hass = hass
        self._entry = entry
        self._temperature: Temperature | None = None
        self._whole_until: date | None = None

    def doubt(self) -> None:
        """Ask anew next time."""
        self._whole_until = None

    async def async_moment(self) -> Moment:
        """Return now, and the temperatures of the days that are over.

        When the recorder fails, the last ones known hold: models do without the rest.
        """
        now = time.time()
        today = local_day(now, ZoneInfo(self._hass.config.time_zone))
        reference = settings_of(self._entry).temperature
        if reference is not None and self._whole_until != today:
            try:
                self._temperature = await async_daily_means(
                    self._hass, reference, today
                )
                self._whole_until = _end(self._temperature)
            except (OutOfReachError, SQLAlchemyError) as error:
                _LOGGER.warning("Outdoor temperatures cannot be read: %s", error)
        return Moment(now, self._temperature)


def _end(temperature: Temperature | None) -> date | None:
    """Return the day after the last one that is known."""
    if temperature is None:
        return None
    return temperature.first_day + timedelta(days=len(temperature.means))
