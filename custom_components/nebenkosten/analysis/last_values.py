"""The last values that entities show, across restarts.

A disposable file: without it everything is computed anew. What the user decided stands
in the journal; here is a copy, which only counts while that has none.
"""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
import logging
from typing import Final, TypedDict

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store

from ..const import DOMAIN
from ..engine.domain.report import Snapshot
from ..journal.decisions import Decisions
from ..stores.disposable import async_stored
from ..stores.plain import mapping, plain, restored, sequence
from .alerts import Alert

_LOGGER = logging.getLogger(__name__)
_VERSION: Final = 1
# What entities show of a meter has changed with these: another file would not do.
_LAYOUT: Final = 3
# Meters that are written down at one go.
_AT_ONCE: Final = 25


class LastValuesContent(TypedDict):
    """The file of last values."""

    layout: int
    automatic: bool
    kept_orphans: list[str]
    alerts: dict[str, list[object]]
    last_run: float | None
    last_nightly: float | None
    meters: dict[str, dict[str, object]]


@dataclass(frozen=True, slots=True)
class Remembered:
    """A meter's last result and the state of things that it was computed from."""

    stamp: str
    snapshot: Snapshot


class LastValues:
    """What the last runs came to, by meter key."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Prepare the file; `async_load` reads it."""
        self._hass = hass
        self._store = Store[LastValuesContent](
            hass, _VERSION, f"{DOMAIN}.last_values", serialize_in_event_loop=False
        )
        self.meters: dict[str, Remembered] = {}
        self.alerts: dict[str, tuple[Alert, ...]] = {}
        self.decisions = Decisions(automatic=True, kept_orphans=())
        self.last_run: float | None = None
        self.last_nightly: float | None = None

    async def async_load(self, former: Mapping[str, object] | None = None) -> None:
        """Read the file, or what a `former` version kept elsewhere.

        One that makes no sense is as good as none.
        """
        content = await async_stored(self._store) or former
        if content is None:
            return
        try:
            await self._hass.async_add_executor_job(self._fill, content)
        except AttributeError, KeyError, TypeError, ValueError:
            _LOGGER.warning("The last values cannot be read and are computed anew")
            self.meters.clear()
            self.alerts.clear()

    def _fill(self, content: Mapping[str, object]) -> None:
        # Whatever the layout: these the user said, nobody can compute them anew.
        self.decisions = Decisions(
            automatic=bool(content["automatic"]),
            kept_orphans=tuple(map(str, sequence(content["kept_orphans"]))),
        )
        if content.get("layout") != _LAYOUT:
            raise ValueError("an older layout")
        self.alerts = {
            key: tuple(restored(Alert, one) for one in sequence(alerts))
            for key, alerts in mapping(content["alerts"]).items()
        }
        self.last_run = _instant(content["last_run"])
        self.last_nightly = _instant(content["last_nightly"])
        for key, one in mapping(content["meters"]).items():
            kept = mapping(one)
            snapshot = restored(Snapshot, kept["snapshot"])
            self.meters[key] = Remembered(str(kept["stamp"]), snapshot)

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
                "kept_orphans": list(self.decisions.kept_orphans),
                "alerts": {
                    key: [plain(one) for one in alerts]
                    for key, alerts in self.alerts.items()
                },
                "last_run": self.last_run,
                "last_nightly": self.last_nightly,
                "meters": meters,
            }
        )

    async def async_remove(self) -> None:
        """Delete the file."""
        await self._store.async_remove()

    def forget(self, key: str) -> None:
        """Drop a meter's values."""
        self.meters.pop(key, None)
        self.alerts.pop(key, None)

    def acknowledge(self, key: str, anomaly_id: str, *, known: bool) -> None:
        """Note whether somebody knows of a meter's anomaly."""
        self.alerts[key] = tuple(
            replace(one, acknowledged=known) if one.anomaly_id == anomaly_id else one
            for one in self.alerts.get(key, ())
        )

    def keep_only(self, keys: Collection[str]) -> None:
        """Drop the values of meters that are no longer there."""
        for key in (self.meters.keys() | self.alerts.keys()) - set(keys):
            self.forget(key)


def _instant(value: object) -> float | None:
    if value is None or isinstance(value, (int, float)):
        return value
    raise TypeError("an instant was expected")
