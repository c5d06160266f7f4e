"""In which order, for which meters: from readings to the report."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from .assessment import exchange_findings
from .assessment.assess import Basis, finished
from .assessment.model_change import TOLD, reshaped
from .assessment.operand_findings import computed, mismatch, missing, too_few, unread
from .assessment.reading_findings import oddities
from .domain import calendar_edges, gas_conversion, local_days
from .domain.arrays import Floats
from .domain.evaluation_order import CyclicMeterError, in_order
from .domain.meters import AnyMeter, House, Master, Meter, Virtual
from .domain.partitions import portions
from .domain.report import (
    Context,
    Finding,
    Hours,
    MeterReport,
    Report,
    Series,
    Severity,
    ShapeModel,
    empty_series,
)
from .domain.units import UnitMismatchError
from .load_model.model_time import Pace
from .meter_kinds import master, physical, virtual
from .meter_kinds.master import Joined, MasterSource
from .meter_kinds.physical import Prepared
from .reconstruction import uncertainty
from .reconstruction.meter_line import Line


def analyse(house: House, readings: Mapping[str, Series], context: Context) -> Report:
    """Turn the readings of each meter (by key) into what is known of it."""
    work = _Work(house, readings, context)
    meters, cyclic = _without_cycles(house.all_meters)
    for meter in meters:
        work.add(meter)
    reports = finished(house, work.reports, work.basis, context)
    for finding in cyclic:
        meter = next(m for m in house.all_meters if m.meter_id == finding.meter_id)
        reports[meter.key] = replace(without_days(meter), findings=(finding,))
    order = {meter.key: i for i, meter in enumerate(house.all_meters)}
    reports = dict(sorted(reports.items(), key=lambda item: order[item[0]]))
    return Report(context.as_of, house.time_zone, reports)


def consumption_alone(
    house: House, readings: Mapping[str, Series], context: Context
) -> Mapping[str, MeterReport]:
    """Turn readings into days and nothing more: no events, forecast or quality."""
    work = _Work(house, readings, context)
    meters, _ = _without_cycles(house.all_meters)
    for meter in meters:
        work.add(meter)
    return work.reports


def analyse_in_portions(
    house: House, readings: Mapping[str, Series], context: Context
) -> Iterator[MeterReport]:
    """Yield the same meter by meter, holding no more at a time than it must.

    `readings` may read a meter's records when it is asked for them.
    """
    for portion in portions(house, {meter.key for meter in house.all_meters}):
        keys = [meter.key for meter in portion]
        stored = {key: readings[key] for key in keys if key in readings}
        yield from analyse(house.of(keys), stored, context).meters.values()


def _without_cycles(
    meters: tuple[AnyMeter, ...],
) -> tuple[list[AnyMeter], list[Finding]]:
    """Return the meters in order, without those computed from themselves."""
    found: list[Finding] = []
    while True:
        try:
            return in_order(meters), found
        except CyclicMeterError as error:
            found += [
                Finding(
                    code="formula_cycle",
                    severity=Severity.ERROR,
                    meter_id=meter_id,
                    data={"path": " → ".join(error.path)},
                )
                for meter_id in dict.fromkeys(error.path)
            ]
            meters = tuple(m for m in meters if m.meter_id not in error.path)


def without_days(meter: AnyMeter) -> MeterReport:
    """Return what can be said of a meter of which no day is known."""
    none = np.empty(0)
    return MeterReport(
        meter=meter,
        first_day=None,
        last_day=None,
        midnights=none,
        use=none,
        provenance=none.astype(np.int64),
        counter=none,
        slack=none,
        readings=0,
        quarantined=frozenset(),
        superseded=frozenset(),
        last_reading=None,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Days:
    """A line over the days first..last: midnights (n+1,), use (n,)."""

    first: date
    last: date
    midnights: Floats
    use: Floats


class _Work:
    """The reports so far, and what later meters are made of."""

    def __init__(
        self, house: House, readings: Mapping[str, Series], context: Context
    ) -> None:
        self._house, self._readings, self._context = house, readings, context
        self._zone = ZoneInfo(house.time_zone)
        self._model_date = physical.model_date(context.as_of, self._zone)
        self._lines: dict[str, Line | None] = {}
        self._behind: dict[str, dict[str, Prepared]] = {}
        self._meters = {meter.key: meter for meter in house.all_meters}
        self.basis = Basis({}, {}, {}, {})
        self.reports: dict[str, MeterReport] = {}

    def add(self, meter: AnyMeter) -> None:
        """Compute a meter; those that it is made of are there already."""
        if isinstance(meter, Meter):
            self.reports[meter.key] = self._physical(meter)
        elif isinstance(meter, Master):
            self.reports[meter.key] = self._master(meter)
        else:
            self.reports[meter.key] = self._virtual(meter)

    # --- physical ----------------------------------------------------------------

    def _physical(self, meter: Meter) -> MeterReport:
        series = self._readings.get(meter.key) or empty_series()
        prepared = physical.prepare(
            meter, series, self._zone, self._context, self._model_date
        )
        self.basis.prepared[meter.key] = prepared
        report = _read(prepared)
        line = physical.line_of(prepared)
        self._lines[meter.key] = line
        self._behind[meter.key] = {meter.key: prepared}
        if line is None:
            return report
        first, last = physical.life(prepared, line)
        if last < first - timedelta(days=1):
            return report
        midnights = calendar_edges.midnights(first, last, self._zone)
        found = _Days(first, last, midnights, line.use(midnights))
        odd = [
            *oddities(meter, line, prepared.amounts, self._zone),
            *self._reshaped(prepared, series, found),
        ]
        pace, paces = prepared.pace, self.basis.paces
        paces |= {} if pace is None else {meter.key: pace}
        return replace(
            self._filled(report, line, found),
            counter=line.parts[0].dial(midnights),
            findings=(*report.findings, *odd),
            hours=self._hours(meter, line, midnights),
            model=None if pace is None else _model(pace, prepared.model_date),
        )

    def _reshaped(
        self, prepared: Prepared, series: Series, found: _Days
    ) -> list[Finding]:
        """Say what a new model has moved, in the first days that it is valid."""
        today = local_days.local_day(self._context.as_of, self._zone)
        if prepared.model_date is None or today - self._model_date > TOLD:
            return []
        older = physical.model_date(
            local_days.midnight(self._model_date, self._zone), self._zone
        )

        def before() -> Floats:
            with_older = physical.prepare(
                prepared.meter, series, self._zone, self._context, older
            )
            line = physical.line_of(with_older)
            return found.use if line is None else line.use(found.midnights)

        return reshaped(prepared.meter, found.first, found.use, before)

    def _hours(self, meter: Meter, line: Line, edges: Floats) -> Hours | None:
        """Return the hours since the wanted day, today's up to the last one known."""
        wanted = self._context.hours_from.get(meter.key)
        if wanted is None:
            return None
        bounds = edges[edges >= local_days.midnight(wanted, self._zone)]
        if not len(bounds):
            return None
        today = float(bounds[-1])
        passed = (min(line.last_read, self._context.as_of) - today) // 3600.0
        end = today + 3600.0 * max(passed, 0.0)
        if end > today:
            bounds = np.append(bounds, end)
        instants = calendar_edges.hour_edges(bounds)
        if len(instants) < 2:
            return None
        use = line.use(instants)
        known = line.provenance(instants, use)
        return Hours(instants, use, line.parts[0].dial(instants), known)

    # --- master ------------------------------------------------------------------

    def _master(self, meter: Master) -> MeterReport:
        report = without_days(meter)
        report = replace(report, findings=self._absent(meter))
        try:
            sources = self._sources(meter)
        except UnitMismatchError as error:
            return replace(report, findings=(*report.findings, mismatch(meter, error)))
        joined = master.join(meter, sources, self._zone, self._context.as_of)
        self._lines[meter.key] = None if joined is None else joined.line
        self._behind[meter.key] = {
            key: prepared
            for source in sources.values()
            if source is not None
            for key, prepared in source.prepared.items()
        }
        if joined is None:
            return report
        first = master.first_day(meter, joined, self._zone)
        last = local_days.local_day(self._context.as_of, self._zone) - timedelta(days=1)
        last = min(last, meter.last_day or date.max)
        if last < first:
            return report
        report = self._chained(report, joined, (first, last))
        odd = exchange_findings.findings(meter, joined, self._zone)
        return replace(report, findings=(*report.findings, *odd))

    def _chained(
        self,
        report: MeterReport,
        joined: Joined,
        life: tuple[date, date],
    ) -> MeterReport:
        """Return a master's report with its days."""
        meter, zone = report.meter, self._zone
        midnights = calendar_edges.midnights(*life, zone)
        use = joined.line.use(midnights)
        found = self._filled(report, joined.line, _Days(*life, midnights, use))
        newest = joined.newest.tenure.key
        paces = self.basis.paces
        paces |= {meter.key: paces[newest]} if newest in paces else {}
        return replace(
            found,
            counter=joined.counter(midnights, use),
            readings=sum(
                self.reports[key].readings
                for key in {one.tenure.key for one in joined.counted}
            ),
            last_reading=joined.newest.source.converted(
                self.reports[newest].last_reading
            ),
            shares=joined.shares(midnights),
        )

    def _absent(self, meter: Master) -> tuple[Finding, ...]:
        """Say which of a master's sources is none, and why."""
        for key in meter.operands:
            operand = self._meters.get(key)
            if operand is None:
                return (missing(meter, key),)
            if isinstance(operand, Virtual):
                return (computed(meter, operand),)
        return ()

    def _sources(self, meter: Master) -> dict[str, MasterSource | None]:
        """Return what a master counts from, by key; None is one without readings."""
        found: dict[str, MasterSource | None] = {}
        for key in dict.fromkeys(meter.operands):
            line, operand = self._lines.get(key), self._meters.get(key)
            if operand is None or line is None:
                found[key] = None
                continue
            found[key] = MasterSource(
                line,
                self._behind[key],
                gas_conversion.conversion(operand, meter, self._house.gas, self._zone),
                installed=operand.installed if isinstance(operand, Meter) else None,
                removed=operand.removed if isinstance(operand, Meter) else None,
                ends=self._end_of(self.reports[key]),
            )
        return found

    def _end_of(self, report: MeterReport) -> float:
        """Return where a meter's last day ends, infinity for one that goes on."""
        today = local_days.local_day(self._context.as_of, self._zone)
        if report.last_day is None or report.last_day >= today - timedelta(days=1):
            return np.inf
        return float(report.midnights[-1])

    def _filled(self, report: MeterReport, line: Line, found: _Days) -> MeterReport:
        """Return a report with the days of its line."""
        provenance = line.provenance(found.midnights, found.use)
        half = uncertainty.half_widths(line, found.midnights, found.use, provenance)
        key = report.meter.key
        self.basis.lines[key], self.basis.half[key] = line, half
        some = bool(len(found.use))
        return replace(
            report,
            first_day=found.first if some else None,
            last_day=found.last if some else None,
            midnights=found.midnights,
            use=found.use,
            provenance=provenance,
            slack=uncertainty.slack(line, found.midnights, half, found.use),
        )

    # --- virtual -----------------------------------------------------------------

    def _virtual(self, meter: Virtual) -> MeterReport:
        report = without_days(meter)
        absent = [k for k in meter.operands if k not in self.reports]
        if absent:
            return replace(report, findings=(missing(meter, absent[0]),))
        lost = virtual.unread(meter, self.reports)
        if lost is not None:
            report = replace(report, findings=(unread(meter, lost),))
        span = virtual.span(meter, self.reports)
        if span is None:
            return report
        first, last = span
        count = (last - first).days + 1
        given = (self._meters[term.meter_id.lower()] for term in meter.terms)
        try:
            scales = [
                gas_conversion.daily_factor(one, meter, self._house.gas, first, count)
                for one in given
            ]
        except UnitMismatchError as error:
            return replace(report, findings=(mismatch(meter, error),))
        found = virtual.combined(meter, self.reports, scales, first)
        midnights = calendar_edges.midnights(first, last, self._zone)
        return replace(
            report,
            first_day=first,
            last_day=last,
            midnights=midnights,
            use=found.use,
            provenance=found.provenance,
            counter=np.full(count + 1, np.nan),
            slack=found.slack,
        )


def _read(prepared: Prepared) -> MeterReport:
    """Return what can be said of a physical meter before any of its days is known."""
    cleaned = prepared.cleaned
    last = None
    if cleaned.registers:
        end = cleaned.registers[-1]
        last = float(end.times[-1]), float(end.values[-1] - end.rolled[-1])
    return replace(
        without_days(prepared.meter),
        readings=sum(len(register.ids) for register in cleaned.registers),
        quarantined=cleaned.quarantined,
        superseded=cleaned.superseded,
        last_reading=last,
        findings=(*cleaned.findings, *prepared.findings, *too_few(prepared)),
    )


def _model(pace: Pace, model_date: date | None) -> ShapeModel:
    shape = pace.shape
    return ShapeModel(shape=shape.name, fit=shape.error, model_date=model_date)
