"""Makes the journal complete on the disk while Home Assistant makes a backup."""

from homeassistant.core import HomeAssistant

from .const import DOMAIN
from .runtime import Runtime


async def async_pre_backup(hass: HomeAssistant) -> None:
    """Bring the file up to date; later writes go to the log beside it."""
    for runtime in _loaded(hass):
        await hass.async_add_executor_job(runtime.loaded.journal.rest)


async def async_post_backup(hass: HomeAssistant) -> None:
    """Let writes reach the file again."""
    for runtime in _loaded(hass):
        await hass.async_add_executor_job(runtime.loaded.journal.resume)


def _loaded(hass: HomeAssistant) -> list[Runtime]:
    entries = hass.config_entries.async_loaded_entries(DOMAIN)
    return [e.runtime_data for e in entries if e.runtime_data.loaded.has_journal]
