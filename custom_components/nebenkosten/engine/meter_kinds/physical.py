"""A physical meter: its days come from its own readings and amounts."""

from datetime import timedelta

import numpy as np

from ..domain import calendar_edges, local_days
from ..domain.arrays import Floats
from ..domain.local_days import HOUR
from ..domain.meters import Meter
from ..domain.report import Consumption, Hours, ShapeModel
from ..reconstruction.meter_line import Line
from .interface import NO_DAYS, Computed, LineDays, Operands, Setting
from .operand_findings import too_few
from .physical_line import life, line_of
from .preparation import Prepared, prepare

type Reading = tuple[float, float]


def compute(meter: Meter, operands: Operands, setting: Setting) -> Computed:
    """Return a physical meter, which has no operands."""
    del operands
    prepared = prepare(
        meter, setting.series(meter), setting.zone, setting.context, setting.model_date
    )
    line = line_of(prepared)
    days = _days(prepared, line)
    pace = prepared.pace if len(days.midnights) else None
    cleaned = prepared.cleaned
    consumption = Consumption(
        meter=meter,
        first_day=days.first,
        last_day=days.last,
        midnights=days.midnights,
        use=days.use,
        provenance=days.provenance,
        counter=_counter(line, days.midnights),
        slack=days.slack,
        readings=sum(len(register.ids) for register in cleaned.registers),
        quarantined=cleaned.quarantined,
        superseded=cleaned.superseded,
        last_reading=_last_reading(prepared),
        findings=(*cleaned.findings, *prepared.findings, *too_few(prepared)),
        hours=_hours(meter, line, days.midnights, setting),
        model=None
        if pace is None
        else ShapeModel(
            shape=pace.shape.name,
            fit=pace.shape.error,
            model_date=prepared.model_date,
        ),
    )
    return Computed(
        consumption=consumption,
        line=line,
        prepared={meter.key: prepared},
        half=days.half,
        pace=pace,
    )


def _days(prepared: Prepared, line: Line | None) -> LineDays:
    """Return the days of a meter's life, as far as its line reaches."""
    if line is None:
        return NO_DAYS
    first, last = life(prepared, line)
    if last < first - timedelta(days=1):
        return NO_DAYS
    return LineDays.of(line, first, last, prepared.zone)


def _counter(line: Line | None, midnights: Floats) -> Floats:
    """Return what the dial showed at midnights (n+1,)."""
    return np.empty(0) if line is None else line.parts[0].dial(midnights)


def _last_reading(prepared: Prepared) -> Reading | None:
    """Return the instant [epoch s] and the value of the last reading that is used."""
    if not prepared.cleaned.registers:
        return None
    end = prepared.cleaned.registers[-1]
    return float(end.times[-1]), float(end.values[-1] - end.rolled[-1])


def _hours(
    meter: Meter, line: Line | None, midnights: Floats, setting: Setting
) -> Hours | None:
    """Return the hours since the wanted day, today's up to the last one known."""
    wanted = setting.context.hours_from.get(meter.key)
    if wanted is None or line is None:
        return None
    bounds = midnights[midnights >= local_days.midnight(wanted, setting.zone)]
    if not len(bounds):
        return None
    today = float(bounds[-1])
    passed = (min(line.last_read, setting.context.as_of) - today) // HOUR
    end = today + HOUR * max(passed, 0.0)
    if end > today:
        bounds = np.append(bounds, end)
    instants = calendar_edges.hour_edges(bounds)
    if len(instants) < 2:
        return None
    use = line.use(instants)
    dial = line.parts[0].dial(instants)
    return Hours(instants, use, dial, line.provenance(instants, use))
