"""Actions called from forms."""

from collections.abc import Mapping
from typing import Any, cast

from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers.http import current_request
from homeassistant.util.json import JsonObjectType

from ..const import DOMAIN


def acting_user() -> str | None:
    """Return the id of the user who has sent the form, None outside a request."""
    request = current_request.get()
    user = None if request is None else request.get("hass_user")
    return None if user is None else str(user.id)


async def async_act(
    hass: HomeAssistant, action: str, data: Mapping[str, Any]
) -> JsonObjectType:
    """Return an action's answer: one way in for readings, with one set of checks.

    Raises HomeAssistantError as the action does.
    """
    response = await hass.services.async_call(
        DOMAIN,
        action,
        dict(data),
        blocking=True,
        return_response=True,
        context=Context(user_id=acting_user()),
    )
    return cast(JsonObjectType, response or {})
