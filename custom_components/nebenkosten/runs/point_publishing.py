"""The publication of results to the InfluxDB."""

from collections.abc import Mapping

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir

from ..connections.servers import InfluxLink
from ..const import (
    CONF_INFLUXDB,
    DOMAIN,
    ISSUE_COLUMN,
    ISSUE_ORIGINAL,
    ISSUE_SHORT,
    PREVIEW,
)
from ..engine.domain import metrics
from ..engine.domain.report import MeterReport
from ..influx.model import days_text
from ..messages.texts import async_wording
from ..publication.influxdb import InfluxSink, OriginalError, Target
from ..publication.ledger import Ledger
from ..publication.moving import async_move
from ..publication.points import Results


class Points:
    """Publishes one meter after the other, unless the original's points lie there.

    It serves one run: the next one looks again.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        link: InfluxLink,
        *,
        preview: bool,
    ) -> None:
        """Publish points of one house."""
        self._preview = preview
        self._hass = hass
        self._entry = entry
        self._link = link
        self._sink: InfluxSink | None = None
        self._refused = False

    async def async_publish(self, key: str, report: MeterReport, ledger: Ledger) -> int:
        """Return how many points were written; raises OutOfReachError."""
        if self._refused:
            return 0
        sink = self._sink or await self._async_sink()
        connection = self._link.connection
        if not ledger.aim(
            " ".join((connection.url, connection.raw, connection.processed))
        ):
            try:
                await sink.async_refuse_original()
            except OriginalError:
                self._refused = True
                place = connection.processed
                asked = {"entry_id": self._entry.entry_id, CONF_INFLUXDB: place}
                self._tell(ISSUE_ORIGINAL, {"place": place}, asked)
                return 0
            self._tell(ISSUE_ORIGINAL, {})
        if not (ledger.moved or self._preview):
            await async_move(self._link, connection.processed)
            await ledger.async_note_moved()
        results = await self._hass.async_add_executor_job(_results, key, report)
        written = await sink.async_publish(results, ledger)
        self._tell(ISSUE_COLUMN, {"detail": self._link.refused.columns})
        if sink.forgets is not None:
            place, days = connection.processed, days_text(sink.forgets)
            self._tell(ISSUE_SHORT, {"place": place, "days": days})
        elif sink.keeps_all:
            self._tell(ISSUE_SHORT, {})
        return written

    def refuses(self, key: str) -> bool:
        """Return whether the server does not take all points of a meter."""
        return self._link.refused.has(key)

    async def _async_sink(self) -> InfluxSink:
        text = await async_wording(self._hass)
        place = self._link.connection.processed
        self._sink = InfluxSink(
            self._hass,
            self._link,
            Target(place, PREVIEW if self._preview else ""),
            text,
            self._link.refused,
        )
        return self._sink

    def _tell(
        self,
        issue: str,
        said: Mapping[str, str],
        data: Mapping[str, str] | None = None,
    ) -> None:
        """Raise an issue, or take it away where nothing is to be said.

        One with data is mended by clicking.
        """
        if not any(said.values()):
            ir.async_delete_issue(self._hass, DOMAIN, issue)
            return
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            issue,
            is_fixable=data is not None,
            severity=ir.IssueSeverity.WARNING,
            translation_key=issue,
            translation_placeholders=dict(said),
            data=None if data is None else {**data},
        )


def _results(key: str, report: MeterReport) -> Results:
    # Late: nothing on the set-up path may load numpy.
    from ..engine import api

    return Results(
        key=key,
        meter_id=report.meter.meter_id,
        unit=metrics.CONSUMPTION.unit_of(report.meter),
        midnights=report.midnights,
        use=metrics.CONSUMPTION.column(report),
        dial=metrics.COUNTER.column(report),
        provenance=report.provenance,
        flagged=api.flagged_days(report),
    )
