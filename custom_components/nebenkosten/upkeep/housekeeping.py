"""Nightly housekeeping: what is tidied up, and what is only asked about.

Readings are never touched: what goes is what can be computed again.
"""

from functools import partial
import logging

from homeassistant.helpers import issue_registry as ir
from sqlalchemy.exc import SQLAlchemyError

from ..analysis.last_values import LastValues
from ..analysis.loaded_house import LoadedHouse
from ..connections.servers import InfluxLink
from ..const import DOMAIN, ISSUE_ORPHANED, PREVIEW
from ..journal.definitions import known_meters
from ..journal.records import JournalError
from ..outside import OutOfReachError
from ..publication.influxdb import drop_all
from ..publication.ledger import Ledger
from ..publication.statistics import async_clear, async_ours
from ..statistic_catalog import ids_of, key_of

_LOGGER = logging.getLogger(__name__)


class Housekeeping:
    """Compacts the journal, drops what is forgotten, ends previews, finds orphans."""

    def __init__(
        self,
        loaded: LoadedHouse,
        ledger: Ledger,
        last_values: LastValues,
        influx: InfluxLink | None,
    ) -> None:
        """Tidy one house up."""
        self._hass = loaded.hass
        self._loaded = loaded
        self._ledger = ledger
        self._last_values = last_values
        self._influx = influx

    async def async_keep(self) -> None:
        """Do all of it."""
        loaded = self._loaded
        try:
            freed = await self._hass.async_add_executor_job(loaded.journal.compact)
            if freed:
                _LOGGER.info("The journal gave back %d bytes", freed)
            self._last_values.keep_only(loaded.meters.keys() | loaded.house.left_out)
            await self.async_end_preview()
            await self.async_find_orphans()
        except (JournalError, OutOfReachError, SQLAlchemyError) as error:
            # The next run says what is wrong.
            _LOGGER.warning("The house cannot be tidied up: %s", error)

    async def async_find_orphans(self) -> None:
        """Ask about statistics of ours that no meter publishes any more."""
        there = await async_ours(self._hass)
        known = await self._hass.async_add_executor_job(
            known_meters, self._loaded.journal
        )
        wanted = {
            one for meter in self._loaded.meters.values() for one in ids_of(meter)
        }
        gone = known.keys() - self._loaded.meters.keys()
        gone |= self._loaded.house.left_out
        kept = set(self._last_values.decisions.kept_orphans)
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
            data={
                "entry_id": self._loaded.entry.entry_id,
                "statistics": ",".join(orphans),
            },
        )

    async def async_end_preview(self) -> None:
        """Take previews away once nobody wants them any more."""
        if self._loaded.settings.preview:
            return
        try:
            there = await async_ours(self._hass)
            previews = [one for one in there if one.endswith(PREVIEW) and key_of(one)]
            if previews:
                await async_clear(self._hass, previews)
        except OutOfReachError as error:
            _LOGGER.warning("Previews cannot be cleared tonight: %s", error)
            return
        link, ledger = self._influx, self._ledger
        if link is not None and ledger.has_points(PREVIEW):
            try:
                place = link.connection.processed
                await link.async_tell(partial(drop_all, place=place, suffix=PREVIEW))
            except OutOfReachError:
                return
        ledger.forget_points(PREVIEW)
