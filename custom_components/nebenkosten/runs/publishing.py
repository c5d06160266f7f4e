"""Publication to statistics and InfluxDB, or a preview of what it would change."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
import logging
from zoneinfo import ZoneInfo

from ..analysis.analyse import Analysis
from ..analysis.last_values import Remembered
from ..analysis.loaded_house import LoadedHouse
from ..connections.servers import InfluxLink
from ..engine.domain.meters import Definition
from ..outside import OutOfReachError
from ..outside.deadline import RECORDER
from ..publication import statistics
from ..publication.difference import by_month, rows_since
from ..publication.ledger import Ledger
from ..publication.statistics import Outcome, Statistic
from ..statistic_catalog import preview_of
from .point_publishing import Points
from .progress import Progress
from .run import Month, Request, RunStatus

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one meter's statistic, and of its months in a dry run."""

    outcome: Outcome = field(default_factory=Outcome)
    months: Mapping[str, Month] = field(default_factory=dict)


class Publication:
    """Publishes once, for one run, and keeps account of it.

    A `preview` goes to places of its own: what dashboards read stays as it is.
    """

    def __init__(
        self,
        loaded: LoadedHouse,
        ledger: Ledger,
        influx: InfluxLink | None,
        progress: Progress,
    ) -> None:
        """Publish one house's results to these sinks."""
        self._hass = loaded.hass
        self._entry = loaded.entry
        self._ledger = ledger
        self._influx = influx
        self._progress = progress
        self._preview = loaded.settings.preview
        self._done: dict[str, Done] = {}
        self.verified: dict[str, Remembered] = {}
        self.failed: list[tuple[Definition, RunStatus, str]] = []
        self.errors: list[str] = []
        self.missed: dict[str, tuple[str, ...]] = {}
        self.rows = 0
        self.points = 0

    def done(self, key: str) -> Done:
        """Return what became of a meter."""
        return self._done.get(key, Done())

    async def async_publish(self, results: Mapping[str, Analysis]) -> None:
        """Both at once: the recorder's thread and the server wait for nobody."""
        self._progress.begin(
            "publish", sum(len(r.statistics) for r in results.values())
        )
        await asyncio.gather(
            self._async_statistics(results), self._async_points(results)
        )

    async def async_compare(
        self, results: Mapping[str, Analysis], request: Request
    ) -> None:
        """Find out what each month is, and what it would be; writes nothing."""
        zone = ZoneInfo(self._hass.config.time_zone)
        for key, result in results.items():
            wanted = self._placed(result)[0]
            try:
                old = await statistics.async_months(
                    self._hass, wanted.statistic_id, zone
                )
            except OutOfReachError as error:
                meter = result.report.meter
                self.failed.append((meter, RunStatus.PARTIAL, error.name))
                break
            months = await self._hass.async_add_executor_job(
                _compared, old, wanted, zone, request
            )
            self._done[key] = Done(months=months)

    async def _async_statistics(self, results: Mapping[str, Analysis]) -> None:
        placed = {key: self._placed(result) for key, result in results.items()}
        wanted = [one for some in placed.values() for one in some]
        outcomes = await statistics.async_publish(
            self._hass, wanted, self._ledger, self._progress.step
        )
        for key, result in results.items():
            own = [outcomes[one.statistic_id] for one in placed[key]]
            self._done[key] = Done(own[0])
            self.rows += sum(outcome.written for outcome in own)
            if not all(outcome.reached for outcome in own):
                self._miss(key, RECORDER)
                self.failed.append((result.report.meter, RunStatus.PARTIAL, RECORDER))
            elif all(outcome.verified for outcome in own):
                self.verified[key] = Remembered(result.stamp, result.snapshot)
            else:
                meter = result.report.meter
                self.failed.append((meter, RunStatus.PARTIAL, "statistics"))

    def _miss(self, key: str, name: str) -> None:
        """Note who was out of reach: the meter is published again later."""
        self.missed[key] = (*self.missed.get(key, ()), name)

    def _placed(self, result: Analysis) -> list[Statistic]:
        if not self._preview:
            return list(result.statistics)
        return [
            replace(
                one, statistic_id=preview_of(one.statistic_id), name=f"[{one.name}]"
            )
            for one in result.statistics
        ]

    async def _async_points(self, results: Mapping[str, Analysis]) -> None:
        """Write to the InfluxDB, if there is one; the statistics are safe already."""
        if self._influx is None:
            return
        points = Points(self._hass, self._entry, self._influx, preview=self._preview)
        for key, result in results.items():
            meter = result.report.meter
            try:
                self.points += await points.async_publish(
                    key, result.report, self._ledger
                )
                if points.refuses(key):
                    self.failed.append((meter, RunStatus.PARTIAL, "points"))
            except OutOfReachError as error:
                self._miss(key, error.name)
                self.errors.append(f"{error.name}: {meter.meter_id}")
            except Exception:
                _LOGGER.exception("Points of %s cannot be written", meter.meter_id)
                self.failed.append((meter, RunStatus.PARTIAL, "points"))


def _compared(
    old: Mapping[str, float], wanted: Statistic, zone: ZoneInfo, request: Request
) -> dict[str, Month]:
    """Return what each month asked for is, and what it would be."""
    new = by_month(rows_since(wanted.rows, 0.0), zone)
    return {
        month: Month(old=old.get(month), new=new.get(month))
        for month in sorted(old.keys() | new.keys())
        if _inside(month, request)
    }


def _inside(month: str, request: Request) -> bool:
    """Return whether a month (YYYY-MM) touches the days asked for."""
    first = None if request.start is None else f"{request.start:%Y-%m}"
    last = None if request.end is None else f"{request.end:%Y-%m}"
    return (first is None or first <= month) and (last is None or month <= last)
