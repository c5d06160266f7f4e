"""How does a form do what an action does?"""

from collections.abc import Mapping
from typing import Any, cast

from homeassistant.core import HomeAssistant
from homeassistant.util.json import JsonObjectType

from ..const import DOMAIN


async def async_act(
    hass: HomeAssistant, action: str, data: Mapping[str, Any]
) -> JsonObjectType:
    """Return an action's answer: one way in for readings, with one set of checks.

    Raises HomeAssistantError as the action does.
    """
    response = await hass.services.async_call(
        DOMAIN, action, dict(data), blocking=True, return_response=True
    )
    return cast(JsonObjectType, response or {})
