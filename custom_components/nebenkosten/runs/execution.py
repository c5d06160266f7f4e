"""One run: collect, analyse, publish; what fails stops nothing else."""

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from datetime import date
import logging
import time
from uuid import uuid4

from homeassistant.util import dt as dt_util

from ..analysis import analyse
from ..analysis.alerts import Alert, Told, alerts_of, news
from ..analysis.analyse import Analysis
from ..analysis.collect import async_collect
from ..analysis.last_values import Remembered
from ..analysis.loaded_house import LoadedHouse
from ..connections.servers import Servers
from ..engine.domain.meters import AnyMeter, Definition, Meter
from ..engine.domain.partitions import portions
from ..engine.domain.report import Temperature
from ..journal.acknowledgements import acknowledged
from ..messages.texts import async_wording
from ..outside import OutOfReachError
from ..publication.ledger import Ledger
from .meter_record import Gathering, of_meter
from .progress import Progress
from .publishing import Publication
from .raw_values import async_hand_on
from .run import MeterRun, Request, Run, RunStatus

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Known:
    """What was known, by meter key, before a run."""

    analyses: Mapping[str, Analysis]
    alerts: Mapping[str, tuple[Alert, ...]]


@dataclass(frozen=True, slots=True)
class Executed:
    """A run's record, and what is known now of the meters that it concerned."""

    run: Run
    analyses: Mapping[str, Analysis] = field(default_factory=dict)
    alerts: Mapping[str, tuple[Alert, ...]] = field(default_factory=dict)
    verified: Mapping[str, Remembered] = field(default_factory=dict)


