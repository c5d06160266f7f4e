"""One meter's way from the journal to rows and entity values.

Everything here blocks and loads numpy: it runs in an executor, never at set-up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
import json
import math
from zoneinfo import ZoneInfo

from ..engine.domain import units
from ..engine.domain.answers import Asked, Node, ReadingInterval, State
from ..engine.domain.local_days import local_day
from ..engine.domain.meters import AnyMeter, House, Meter
from ..engine.domain.report import (
    Context,
    Finding,
    MeterReport,
    Readings,
    Report,
    Series,
    Snapshot,
    Temperature,
)
from ..engine.domain.serialization import meter_data
from ..journal import series
from ..journal.records import NewReading
from ..journal.series import with_new
from ..journal.store import Journal
from ..publication.difference import fingerprints
from ..publication.statistics import Statistic
from ..statistic_catalog import StatisticBasis, StatisticKind, kinds_of
from .collect import hours_from

# What a changed engine makes of the same readings is another result.
_ENGINE_VERSION = 6


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """What one meter came to, and the state of things that it was computed from.

    Of its statistics the first is its consumption in its own unit. What is `broken`
    is not published.
    """

    stamp: str
    report: MeterReport
    snapshot: Snapshot
    statistics: tuple[Statistic, ...]
    broken: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Preview:
    """What a reading would bring: use since the one before, and new findings."""

    since: float | None
    use: float | None
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Moment:
    """When a result is asked for [epoch s], and how warm it has been."""

    as_of: float
    temperature: Temperature | None = None

    @property
    def weather(self) -> str:
        """Return what changes when the temperatures have."""
        if self.temperature is None:
            return ""
        known = [mean for mean in self.temperature.means if not math.isnan(mean)]
        return f"{self.temperature.first_day}+{len(known)}={sum(known):.3f}"


@dataclass(frozen=True, slots=True)
class Ground:
    """What results stand on: a house, what its journal holds, and when."""

    journal: Journal
    house: House
    moment: Moment

    @property
    def context(self) -> Context:
        """Return what the engine is told of the moment."""
        return Context(as_of=self.moment.as_of, temperature=self.moment.temperature)


def stamps(ground: Ground, meters: Sequence[AnyMeter]) -> dict[str, str]:
    """Return what changes exactly when a meter's result can have changed, by key.

    A meter is judged beside its parts and what it is part of: theirs count too.
    """
    journal, house, moment = ground.journal, ground.house, ground.moment
    zone = ZoneInfo(house.time_zone)
    gas = [(f.kwh, f.valid_from.isoformat()) for f in house.gas]
    everywhere = (_ENGINE_VERSION, house.time_zone, gas, moment.weather)
    own: dict[str, tuple[object, ...]] = {}
    found: dict[str, str] = {}
    for meter in meters:
        together = related(house, [meter])
        for one in together:
            if one.key not in own:
                own[one.key] = _own_state(journal, one, zone)
        dense = any(own[one.key][1] for one in together)
        today = local_day(moment.as_of, zone).isoformat()
        clock = moment.as_of // 3600 if dense else today
        parts = (*everywhere, clock, *(own[one.key] for one in together))
        found[meter.key] = sha256("|".join(map(str, parts)).encode()).hexdigest()
    return found


def _own_state(journal: Journal, meter: AnyMeter, zone: ZoneInfo) -> tuple[object, ...]:
    return (
        json.dumps([meter.name, meter_data(meter)], sort_keys=True),
        _hours_from(journal, meter, zone),
        series.revision(journal, meter.key),
    )


def related(house: House, meters: Sequence[AnyMeter]) -> list[AnyMeter]:
    """Return these meters and all that their results depend on.

    They are judged beside what they are part of, its other parts and their own parts;
    each of these is computed from its operands.
    """
    above = {(meter.part_of or "").lower() for meter in meters}
    keys = {meter.key for meter in meters}
    beside = {
        meter.key
        for meter in house.all_meters
        if meter.key in above or (meter.part_of or "").lower() in keys | above - {""}
    }
    by_key = {meter.key: meter for meter in house.all_meters}
    keys |= beside
    waiting = list(keys)
    while waiting:
        meter = by_key.get(waiting.pop())
        new = set(meter.operands) - keys if meter else set()
        keys |= new
        waiting += new
    return [meter for meter in house.all_meters if meter.key in keys]


def _hours_from(journal: Journal, meter: AnyMeter, zone: ZoneInfo) -> date | None:
    return hours_from(journal, meter, zone) if isinstance(meter, Meter) else None


def analyse(
    ground: Ground, meters: Sequence[AnyMeter], known: Mapping[str, Analysis]
) -> dict[str, Analysis]:
    """Compute meters all at once, but not those whose result is known."""
    house = ground.house
    now = stamps(ground, meters)
    found = {
        key: known[key] for key in now if key in known and known[key].stamp == now[key]
    }
    stale = [meter for meter in meters if meter.key not in found]
    if not stale:
        return found
    group = related(house, stale)
    stored = {
        meter.key: series.load(ground.journal, meter.key)
        for meter in group
        if isinstance(meter, Meter)
    }
    reports = computed(ground, group, stored).meters
    for meter in stale:
        asked = Asked(
            reports[meter.key],
            reports,
            stored.get(meter.key),
            house,
            ground.moment.as_of,
        )
        found[meter.key] = _analysis(now[meter.key], asked)
    return {meter.key: found[meter.key] for meter in meters}


def _analysis(stamped: str, asked: Asked) -> Analysis:
    # Late imports: nothing on the set-up path may load numpy.
    from ..engine import api

    wrong, house = api.broken(asked), asked.house
    report = replace(asked.report, findings=(*asked.report.findings, *wrong))
    basis = StatisticBasis(report, house)
    return Analysis(
        stamped,
        report,
        api.snapshot(report, asked.as_of, ZoneInfo(house.time_zone)),
        tuple(_statistic(kind, basis) for kind in kinds_of(report.meter)),
        wrong,
    )


def _statistic(kind: StatisticKind, basis: StatisticBasis) -> Statistic:
    meter, rows = basis.report.meter, kind.rows(basis)
    return Statistic(
        statistic_id=kind.id_of(meter.key),
        name=kind.name.format(meter.name),
        unit=kind.unit(basis),
        rows=rows,
        years=fingerprints(rows),
    )


def state(ground: Ground, meter: Meter, at: float) -> State:
    """Return what a meter's dial showed at an instant [epoch s]."""
    from ..engine import api

    stored = series.load(ground.journal, meter.key)
    return api.state_at(ground.house, meter, stored, ground.context, at)


