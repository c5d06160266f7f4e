"""A virtual meter: a sum of other meters' use, day by day."""

from collections.abc import Mapping
from datetime import date

import numpy as np

from ..domain import calendar_edges, gas_conversion
from ..domain.arrays import Floats
from ..domain.meters import Virtual
from ..domain.report import Consumption, Provenance
from ..domain.units import UnitMismatchError
from .interface import Computed, Operands, Setting, without_days
from .operand_days import Operand, of_term, operand
from .operand_findings import mismatch, missing, unread


def compute(meter: Virtual, operands: Operands, setting: Setting) -> Computed:
    """Return a meter computed by its formula, day by day."""
    absent = [key for key in meter.operands if key not in operands]
    if absent:
        return Computed(consumption=without_days(meter, missing(meter, absent[0])))
    terms = {key: operands[key].consumption for key in meter.operands}
    lost = _unread(meter, terms)
    findings = () if lost is None else (unread(meter, lost),)
    days = _span(meter, terms)
    if days is None:
        return Computed(consumption=without_days(meter, *findings))
    first, last = days
    try:
        scales = _scales(meter, terms, setting, days)
    except UnitMismatchError as error:
        return Computed(consumption=without_days(meter, mismatch(meter, error)))
    total = _combined(meter, terms, scales, first)
    consumption = Consumption(
        meter=meter,
        first_day=first,
        last_day=last,
        midnights=calendar_edges.midnights(first, last, setting.zone),
        use=total.use,
        provenance=total.provenance,
        counter=np.full(len(total.use) + 1, np.nan),
        slack=total.slack,
        findings=findings,
    )
    return Computed(consumption=consumption)


def _scales(
    meter: Virtual,
    operands: Mapping[str, Consumption],
    setting: Setting,
    days: tuple[date, date],
) -> list[Floats]:
    """Return for each term what (n,) makes the formula's unit of its own.

    Raises UnitMismatchError where nothing does.
    """
    first, count = days[0], (days[1] - days[0]).days + 1
    return [
        gas_conversion.daily_factor(
            of_term(term, operands).meter, meter, setting.house.gas, first, count
        )
        for term in meter.terms
    ]


def _span(
    meter: Virtual, operands: Mapping[str, Consumption]
) -> tuple[date, date] | None:
    """Return the days that all operands have, leaving out those that may be absent.

    Where all may be absent it is the days that any of them has.
    """
    needed = [term for term in meter.terms if not term.zero_when_absent]
    found = [of_term(term, operands) for term in needed or meter.terms]
    firsts = [r.first_day for r in found if r.first_day is not None]
    lasts = [r.last_day for r in found if r.last_day is not None]
    if not firsts or (needed and len(firsts) < len(needed)):
        return None
    first, last = (max(firsts), min(lasts)) if needed else (min(firsts), max(lasts))
    return (first, last) if first <= last else None


def _combined(
    meter: Virtual,
    operands: Mapping[str, Consumption],
    scales: list[Floats],
    first: date,
) -> Operand:
    """Return the sum of factor x scale x operand over the days (n,) from `first`.

    `scales` (n,) make the formula's unit of each term's; NaN where nothing does.
    """
    count = len(scales[0])
    use, slack = np.zeros(count), np.zeros(count + 1)
    provenance = np.zeros(count, np.int64)
    for term, scale in zip(meter.terms, scales, strict=True):
        part = operand(term, operands, first, count)
        use = use + term.factor * scale * part.use
        size = abs(term.factor) * np.nan_to_num(np.append(scale, scale[-1:]))
        slack = slack + size * part.slack
        known = np.where(np.isnan(scale), Provenance.UNKNOWN, part.provenance)
        provenance = np.maximum(provenance, known)
    return Operand(use, provenance, slack)


def _unread(meter: Virtual, operands: Mapping[str, Consumption]) -> str | None:
    """Return the first operand (its meter id) that has no days and should have."""
    for term in meter.terms:
        source = of_term(term, operands)
        installed = getattr(source.meter, "installed", None) is not None
        if source.first_day is None and (installed or not term.zero_when_absent):
            return source.meter.meter_id
    return None