class Execution:
    """The state of one run."""

    def __init__(
        self, loaded: LoadedHouse, servers: Servers, ledger: Ledger, known: Known
    ) -> None:
        """Take what a run works on; nothing of it is changed but the ledger."""
        self._servers = servers
        self._hass = loaded.hass
        self._loaded = loaded
        self._house = loaded.house
        self._journal = loaded.journal
        self._ledger = ledger
        self._known = known
        self._temperature: Temperature | None = None
        self._started = time.time()
        self._run_id = uuid4().hex
        self._progress = Progress(loaded.hass, self._run_id)
        self._errors: list[str] = []
        self._failed: dict[str, RunStatus] = {}
        self._missed: dict[str, tuple[str, ...]] = {}
        self._collected: dict[str, int] = {}
        self._alerts: dict[str, tuple[Alert, ...]] = {}
        self._told: tuple[Told, ...] = ()
        self._stages: dict[str, float] = {}
        self._begun = time.perf_counter()

    async def async_run(
        self, request: Request, temperature: Temperature | None
    ) -> Executed:
        """Do all stages for the meters asked for."""
        self._temperature = temperature
        self._started, self._begun = time.time(), time.perf_counter()
        meters = self._concerned(request)
        publication = Publication(
            self._loaded, self._ledger, self._servers.influx, self._progress
        )
        if not request.dry_run:
            self._servers.begin()
            await self._timed("collect", self._collect(meters, request.start))
        results = await self._timed("analyse", self._analyse(meters, self._started))
        if request.dry_run:
            await self._timed("compare", publication.async_compare(results, request))
        else:
            sound = self._sound(results)
            self._told = await self._async_told(sound)
            await self._timed("publish", publication.async_publish(sound))
        for meter, status, what in publication.failed:
            self._fail(meter, status, what)
        self._errors += publication.errors
        # Counting the days that changed takes a while where there are many.
        done = await self._hass.async_add_executor_job(
            self._of_meters, request, meters, results, publication
        )
        run = self._run(request, done, publication, nothing=not results)
        return Executed(run, results, self._alerts, publication.verified)

    def broken_off(self, request: Request, reason: str) -> Run:
        """Return the record of a run that came to no end; `reason` is a sentence."""
        failed = MeterRun(status=RunStatus.FAILED)
        return Run(
            run_id=self._run_id,
            trigger=request.trigger,
            status=RunStatus.FAILED,
            started=dt_util.utc_from_timestamp(self._started),
            duration=time.perf_counter() - self._begun,
            stages=dict(self._stages),
            meters={meter.meter_id: failed for meter in self._concerned(request)},
            written=0,
            missed=dict(self._missed),
            errors=(*self._errors, reason),
            reason=reason,
        )

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
        read = [m for m in meters if isinstance(m, Meter) and m.sources]
        if not read:
            return
        self._progress.begin("collect", len(read))
        await self._hass.async_add_executor_job(self._journal.gather)
        try:
            for meter in read:
                await self._collect_patiently(meter, again_from)
                self._progress.step()
        finally:
            await self._hass.async_add_executor_job(self._journal.gathered)

    async def _collect_patiently(self, meter: Meter, again_from: date | None) -> None:
        try:
            await self._collect_one(meter, again_from)
        except OutOfReachError as error:
            self._miss(meter, [error.name])
        except Exception:
            _LOGGER.exception("Sources of %s cannot be read", meter.meter_id)
            self._fail(meter, RunStatus.PARTIAL, "sources")

    async def _collect_one(self, meter: Meter, again_from: date | None) -> None:
        gathered = await async_collect(
            self._hass, self._journal, self._servers.sources, meter, again_from
        )
        self._collected[meter.key] = gathered.records
        self._miss(meter, gathered.missed)
        if self._servers.raw is not None:
            await async_hand_on(
                self._hass, self._journal, meter, self._servers.raw, self._ledger
            )

    async def _analyse(
        self,
        meters: list[AnyMeter],
        as_of: float,
    ) -> dict[str, Analysis]:
        """Compute in portions, and one by one where a portion fails."""
        keys = {meter.key for meter in meters}
        self._progress.begin("analyse", len(meters))
        results: dict[str, Analysis] = {}
        for portion in portions(self._house, keys):
            try:
                results |= await self._analysed(portion, as_of)
            except Exception:
                _LOGGER.exception("The meters cannot be computed together")
                results |= await self._one_by_one(portion, as_of)
            self._progress.step(len(portion))
        return {
            meter.key: results[meter.key] for meter in meters if meter.key in results
        }

    async def _one_by_one(
        self, meters: tuple[AnyMeter, ...], as_of: float
    ) -> dict[str, Analysis]:
        results: dict[str, Analysis] = {}
        for meter in meters:
            try:
                results |= await self._analysed((meter,), as_of)
            except Exception:
                _LOGGER.exception("%s cannot be computed", meter.meter_id)
                self._fail(meter, RunStatus.FAILED, "analysis")
        return results

    async def _analysed(
        self, meters: tuple[AnyMeter, ...], as_of: float
    ) -> dict[str, Analysis]:
        moment = analyse.Moment(as_of, self._temperature)
        return await self._hass.async_add_executor_job(
            analyse.analyse,
            analyse.Ground(self._journal, self._house, moment),
            meters,
            self._known.analyses,
        )

    def _sound(self, results: dict[str, Analysis]) -> dict[str, Analysis]:
        """Leave out what must not be published; its last good result stays."""
        for result in results.values():
            if result.broken:
                self._fail(result.report.meter, RunStatus.PARTIAL, "invariant")
        return {key: one for key, one in results.items() if not one.broken}

    async def _async_told(self, results: dict[str, Analysis]) -> tuple[Told, ...]:
        """Compare the meters' events with those known; return what is news."""
        text = await async_wording(self._hass)

        def alerts(key: str, result: Analysis) -> tuple[Alert, ...]:
            known = acknowledged(self._journal, key)
            return alerts_of(result.report, known, result.snapshot.seen_on, text)

        now = await self._hass.async_add_executor_job(
            lambda: {key: alerts(key, result) for key, result in results.items()}
        )
        told: list[Told] = []
        for key, result in results.items():
            before = self._known.alerts.get(key, ())
            self._alerts[key] = now[key]
            meter = result.report.meter
            told += [
                Told(meter, phase, alert) for phase, alert in news(before, now[key])
            ]
        return tuple(told)

    def _miss(self, meter: Definition, names: list[str]) -> None:
        """Note which servers a meter is behind for; the next run catches up."""
        for name in names:
            self._fail(meter, RunStatus.PARTIAL, name)
            known = self._missed.get(meter.key, ())
            self._missed[meter.key] = (*known, name)

    def _fail(self, meter: Definition, status: RunStatus, what: str) -> None:
        self._errors.append(f"{what}: {meter.meter_id}")
        self._failed[meter.key] = status

    def _run(
        self,
        request: Request,
        meters: Mapping[str, MeterRun],
        publication: Publication,
        *,
        nothing: bool,
    ) -> Run:
        status = RunStatus.PARTIAL if self._errors else RunStatus.OK
        if meters and nothing:
            status = RunStatus.FAILED
        return Run(
            run_id=self._run_id,
            trigger=request.trigger,
            status=status,
            started=dt_util.utc_from_timestamp(self._started),
            duration=time.perf_counter() - self._begun,
            stages=dict(self._stages),
            meters=meters,
            written=publication.rows,
            points=publication.points,
            missed={**self._missed, **publication.missed},
            attempts={
                link.name: link.attempts
                for link in self._servers.links
                if link.attempts > 1
            },
            errors=tuple(self._errors),
            told=self._told,
        )

    def _of_meters(
        self,
        request: Request,
        meters: list[AnyMeter],
        results: dict[str, Analysis],
        publication: Publication,
    ) -> dict[str, MeterRun]:
        """Return what the run did with each meter; blocks."""
        return {
            meter.meter_id: self._of_meter(
                meter, request, results.get(meter.key), publication
            )
            for meter in meters
        }

    def _of_meter(
        self,
        meter: AnyMeter,
        request: Request,
        result: Analysis | None,
        publication: Publication,
    ) -> MeterRun:
        if result is None:
            return MeterRun(status=RunStatus.FAILED)
        return of_meter(
            result,
            request,
            Gathering(
                self._failed.get(meter.key, RunStatus.OK),
                self._collected.get(meter.key, 0),
            ),
            publication.done(meter.key),
            self._loaded.zone,
        )
