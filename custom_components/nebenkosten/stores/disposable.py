"""Reads disposable files: one that nobody understands is as good as none."""

from collections.abc import Mapping
import logging
from typing import Any

from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.storage import Store

_LOGGER = logging.getLogger(__name__)


async def async_stored[T: Mapping[str, Any]](store: Store[T]) -> T | None:
    """Return what a file holds; None where a newer version wrote it, or nobody did."""
    try:
        return await store.async_load()
    except (HomeAssistantError, NotImplementedError) as error:
        _LOGGER.warning("%s cannot be read and is made anew: %s", store.key, error)
        return None
