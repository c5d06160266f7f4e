"""A meter that is computed from others: on which days, and from what."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from ..domain.arrays import Bools, Floats, Ints
from ..domain.meters import Meter, Term, Virtual
from ..domain.report import MeterReport, Provenance


@dataclass(frozen=True, slots=True, eq=False)
class Operand:
    """A term's meter over a formula's days: use (n,) [its unit] and how it is known.

    `slack` (n+1,) is the half width of its counter's band. Unknown is NaN; a day on
    which the meter is absent and may be counts zero, measured.
    """

    use: Floats
    provenance: Ints
    slack: Floats


def span(
    meter: Virtual, reports: Mapping[str, MeterReport]
) -> tuple[date, date] | None:
    """Return the days that all operands have, leaving out those that may be absent.

    Where all may be absent it is the days that any of them has.
    """
    needed = [term for term in meter.terms if not term.zero_when_absent]
    found = [_report(term, reports) for term in needed or meter.terms]
    firsts = [r.first_day for r in found if r.first_day is not None]
    lasts = [r.last_day for r in found if r.last_day is not None]
    if not firsts or (needed and len(firsts) < len(needed)):
        return None
    first, last = (max(firsts), min(lasts)) if needed else (min(firsts), max(lasts))
    return (first, last) if first <= last else None


def operand(
    term: Term, reports: Mapping[str, MeterReport], first: date, days: int
) -> Operand:
    """Return a term's meter over `days` days from `first`."""
    report = _report(term, reports)
    use = over(report, report.use, first, days)
    known = over(report, report.provenance.astype(float), first, days)
    provenance = np.where(np.isnan(known), Provenance.UNKNOWN, known).astype(np.int64)
    if term.zero_when_absent:
        absent = _absent(report, first, days)
        use = np.where(absent, 0.0, use)
        provenance[absent] = Provenance.MEASURED
    slack = np.nan_to_num(over(report, report.slack, first, days + 1))
    return Operand(use, provenance, slack)


def combined(
    meter: Virtual,
    reports: Mapping[str, MeterReport],
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
        part = operand(term, reports, first, count)
        use = use + term.factor * scale * part.use
        size = abs(term.factor) * np.nan_to_num(np.append(scale, scale[-1:]))
        slack = slack + size * part.slack
        known = np.where(np.isnan(scale), Provenance.UNKNOWN, part.provenance)
        provenance = np.maximum(provenance, known)
    return Operand(use, provenance, slack)


def unread(meter: Virtual, reports: Mapping[str, MeterReport]) -> str | None:
    """Return the first operand (its meter id) that has no days and should have."""
    for term in meter.terms:
        report = _report(term, reports)
        installed = getattr(report.meter, "installed", None) is not None
        if report.first_day is None and (installed or not term.zero_when_absent):
            return report.meter.meter_id
    return None


def over(report: MeterReport, values: Floats, first: date, days: int) -> Floats:
    """Return a report's daily values for `days` days from `first`, NaN outside."""
    found = np.full(days, np.nan)
    if report.first_day is None:
        return found
    offset = (report.first_day - first).days
    begin, end = max(offset, 0), min(offset + len(values), days)
    if end > begin:
        found[begin:end] = values[begin - offset : end - offset]
    return found


def _absent(report: MeterReport, first: date, days: int) -> Bools:
    """Return the days (n,) that lie outside a meter's life.

    Without dates its life is that of its readings; without readings and dates it has
    none. An installed meter without readings lives, and is unknown.
    """
    meter = report.meter
    installed = meter.installed if isinstance(meter, Meter) else None
    begin = installed or report.first_day
    end = meter.last_day or report.last_day
    number = np.arange(days)
    if begin is None:
        return np.ones(days, bool)
    before: Bools = number < (begin - first).days
    return before if end is None else before | (number > (end - first).days)


def _report(term: Term, reports: Mapping[str, MeterReport]) -> MeterReport:
    return reports[term.meter_id.lower()]
