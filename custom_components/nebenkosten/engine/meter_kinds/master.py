"""A master: meters one after the other that count as one."""

from collections.abc import Mapping
from datetime import date

import numpy as np

from ..domain import gas_conversion
from ..domain.meters import Master, Meter, Virtual
from ..domain.report import Consumption, Finding
from ..domain.units import UnitMismatchError
from .hand_overs import MasterSource
from .interface import NO_DAYS, Computed, LineDays, Operands, Setting, without_days
from .joining import Joined, first_day, join
from .operand_findings import computed, mismatch, missing
from .preparation import Prepared


def compute(meter: Master, operands: Operands, setting: Setting) -> Computed:
    """Return a master computed from its sources, which are physical or masters."""
    absent = _absent(meter, setting)
    try:
        sources = _sources(meter, operands, setting)
    except UnitMismatchError as error:
        refused = mismatch(meter, error)
        return Computed(consumption=without_days(meter, *absent, refused))
    joined = join(meter, sources, setting.zone, setting.context.as_of)
    if joined is None:
        return Computed(consumption=without_days(meter, *absent))
    prepared = _behind(sources)
    days = _days(meter, joined, setting)
    if days.first is None:
        return Computed(
            consumption=without_days(meter, *absent),
            line=joined.line,
            prepared=prepared,
        )
    newest = operands[joined.newest.tenure.key]
    return Computed(
        consumption=Consumption(
            meter=meter,
            first_day=days.first,
            last_day=days.last,
            midnights=days.midnights,
            use=days.use,
            provenance=days.provenance,
            counter=joined.counter(days.midnights, days.use),
            slack=days.slack,
            readings=sum(
                operands[key].consumption.readings
                for key in {one.tenure.key for one in joined.counted}
            ),
            last_reading=joined.newest.source.converted(
                newest.consumption.last_reading
            ),
            findings=absent,
            shares=joined.shares(days.midnights),
        ),
        line=joined.line,
        prepared=prepared,
        half=days.half,
        pace=newest.pace,
        joined=joined,
    )


def _absent(meter: Master, setting: Setting) -> tuple[Finding, ...]:
    """Return which of a master's sources is none, and why."""
    for key in meter.operands:
        operand = setting.meters.get(key)
        if operand is None:
            return (missing(meter, key),)
        if isinstance(operand, Virtual):
            return (computed(meter, operand),)
    return ()


def _sources(
    meter: Master, operands: Operands, setting: Setting
) -> dict[str, MasterSource | None]:
    """Return what a master counts from, by key; None is one without readings.

    Raises UnitMismatchError for one whose unit does not become the master's.
    """
    return {
        key: _source(meter, operands[key], setting) if key in operands else None
        for key in dict.fromkeys(meter.operands)
    }


def _source(meter: Master, operand: Computed, setting: Setting) -> MasterSource | None:
    """Return one source of a master."""
    if operand.line is None:
        return None
    source = operand.consumption.meter
    return MasterSource(
        operand.line,
        operand.prepared,
        gas_conversion.conversion(source, meter, setting.house.gas, setting.zone),
        installed=source.installed if isinstance(source, Meter) else None,
        removed=source.removed if isinstance(source, Meter) else None,
        ends=_end_of(operand.consumption, setting.yesterday),
    )


def _end_of(source: Consumption, yesterday: date) -> float:
    """Return where a meter's last day ends, infinity for one that goes on."""
    if source.last_day is None or source.last_day >= yesterday:
        return np.inf
    return float(source.midnights[-1])


def _behind(sources: Mapping[str, MasterSource | None]) -> dict[str, Prepared]:
    """Return the physical meters (by key) behind all sources."""
    return {
        key: prepared
        for source in sources.values()
        if source is not None
        for key, prepared in source.prepared.items()
    }


def _days(meter: Master, joined: Joined, setting: Setting) -> LineDays:
    """Return the days of a master, as far as its line and its periods reach."""
    first = first_day(meter, joined, setting.zone)
    last = min(setting.yesterday, meter.last_day or date.max)
    if last < first:
        return NO_DAYS
    return LineDays.of(joined.line, first, last, setting.zone)
