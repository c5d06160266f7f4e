"""Makes the journal complete on the disk while Home Assistant makes a backup."""

from homeassistant.core import HomeAssistant

from .const import DOMAIN
from .coordinator import Analytics


async def async_pre_backup(hass: HomeAssistant) -> None:
    """Bring the file up to date; later writes go to the log beside it."""
    for analytics in _loaded(hass):
        await hass.async_add_executor_job(analytics.journal.rest)


async def async_post_backup(hass: HomeAssistant) -> None:
    """Let writes reach the file again."""
    for analytics in _loaded(hass):
        await hass.async_add_executor_job(analytics.journal.resume)


def _loaded(hass: HomeAssistant) -> list[Analytics]:
    entries = hass.config_entries.async_loaded_entries(DOMAIN)
    return [e.runtime_data for e in entries if e.runtime_data.has_journal]
