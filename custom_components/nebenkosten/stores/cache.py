"""The last values that entities show, and the ledger of what was published.

A disposable file: without it everything is computed and compared anew. What the user
decided stands in the journal; here is a copy, which only counts while that has none.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
import logging
from typing import Final, TypedDict

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store

from ..const import DOMAIN, PREVIEW
from ..engine.domain.report import Snapshot
from ..journal.house import Decisions
from ..publication.points import ledger_key
from ..publication.statistics import Published
from ..runs.alerts import Alert
from ..statistic_catalog import statistic_ids
from .disposable import async_stored
from .plain import plain, restored

_LOGGER = logging.getLogger(__name__)
_VERSION: Final = 1
# What entities show of a meter has changed with these: another file would not do.
_LAYOUT: Final = 3
# In which measurements and fields points are kept; digests of others tell nothing.
_SHAPE: Final = 2
# Meters that are written down at one go.
_AT_ONCE: Final = 25


class _Content(TypedDict):
    layout: int
    automatic: bool
    alerts: dict[str, list[object]]
    last_run: float | None
    last_nightly: float | None
    kept_orphans: list[str]
    preview: bool
    meters: dict[str, dict[str, object]]
    published: dict[str, dict[str, object]]
    points: dict[str, object]


@dataclass(frozen=True, slots=True)
class Remembered:
    """A meter's last result and the state of things that it was computed from."""

    stamp: str
    snapshot: Snapshot


class Cache:
    """The last results and the publication ledger, across restarts."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Prepare the file; `async_load` reads it."""
        self._hass = hass
        self._store = Store[_Content](
            hass, _VERSION, f"{DOMAIN}.cache", serialize_in_event_loop=False
        )
        self._published: dict[str, Published] = {}
        self._target = ""
        self._points: dict[str, dict[str, str]] = {}
        self._moved = False
        self._handed_on: dict[str, int] = {}
        self.meters: dict[str, Remembered] = {}
        self.alerts: dict[str, tuple[Alert, ...]] = {}
        self.decisions = Decisions(automatic=True, kept_orphans=())
        self.last_run: float | None = None
        self.last_nightly: float | None = None
        self.preview = False

    async def async_load(self) -> None:
        """Read the file; one that makes no sense is as good as none."""
        content = await async_stored(self._store)
        if content is None:
            return
        try:
            await self._hass.async_add_executor_job(self._fill, content)
        except AttributeError, KeyError, TypeError, ValueError:
            _LOGGER.warning("The cache cannot be read; everything is computed anew")
            self.meters.clear()
            self.alerts.clear()
            self._published.clear()
            self._points.clear()
            self._handed_on.clear()

    def _fill(self, content: _Content) -> None:
        # Whatever the layout: these the user said, nobody can compute them anew.
        self.decisions = Decisions(
            automatic=bool(content["automatic"]),
            kept_orphans=tuple(content["kept_orphans"]),
        )
        if content.get("layout") != _LAYOUT:
            raise ValueError("an older layout")
        self.alerts = {
            key: tuple(restored(Alert, one) for one in alerts)
            for key, alerts in content["alerts"].items()
        }
        self.last_run = content["last_run"]
        self.last_nightly = content["last_nightly"]
        self.preview = bool(content["preview"])
        self.meters = {
            key: Remembered(str(one["stamp"]), restored(Snapshot, one["snapshot"]))
            for key, one in content["meters"].items()
        }
        self._published = {
            key: Published(
                str(one["name"]),
                str(one["unit"]),
                {y: str(d) for y, d in _mapping(one["years"]).items()},
            )
            for key, one in content["published"].items()
        }

        points = content.get("points") or {"target": "", "meters": {}, "raw": {}}
        if points.get("shape") != _SHAPE:
            points = {**points, "meters": _unsure(_mapping(points["meters"]))}
        self._target = str(points["target"])
        self._moved = bool(points.get("moved"))
        self._points = {
            key: {group: str(digest) for group, digest in _mapping(one).items()}
            for key, one in _mapping(points["meters"]).items()
        }
        self._handed_on = {
            key: int(str(revision)) for key, revision in _mapping(points["raw"]).items()
        }

    async def async_save(self) -> None:
        """Write the file now."""
        meters: dict[str, dict[str, object]] = {}
        for number, (key, one) in enumerate(list(self.meters.items())):
            if number % _AT_ONCE == 0:
                # Others have their turn meanwhile.
                await asyncio.sleep(0)
            meters[key] = {"stamp": one.stamp, "snapshot": plain(one.snapshot)}
        await self._store.async_save(
            {
                "layout": _LAYOUT,
                "automatic": self.decisions.automatic,
                "alerts": {
                    key: [plain(one) for one in alerts]
                    for key, alerts in self.alerts.items()
                },
                "last_run": self.last_run,
                "last_nightly": self.last_nightly,
                "kept_orphans": list(self.decisions.kept_orphans),
                "preview": self.preview,
                "meters": meters,
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

    def forget(self, key: str) -> None:
        """Drop a meter's values and what its statistic was known to hold."""
        self.meters.pop(key, None)
        self.alerts.pop(key, None)
        self.doubt(key)

    def doubt(self, key: str) -> None:
        """Compare a meter's statistic anew at the next run."""
        for one in statistic_ids(key):
            self._published.pop(one, None)
        for place in (key, ledger_key(key, PREVIEW)):
            self._points.pop(place, None)

    def keep_only(self, keys: Collection[str]) -> None:
        """Drop the values of meters that are no longer there."""
        for shown in (self.meters, self.alerts):
            for key in shown.keys() - set(keys):
                del shown[key]

    def has_points(self, suffix: str) -> bool:
        """Return whether points are known to lie under names with this suffix."""
        return any(key.endswith(ledger_key("", suffix)) for key in self._points)

    def forget_points(self, suffix: str) -> None:
        """Note that nothing lies under names with this suffix."""
        end = ledger_key("", suffix)
        for key in [key for key in self._points if key.endswith(end)]:
            del self._points[key]

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

    def handed_on(self, key: str) -> int:
        """Return up to which revision a meter's hours are in the raw bucket."""
        return self._handed_on.get(key, 0)

    def hand_on(self, key: str, revision: int) -> None:
        """Note up to which revision they are."""
        self._handed_on[key] = revision

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


def _unsure(meters: Mapping[str, object]) -> dict[str, object]:
    """Return what is left of a ledger of points in another shape.

    Every meter is compared anew, but previews that lie there are still taken away.
    """
    previews = ledger_key("", PREVIEW)
    return {previews: {}} if any(key.endswith(previews) for key in meters) else {}


def _mapping(value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise TypeError("a mapping was expected")
    return value
