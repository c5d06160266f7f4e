"""Nightly housekeeping: what is tidied up, and what is only asked about.

Readings are never touched: what goes is what can be computed again.
"""

from functools import partial
import logging
from typing import TYPE_CHECKING

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from sqlalchemy.exc import SQLAlchemyError

from ..configuration import NkConfigEntry, settings_of
from ..const import DOMAIN, ISSUE_ORPHANED, PREVIEW
from ..journal.house import known_meters
from ..journal.records import JournalError
from ..outside import OutOfReachError
from ..publication.influxdb import drop_all
from ..publication.statistics import (
    async_clear,
    async_ours,
)
from ..statistic_catalog import ids_of, key_of

if TYPE_CHECKING:
    from ..coordinator import Analytics

_LOGGER = logging.getLogger(__name__)


class Housekeeping:
    """Compacts the journal, drops what is forgotten, ends previews, finds orphans."""

    def __init__(
        self, hass: HomeAssistant, entry: NkConfigEntry, analytics: Analytics
    ) -> None:
        """Tidy one house up."""
        self._hass = hass
        self._entry = entry
        self._analytics = analytics

    async def async_keep(self) -> None:
        """Do all of it."""
        analytics = self._analytics
        try:
            freed = await self._hass.async_add_executor_job(analytics.journal.compact)
            if freed:
                _LOGGER.info("The journal gave back %d bytes", freed)
            analytics.cache.keep_only(
                analytics.meters.keys() | analytics.house.left_out
            )
            await self.async_end_preview()
            await self.async_find_orphans()
        except (JournalError, OutOfReachError, SQLAlchemyError) as error:
            # The next run says what is wrong.
            _LOGGER.warning("The house cannot be tidied up: %s", error)

    async def async_find_orphans(self) -> None:
        """Ask about statistics of ours that no meter publishes any more."""
        there = await async_ours(self._hass)
        known = await self._hass.async_add_executor_job(
            known_meters, self._analytics.journal
        )
        wanted = {
            one for meter in self._analytics.meters.values() for one in ids_of(meter)
        }
        gone = known.keys() - self._analytics.meters.keys()
        gone |= self._analytics.house.left_out
        kept = set(self._analytics.cache.decisions.kept_orphans)
        orphans = sorted(
            one
            for one in there - wanted - kept
            if (key := key_of(one)) is not None and key not in gone
        )
        if not orphans:
            ir.async_delete_issue(self._hass, DOMAIN, ISSUE_ORPHANED)
            return
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            ISSUE_ORPHANED,
            is_fixable=True,
            severity=ir.IssueSeverity.WARNING,
            translation_key=ISSUE_ORPHANED,
            translation_placeholders={"statistics": ", ".join(orphans)},
            data={"entry_id": self._entry.entry_id, "statistics": ",".join(orphans)},
        )

    async def async_end_preview(self) -> None:
        """Take previews away once nobody wants them any more."""
        if settings_of(self._entry).preview:
            return
        try:
            there = await async_ours(self._hass)
            previews = [one for one in there if one.endswith(PREVIEW) and key_of(one)]
            if previews:
                await async_clear(self._hass, previews)
        except OutOfReachError as error:
            _LOGGER.warning("Previews cannot be cleared tonight: %s", error)
            return
        link, cache = self._analytics.servers.influx, self._analytics.cache
        if link is not None and cache.has_points(PREVIEW):
            try:
                place = link.connection.processed
                await link.async_tell(partial(drop_all, place=place, suffix=PREVIEW))
            except OutOfReachError:
                return
        cache.forget_points(PREVIEW)
