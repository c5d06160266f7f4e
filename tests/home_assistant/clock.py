"""A clock that jumps."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from .conftest import settle

BERLIN = ZoneInfo("Europe/Berlin")


async def pass_to(hass: HomeAssistant, freezer: Any, moment: str) -> None:
    """Let the clock reach a local moment, and the quiet time after it pass.

    What goes on ends first: a clock that jumps makes it take longer than it may.
    """
    await settle(hass)
    freezer.move_to(datetime.fromisoformat(moment).replace(tzinfo=BERLIN))
    for _ in range(2):
        async_fire_time_changed(hass)
        await settle(hass)
        freezer.tick(2)
    async_fire_time_changed(hass)
    await settle(hass)
