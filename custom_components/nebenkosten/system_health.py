"""The house's lines on Home Assistant's page of system information."""

from typing import Any

from homeassistant.components.system_health import (
    SystemHealthRegistration,
    async_check_can_reach_url,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .journal.size import sizes
from .messages.errors import async_in_journal
from .runtime import NkConfigEntry
from .sources import tibber_api

_MIB = 1024 * 1024


@callback
def async_register(hass: HomeAssistant, register: SystemHealthRegistration) -> None:
    """Say what is told."""
    register.async_register_info(_async_info)


async def _async_info(hass: HomeAssistant) -> dict[str, Any]:
    entries: list[NkConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    if not entries:
        return {"meters": 0}
    runtime = entries[0].runtime_data
    last = runtime.coordinator.data.last_run
    told: dict[str, Any] = {
        "health": runtime.health.now().level.value,
        "meters": len(runtime.loaded.meters),
        "last_run": None if last is None else dt_util.utc_from_timestamp(last),
    }
    if runtime.loaded.has_journal:
        found = await async_in_journal(hass, sizes, runtime.loaded.journal)
        told["readings"] = found.readings
        told["journal"] = f"{found.file / _MIB:.1f} MiB"
    if runtime.servers.tibber is not None:
        told["tibber"] = async_check_can_reach_url(hass, tibber_api.API)
    return told
