"""What do entities show before the first run, and what has been published?

A disposable file: without it everything is computed and compared anew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
import logging
from typing import Final, TypedDict

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store

from ..const import DOMAIN
from ..data import statistic_id
from ..engine.model import PeriodValue, Provenance, Snapshot
from ..sinks.statistics import Published

_LOGGER = logging.getLogger(__name__)
_VERSION: Final = 1


class _Content(TypedDict):
    last_run: float | None
    last_nightly: float | None
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
        self._store = Store[_Content](hass, _VERSION, f"{DOMAIN}.cache")
        self._published: dict[str, Published] = {}
        self._target = ""
        self._points: dict[str, dict[str, str]] = {}
        self._handed_on: dict[str, int] = {}
        self.meters: dict[str, Remembered] = {}
        self.last_run: float | None = None
        self.last_nightly: float | None = None

    async def async_load(self) -> None:
        """Read the file; one that makes no sense is as good as none."""
        content = await self._store.async_load()
        if content is None:
            return
        try:
            self._fill(content)
        except KeyError, TypeError, ValueError:
            _LOGGER.warning("The cache cannot be read; everything is computed anew")
            self.meters.clear()
            self._published.clear()
            self._points.clear()
            self._handed_on.clear()

    def _fill(self, content: _Content) -> None:
        self.last_run = content["last_run"]
        self.last_nightly = content["last_nightly"]
        self.meters = {
            key: Remembered(str(one["stamp"]), _snapshot(_mapping(one["snapshot"])))
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
        self._target = str(points["target"])
        self._points = {
            key: {group: str(digest) for group, digest in _mapping(one).items()}
            for key, one in _mapping(points["meters"]).items()
        }
        self._handed_on = {
            key: int(str(revision)) for key, revision in _mapping(points["raw"]).items()
        }

    async def async_save(self) -> None:
        """Write the file now."""
        await self._store.async_save(
            {
                "last_run": self.last_run,
                "last_nightly": self.last_nightly,
                "meters": {
                    key: {"stamp": one.stamp, "snapshot": _plain(one.snapshot)}
                    for key, one in self.meters.items()
                },
                "published": {k: asdict(p) for k, p in self._published.items()},
                "points": {
                    "target": self._target,
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
        self.doubt(key)

    def doubt(self, key: str) -> None:
        """Compare a meter's statistic anew at the next run."""
        self._published.pop(statistic_id(key), None)
        self._points.pop(key, None)

    def trust(self, statistic_id: str, published: Published) -> None:
        """Note that a statistic was read back and holds this."""
        self._published[statistic_id] = published

    def aim(self, target: str) -> bool:
        """Choose the place of points; returns whether any are known to lie there."""
        if target != self._target:
            self._target = target
            self._points.clear()
            self._handed_on.clear()
        return bool(self._points)

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


def _plain(snapshot: Snapshot) -> dict[str, object]:
    return {
        key: _plain_value(getattr(snapshot, key))
        for key in Snapshot.__dataclass_fields__
    }


def _plain_value(value: object) -> object:
    if isinstance(value, PeriodValue):
        return {
            key: _plain_value(getattr(value, key))
            for key in PeriodValue.__dataclass_fields__
        }
    return value.isoformat() if isinstance(value, date) else value


def _snapshot(content: Mapping[str, object]) -> Snapshot:
    return Snapshot(
        seen_on=date.fromisoformat(str(content["seen_on"])),
        counter=_number(content["counter"]),
        counter_at=_number(content["counter_at"]),
        counter_provenance=Provenance(int(str(content["counter_provenance"]))),
        reading_at=_number(content["reading_at"]),
        reading=_number(content["reading"]),
        yesterday=_period(content["yesterday"]),
        month=_period(content["month"]),
        previous_month=_period(content["previous_month"]),
        year=_period(content["year"]),
    )


def _period(content: object) -> PeriodValue | None:
    if content is None:
        return None
    value = _mapping(content)
    return PeriodValue(
        start=date.fromisoformat(str(value["start"])),
        end=date.fromisoformat(str(value["end"])),
        value=_number(value["value"]),
        measured=float(str(value["measured"])),
        interpolated=float(str(value["interpolated"])),
        extrapolated=float(str(value["extrapolated"])),
    )


def _number(value: object) -> float | None:
    return None if value is None else float(str(value))


def _mapping(value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise TypeError("a mapping was expected")
    return value
