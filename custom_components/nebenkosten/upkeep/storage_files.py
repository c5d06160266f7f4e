"""Removes what lies in Home Assistant's storage of ours: all can be computed anew."""

from datetime import timedelta
from pathlib import Path

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import STORAGE_DIR

from ..analysis.last_values import LastValues
from ..const import DOMAIN, SUBENTRY_WATER
from ..publication.ledger import Ledger
from ..runs.run_log import RunLog
from ..stores.former_cache import FormerCache


async def async_remove_stored(hass: HomeAssistant) -> None:
    """Remove last values, ledger, the log of runs, and what stations said last."""
    for one in (Ledger(hass), LastValues(hass), FormerCache(hass)):
        await one.async_remove()
    await RunLog(hass, timedelta()).async_remove()
    folder = Path(hass.config.path(STORAGE_DIR))
    await hass.async_add_executor_job(_remove_stations, folder)


def _remove_stations(folder: Path) -> None:
    """Remove the files of all stations: of those removed before the house, too."""
    for path in folder.glob(f"{DOMAIN}.{SUBENTRY_WATER}:*"):
        path.unlink(missing_ok=True)
