"""The ledger of what was published, across restarts.

A disposable file: without it everything is compared anew with what lies there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
import logging
from typing import Final, TypedDict

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store

from ..const import DOMAIN, PREVIEW
from ..statistic_catalog import statistic_ids
from ..stores.disposable import async_stored
from ..stores.plain import mapping
from .points import ledger_key
from .statistics import Published

_LOGGER = logging.getLogger(__name__)
_VERSION: Final = 1
# In which measurements and fields points are kept; digests of others tell nothing.
_SHAPE: Final = 2


class LedgerContent(TypedDict):
    """The ledger's file."""

    preview: bool
    published: dict[str, dict[str, object]]
    points: dict[str, object]


class Ledger:
    """Digests of what statistics and points are known to hold.

    Whoever changes a place doubts it on the disk first and trusts it again once it has
    been read back: after a kill nothing counts as published that is not there.
    """

    def __init__(self, hass: HomeAssistant) -> None:
        """Prepare the file; `async_load` reads it."""
        self._hass = hass
        self._store = Store[LedgerContent](
            hass, _VERSION, f"{DOMAIN}.ledger", serialize_in_event_loop=False
        )
        self._empty()

    def _empty(self) -> None:
        self._published: dict[str, Published] = {}
        self._target = ""
        self._points: dict[str, dict[str, str]] = {}
        self._moved = False
        self._handed_on: dict[str, int] = {}
        self.preview = False

    async def async_load(self, former: Mapping[str, object] | None = None) -> None:
        """Read the file, or what a `former` version kept elsewhere.

        One that makes no sense is as good as none.
        """
        content: Mapping[str, object] | None = await async_stored(self._store)
        if content is None:
            content = former
        if content is None:
            return
        try:
            await self._hass.async_add_executor_job(self._fill, content)
        except AttributeError, KeyError, TypeError, ValueError:
            _LOGGER.warning("The ledger cannot be read; everything is compared anew")
            self._empty()

    def _fill(self, content: Mapping[str, object]) -> None:
        self.preview = bool(content["preview"])
        for key, one in mapping(content["published"]).items():
            kept = mapping(one)
            years = {year: str(d) for year, d in mapping(kept["years"]).items()}
            self._published[key] = Published(
                str(kept["name"]), str(kept["unit"]), years
            )
        points = mapping(content["points"])
        meters = mapping(points["meters"])
        if points.get("shape") != _SHAPE:
            meters = _unsure(meters)
        self._target = str(points["target"])
        self._moved = bool(points.get("moved"))
        self._points = {
            key: {group: str(digest) for group, digest in mapping(one).items()}
            for key, one in meters.items()
        }
        self._handed_on = {
            key: int(str(revision)) for key, revision in mapping(points["raw"]).items()
        }

    async def async_save(self) -> None:
        """Write the file now."""
        await self._store.async_save(
            {
                "preview": self.preview,
                "published": {k: asdict(p) for k, p in self._published.items()},
                "points": {
                    "shape": _SHAPE,
                    "target": self._target,
                    "moved": self._moved,
                    "meters": self._points,
                    "raw": self._handed_on,
                },
            }
        )

    async def async_remove(self) -> None:
        """Delete the file."""
        await self._store.async_remove()

    def published(self, statistic_id: str) -> Published | None:
        """Return what a statistic holds, None when that is not sure."""
        return self._published.get(statistic_id)

    async def async_doubt(self, statistic_ids: Sequence[str]) -> None:
        """Note on the disk that these are about to change."""
        for one in statistic_ids:
            self._published.pop(one, None)
        await self.async_save()

    def doubt_meter(self, key: str) -> None:
        """Compare all that is published of a meter anew at the next run."""
        for one in statistic_ids(key):
            self._published.pop(one, None)
        for place in (key, ledger_key(key, PREVIEW)):
            self._points.pop(place, None)

    def trust(self, statistic_id: str, published: Published) -> None:
        """Note that a statistic was read back and holds this."""
        self._published[statistic_id] = published

    def aim(self, target: str) -> bool:
        """Choose the place of points; returns whether any are known to lie there."""
        if target != self._target:
            self._target = target
            self._moved = False
            self._points.clear()
            self._handed_on.clear()
        return any(self._points.values())

    @property
    def moved(self) -> bool:
        """Return whether nothing that an older version wrote lies at the place."""
        return self._moved

    async def async_note_moved(self) -> None:
        """Note on the disk that nothing of an older version lies there."""
        self._moved = True
        await self.async_save()

    def written(self, key: str) -> dict[str, str] | None:
        """Return the digests of a meter's points, None when that is not sure."""
        return self._points.get(key)

    async def async_doubt_points(self, key: str) -> None:
        """Note on the disk that a meter's points are about to change."""
        if self._points.pop(key, None) is not None:
            await self.async_save()

    def trust_points(self, key: str, digests: dict[str, str]) -> None:
        """Note that a meter's points were read back and have these digests."""
        self._points[key] = digests

    def has_points(self, suffix: str) -> bool:
        """Return whether points are known to lie under names with this suffix."""
        return any(key.endswith(ledger_key("", suffix)) for key in self._points)

    def forget_points(self, suffix: str) -> None:
        """Note that nothing lies under names with this suffix."""
        end = ledger_key("", suffix)
        for key in [key for key in self._points if key.endswith(end)]:
            del self._points[key]

    def handed_on(self, key: str) -> int:
        """Return up to which revision a meter's hours are in the raw bucket."""
        return self._handed_on.get(key, 0)

    def hand_on(self, key: str, revision: int) -> None:
        """Note up to which revision they are."""
        self._handed_on[key] = revision


def _unsure(meters: Mapping[str, object]) -> dict[str, object]:
    """Return what is left of a ledger of points in another shape.

    Every meter is compared anew, but previews that lie there are still taken away.
    """
    previews = ledger_key("", PREVIEW)
    return {previews: {}} if any(key.endswith(previews) for key in meters) else {}