def intervals(
    ground: Ground, meters: Sequence[Meter]
) -> dict[Meter, tuple[ReadingInterval, ...]]:
    """Return what was used between the meters' readings."""
    from ..engine import api

    journal, house, context = ground.journal, ground.house, ground.context
    return {
        meter: api.reading_intervals(
            house, meter, series.load(journal, meter.key), context
        )
        for meter in meters
    }


def explained(
    ground: Ground, reports: Mapping[str, MeterReport], meter: AnyMeter, day: date
) -> Node:
    """Return where a meter's day comes from, down to the readings."""
    from ..engine import api

    def dial(one: Meter, at: float) -> State:
        return state(ground, one, at)

    return api.explain(ground.house, reports, dial, meter, day)


def preview(ground: Ground, meter: Meter, new: Sequence[NewReading]) -> Preview:
    """Compute a meter as if readings had been entered; the first one's use is told."""
    stored = series.load(ground.journal, meter.key)
    as_of = max(ground.moment.as_of, *(one.instant for one in new))
    later = replace(ground, moment=replace(ground.moment, as_of=as_of))
    before, after = (
        computed(later, [meter], {meter.key: one}).meters[meter.key]
        for one in (stored, replace(stored, readings=with_new(stored.readings, new)))
    )
    value = new[0].value * units.factor(new[0].unit or meter.unit, meter.unit)
    previous = _previous(stored.readings, before, new[0].instant)
    return Preview(
        since=None if previous is None else previous[0],
        use=None if previous is None else value - previous[1],
        findings=new_findings(before.findings, after.findings),
    )


def computed(
    ground: Ground,
    meters: Sequence[AnyMeter],
    stored: Mapping[str, Series],
    hours_of: Mapping[str, date] | None = None,
) -> Report:
    """Compute meters from these records, by the hour since the days of `hours_of`."""
    from ..engine import api

    house, zone = ground.house, ZoneInfo(ground.house.time_zone)
    wanted = {meter.key: _hours_from(ground.journal, meter, zone) for meter in meters}
    hours = {key: since for key, since in wanted.items() if since}
    hours |= hours_of or {}
    some = house.of([meter.key for meter in meters])
    return api.analyse(some, stored, replace(ground.context, hours_from=hours))


def _previous(
    readings: Readings, report: MeterReport, instant: float
) -> tuple[float, float] | None:
    """Return time and value, in the meter's unit, of the used reading before."""
    found: tuple[float, float] | None = None
    left_out = report.quarantined | report.superseded
    columns: Sequence[tuple[int, float, float, int]] = list(
        zip(readings.ids, readings.times, readings.values, readings.units, strict=True)
    )
    for reading_id, time, value, unit in columns:
        if reading_id not in left_out and time < instant:
            name = readings.unit_names[unit] or report.meter.unit
            found = time, value * units.factor(name, report.meter.unit)
    return found


def new_findings(
    before: Sequence[Finding], after: Sequence[Finding]
) -> tuple[Finding, ...]:
    """Return the findings that were not there before."""
    return tuple(finding for finding in after if finding not in before)
