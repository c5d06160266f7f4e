"""An operand's days on the days of the meter that is computed from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from ..domain.arrays import Bools, Floats, Ints
from ..domain.meters import Meter, Term, Virtual
from ..domain.report import Consumption, Provenance


@dataclass(frozen=True, slots=True, eq=False)
class Operand:
    """A term's meter over a formula's days: use (n,) [its unit] and how it is known.

    `slack` (n+1,) is the half width of its counter's band. Unknown is NaN; a day on
    which the meter is absent and may be counts zero, measured.
    """

    use: Floats
    provenance: Ints
    slack: Floats


def operand(
    term: Term, operands: Mapping[str, Consumption], first: date, days: int
) -> Operand:
    """Return a term's meter over `days` days from `first`."""
    source = of_term(term, operands)
    use = over(source, source.use, first, days)
    known = over(source, source.provenance.astype(float), first, days)
    provenance = np.where(np.isnan(known), Provenance.UNKNOWN, known).astype(np.int64)
    if term.zero_when_absent:
        absent = _absent(source, first, days)
        use = np.where(absent, 0.0, use)
        provenance[absent] = Provenance.MEASURED
    slack = np.nan_to_num(over(source, source.slack, first, days + 1))
    return Operand(use, provenance, slack)


def over(consumption: Consumption, values: Floats, first: date, days: int) -> Floats:
    """Return a meter's daily values for `days` days from `first`, NaN outside."""
    found = np.full(days, np.nan)
    if consumption.first_day is None:
        return found
    offset = (consumption.first_day - first).days
    begin, end = max(offset, 0), min(offset + len(values), days)
    if end > begin:
        found[begin:end] = values[begin - offset : end - offset]
    return found


def parts_of(main: Consumption, meters: Mapping[str, Consumption]) -> list[Consumption]:
    """Return the meters (of those by key) that count parts of one, without formulas."""
    return [
        one
        for one in meters.values()
        if (one.meter.part_of or "").lower() == main.meter.key
        and not isinstance(one.meter, Virtual)
    ]


def of_term(term: Term, operands: Mapping[str, Consumption]) -> Consumption:
    """Return a term's meter."""
    return operands[term.meter_id.lower()]


def _absent(source: Consumption, first: date, days: int) -> Bools:
    """Return the days (n,) that lie outside a meter's life.

    Without dates its life is that of its readings; without readings and dates it has
    none. An installed meter without readings lives, and is unknown.
    """
    meter = source.meter
    installed = meter.installed if isinstance(meter, Meter) else None
    begin = installed or source.first_day
    end = meter.last_day or source.last_day
    number = np.arange(days)
    if begin is None:
        return np.ones(days, bool)
    before: Bools = number < (begin - first).days
    return before if end is None else before | (number > (end - first).days)
