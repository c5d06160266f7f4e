"""The one file that held last values and ledger until version 0.1, taken over once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store

from ..const import DOMAIN
from .disposable import async_stored

_VERSION: Final = 1
_LAYOUT: Final = 3
_NO_POINTS: Final = {"target": "", "meters": {}, "raw": {}}


@dataclass(frozen=True, slots=True)
class Former:
    """What the file held, in the shapes of its successors."""

    last_values: Mapping[str, object]
    ledger: Mapping[str, object] | None


class FormerCache:
    """The file; once its successors are written it goes."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Prepare to read it."""
        self._store = Store[dict[str, Any]](hass, _VERSION, f"{DOMAIN}.cache")

    async def async_read(self) -> Former | None:
        """Return what it holds, None where there is none.

        Of another layout only what the user decided counts.
        """
        content = await async_stored(self._store)
        if not isinstance(content, Mapping):
            return None
        if content.get("layout") != _LAYOUT:
            return Former(content, None)
        return Former(content, {**content, "points": content.get("points", _NO_POINTS)})

    async def async_remove(self) -> None:
        """Delete it."""
        await self._store.async_remove()
