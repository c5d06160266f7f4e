"""One run: collect, analyse, publish; what fails stops nothing else."""

import asyncio
from collections.abc import Awaitable
from datetime import UTC, date, datetime
import logging
import time
from uuid import uuid4
from zoneinfo import ZoneInfo

from homeassistant.core import HomeAssistant

from ..data import NkConfigEntry
from ..engine.meter import AnyMeter, Definition, House, Meter
from ..engine.model import Temperature
from ..journal.acknowledgements import acknowledged
from ..journal.store import Journal
from ..outside import OutOfReachError
from ..sinks import statistics
from ..sinks.statistics import Outcome
from ..texts import async_wording
from . import stages
from .alerts import Told, alerts_of, news
from .cache import Cache, Remembered
from .collect import async_collect
from .points import Points
from .raw import async_hand_on
from .run import MeterRun, Request, Run, Status
from .servers import Servers

_LOGGER = logging.getLogger(__name__)


class Execution:
    """The state of one run."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: NkConfigEntry,
        house: House,
        journal: Journal,
        cache: Cache,
        analyses: dict[str, stages.Analysis],
        temperature: Temperature | None,
        servers: Servers,
    ) -> None:
        """Take what a run works on; `analyses` is updated as results come."""
        self._servers = servers
        self._hass = hass
        self._entry = entry
        self._house = house
        self._journal = journal
        self._cache = cache
        self._analyses = analyses
        self._temperature = temperature
        self._errors: list[str] = []
        self._failed: dict[str, Status] = {}
        self._missed: set[str] = set()
        self._points = 0
        self._told: tuple[Told, ...] = ()
        self._stages: dict[str, float] = {}

    async def async_run(self, request: Request) -> Run:
        """Do all stages for the meters asked for."""
        started = time.time()
        meters = self._concerned(request)
        if not request.dry_run:
            self._servers.begin()
            await self._timed("collect", self._collect(meters, request.start))
        results = await self._timed("analyse", self._analyse(meters, started))
        outcomes: dict[str, Outcome] = {}
        if not request.dry_run:
            self._analyses.update(results)
            self._told = await self._async_told(results)
            outcomes = await self._timed("publish", self._publish_all(results))
        run = self._record(request, started, meters, results, outcomes)
        _LOGGER.info(
            "Run %s (%s): %s, %d meters, %d rows and %d points written, %.1f s",
            run.run_id,
            run.trigger,
            run.status,
            len(run.meters),
            run.written,
            run.points,
            run.duration,
        )
        return run

    def _concerned(self, request: Request) -> list[AnyMeter]:
        """Return the meters asked for, and all that are computed from them."""
        everything = self._house.all_meters
        if request.meters is None:
            return list(everything)
        keys = self._house.with_dependents(request.meters)
        return [meter for meter in everything if meter.key in keys]

    async def _timed[T](self, stage: str, work: Awaitable[T]) -> T:
        begin = time.perf_counter()
        try:
            return await work
        finally:
            self._stages[stage] = time.perf_counter() - begin

    async def _collect(self, meters: list[AnyMeter], again_from: date | None) -> None:
        for meter in meters:
            if not isinstance(meter, Meter):
                continue
            try:
                missed = await async_collect(
                    self._hass, self._journal, self._servers.sources, meter, again_from
                )
                if self._servers.raw is not None:
                    await async_hand_on(
                        self._hass,
                        self._journal,
                        meter,
                        self._servers.raw,
                        self._cache,
                    )
            except OutOfReachError as error:
                self._miss(meter, [error.name])
            except Exception:
                _LOGGER.exception("Sources of %s cannot be read", meter.meter_id)
                self._fail(meter, Status.PARTIAL, "sources")
            else:
                self._miss(meter, missed)

    async def _analyse(
        self,
        meters: list[AnyMeter],
        as_of: float,
    ) -> dict[str, stages.Analysis]:
        try:
            return await self._analysed(meters, as_of)
        except Exception:
            _LOGGER.exception("The meters cannot be computed together")
        results: dict[str, stages.Analysis] = {}
        for meter in meters:
            try:
                results |= await self._analysed([meter], as_of)
            except Exception:
                _LOGGER.exception("%s cannot be computed", meter.meter_id)
                self._fail(meter, Status.FAILED, "analysis")
        return results

    async def _analysed(
        self, meters: list[AnyMeter], as_of: float
    ) -> dict[str, stages.Analysis]:
        return await self._hass.async_add_executor_job(
            stages.analyse,
            self._journal,
            self._house,
            meters,
            stages.Moment(as_of, self._temperature),
            self._analyses,
        )

    async def _async_told(
        self, results: dict[str, stages.Analysis]
    ) -> tuple[Told, ...]:
        """Compare the meters' events with those known; return what is news."""
        text = await async_wording(self._hass)
        told: list[Told] = []
        for key, result in results.items():
            known = await self._hass.async_add_executor_job(
                acknowledged, self._journal, key
            )
            today = result.snapshot.seen_on
            now = alerts_of(result.report, known, today, text)
            before = self._cache.alerts.get(key, ())
            self._cache.alerts[key] = now
            meter = result.report.meter
            told += [Told(meter, phase, alert) for phase, alert in news(before, now)]
        return tuple(told)

    async def _publish_all(
        self, results: dict[str, stages.Analysis]
    ) -> dict[str, Outcome]:
        """Both at once: the recorder's thread and the server wait for nobody."""
        outcomes, _ = await asyncio.gather(
            self._publish(results), self._publish_points(results)
        )
        return outcomes

    async def _publish(self, results: dict[str, stages.Analysis]) -> dict[str, Outcome]:
        wanted = [one for result in results.values() for one in result.statistics]
        try:
            outcomes = await statistics.async_publish(self._hass, wanted, self._cache)
        except Exception:
            _LOGGER.exception("Statistics cannot be written")
            self._errors.append("statistics")
            return {}
        for key, result in results.items():
            if all(outcomes[s.statistic_id].verified for s in result.statistics):
                self._cache.meters[key] = Remembered(result.stamp, result.snapshot)
            else:
                self._fail(result.report.meter, Status.PARTIAL, "statistics")
        return outcomes

    async def _publish_points(self, results: dict[str, stages.Analysis]) -> None:
        """Write to the InfluxDB, if there is one; the statistics are safe already."""
        if self._servers.influx is None:
            return
        points = Points(self._hass, self._entry, self._servers.influx)
        for key, result in results.items():
            try:
                self._points += await points.async_publish(
                    key, result.report, self._cache
                )
            except OutOfReachError as error:
                self._missed.add(key)
                self._errors.append(f"{error.name}: {result.report.meter.meter_id}")
            except Exception:
                _LOGGER.exception("Points cannot be written")
                self._fail(result.report.meter, Status.PARTIAL, "points")

    def _miss(self, meter: Meter, names: list[str]) -> None:
        """Note which servers a meter is behind for; the next run catches up."""
        for name in names:
            self._missed.add(meter.key)
            self._fail(meter, Status.PARTIAL, name)

    def _fail(self, meter: Definition, status: Status, what: str) -> None:
        self._errors.append(f"{what}: {meter.meter_id}")
        self._failed[meter.key] = status

    def _record(
        self,
        request: Request,
        started: float,
        meters: list[AnyMeter],
        results: dict[str, stages.Analysis],
        outcomes: dict[str, Outcome],
    ) -> Run:
        status = Status.PARTIAL if self._errors else Status.OK
        if meters and not results:
            status = Status.FAILED
        return Run(
            run_id=uuid4().hex,
            trigger=request.trigger,
            status=status,
            started=datetime.fromtimestamp(started, UTC),
            duration=sum(self._stages.values()),
            stages=dict(self._stages),
            meters={
                meter.meter_id: self._of_meter(
                    meter, request, results.get(meter.key), outcomes
                )
                for meter in meters
            },
            written=sum(outcome.written for outcome in outcomes.values()),
            points=self._points,
            missed=frozenset(self._missed),
            errors=tuple(self._errors),
            told=self._told,
        )

    def _of_meter(
        self,
        meter: AnyMeter,
        request: Request,
        result: stages.Analysis | None,
        outcomes: dict[str, Outcome],
    ) -> MeterRun:
        if result is None:
            return MeterRun(status=Status.FAILED)
        report = result.report
        # Loaded by the analysis; never at set-up.
        from ..engine.consumption import total

        period = total(report, request.start, request.end)
        outcome = outcomes.get(result.statistics[0].statistic_id, Outcome())
        zone = ZoneInfo(self._house.time_zone)
        return MeterRun(
            status=self._failed.get(meter.key, Status.OK),
            readings=report.readings,
            days=sum(period.days) if period else 0,
            first_day=report.first_day,
            last_day=report.last_day,
            total=period.value if period else None,
            findings=report.findings,
            report=report,
            changed_days=len(
                {datetime.fromtimestamp(c, zone).date() for c in outcome.changed}
            ),
        )
