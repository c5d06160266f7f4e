"""What is a meter that is computed from others?"""

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from .meter import Virtual
from .model import MeterReport, Provenance

if TYPE_CHECKING:
    from .model import Floats, Ints


def span(
    meter: Virtual, reports: Mapping[str, MeterReport]
) -> tuple[date, date] | None:
    """Return the days that all operands have, leaving out those that may be absent."""
    found = [
        report
        for term in meter.terms
        if not term.zero_when_absent
        and (report := reports.get(term.meter_id.lower())) is not None
    ]
    firsts = [r.first_day for r in found if r.first_day is not None]
    lasts = [r.last_day for r in found if r.last_day is not None]
    if not firsts or len(firsts) < sum(not t.zero_when_absent for t in meter.terms):
        return None
    first, last = max(firsts), min(lasts)
    return (first, last) if first <= last else None


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


def provenance_over(
    report: MeterReport, first: date, days: int, *, zero_when_absent: bool
) -> Ints:
    """Return how each of `days` days from `first` is known, unknown outside."""
    absent = Provenance.MEASURED if zero_when_absent else Provenance.UNKNOWN
    known = over(report, report.provenance.astype(float), first, days)
    return np.where(np.isnan(known), absent, known).astype(np.int64)
