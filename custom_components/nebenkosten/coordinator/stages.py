"""One meter's way from the journal to rows and entity values.

Everything here blocks and loads numpy: it runs in an executor, never at set-up.
"""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, replace
import json
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from ..data import statistic_id
from ..engine.days import local_day
from ..engine.definition import meter_data
from ..engine.meter import House, Meter
from ..engine.model import (
    KINDS,
    Context,
    Finding,
    MeterReport,
    Readings,
    Series,
    Snapshot,
)
from ..journal import series
from ..journal.records import NewReading
from ..journal.store import Journal
from ..sinks.difference import fingerprints
from ..sinks.statistics import Statistic
from .collect import hours_from

if TYPE_CHECKING:
    from ..engine.model import Report

# What a changed engine makes of the same readings is another result.
_ENGINE_VERSION = 1


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """What one meter came to, and the state of things that it was computed from."""

    stamp: str
    report: MeterReport
    snapshot: Snapshot
    statistic: Statistic


@dataclass(frozen=True, slots=True)
class Preview:
    """What a reading would bring: use since the one before, and new findings."""

    since: float | None
    use: float | None
    findings: tuple[Finding, ...]


def stamp(journal: Journal, house: House, meter: Meter, as_of: float) -> str:
    """Return what changes exactly when the meter's result can have changed."""
    zone = ZoneInfo(house.time_zone)
    hourly = hours_from(journal, meter, zone)
    definition = json.dumps([meter.name, meter_data(meter)], sort_keys=True)
    moment = as_of // 3600 if hourly else local_day(as_of, zone).isoformat()
    revision = series.revision(journal, meter.key)
    parts = (_ENGINE_VERSION, definition, house.time_zone, moment, hourly, revision)
    return "|".join(str(part) for part in parts)


def analyse(
    journal: Journal, house: House, meter: Meter, as_of: float, known: Analysis | None
) -> Analysis:
    """Compute a meter, or return the known result when nothing has changed."""
    now = stamp(journal, house, meter, as_of)
    if known is not None and known.stamp == now:
        return known
    # Late imports: nothing on the set-up path may load numpy.
    from ..engine.consumption import published_rows
    from ..engine.summary import snapshot

    report = _analysed(journal, house, meter, as_of, series.load(journal, meter.key))
    rows = published_rows(report)
    return Analysis(
        now,
        report,
        snapshot(report, as_of, ZoneInfo(house.time_zone)),
        Statistic(
            statistic_id(meter.key),
            meter.name,
            meter.unit,
            rows,
            fingerprints(rows),
        ),
    )


def preview(
    journal: Journal, house: House, meter: Meter, as_of: float, new: NewReading
) -> Preview:
    """Compute a meter as if a reading had been entered."""
    from ..engine.units import factor

    stored = series.load(journal, meter.key)
    as_of = max(as_of, new.instant)
    before = _analysed(journal, house, meter, as_of, stored)
    after = _analysed(journal, house, meter, as_of, _with(stored, new))
    value = new.value * factor(new.unit or meter.unit, meter.unit)
    previous = _previous(stored.readings, before, new.instant)
    return Preview(
        since=None if previous is None else previous[0],
        use=None if previous is None else value - previous[1],
        findings=new_findings(before.findings, after.findings),
    )


def _analysed(
    journal: Journal, house: House, meter: Meter, as_of: float, stored: Series
) -> MeterReport:
    from ..engine.pipeline import analyse as engine_analyse

    zone = ZoneInfo(house.time_zone)
    since = hours_from(journal, meter, zone)
    context = Context(as_of=as_of, hours_from={meter.key: since} if since else {})
    one = replace(house, meters=(meter,))
    report: Report = engine_analyse(one, {meter.key: stored}, context)
    return report.meters[meter.key]


def _with(stored: Series, new: NewReading) -> Series:
    """Return a meter's records with one reading more."""
    old = stored.readings
    names = old.unit_names
    if new.unit not in names:
        names = (*names, new.unit)
    readings = Readings(
        ids=array("q", [*old.ids, 0]),
        times=array("d", [*old.times, new.instant]),
        values=array("d", [*old.values, new.value]),
        kinds=array("b", [*old.kinds, KINDS.index(new.kind)]),
        revisions=array("q", [*old.revisions, 2**62]),
        units=array("b", [*old.units, names.index(new.unit)]),
        unit_names=names,
    )
    return replace(stored, readings=readings)


def _previous(
    readings: Readings, report: MeterReport, instant: float
) -> tuple[float, float] | None:
    """Return time and value, in the meter's unit, of the used reading before."""
    from ..engine.units import factor

    found: tuple[float, float] | None = None
    left_out = report.quarantined | report.superseded
    columns: Sequence[tuple[int, float, float, int]] = list(
        zip(readings.ids, readings.times, readings.values, readings.units, strict=True)
    )
    for reading_id, time, value, unit in columns:
        if reading_id not in left_out and time < instant:
            name = readings.unit_names[unit] or report.meter.unit
            found = time, value * factor(name, report.meter.unit)
    return found


def new_findings(
    before: Sequence[Finding], after: Sequence[Finding]
) -> tuple[Finding, ...]:
    """Return the findings that were not there before."""
    return tuple(finding for finding in after if finding not in before)
