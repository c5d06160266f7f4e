"""What is a meter that is computed from others, and in which order?"""

from collections.abc import Iterable, Mapping
from datetime import date
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

import numpy as np

from .meter import AnyMeter, Master, Virtual
from .model import MeterReport, Provenance

if TYPE_CHECKING:
    from .model import Floats, Ints


class CyclicMeterError(ValueError):
    """Meters that are computed from themselves; `path` names them in order."""

    def __init__(self, path: tuple[str, ...]) -> None:
        """Name the path."""
        super().__init__(" → ".join(path))
        self.path = path


def operands(meter: AnyMeter) -> tuple[str, ...]:
    """Return the keys of the meters that a meter is computed from."""
    if isinstance(meter, Master):
        return tuple(key.lower() for p in meter.periods for key in p.sources)
    if isinstance(meter, Virtual):
        return tuple(term.meter_id.lower() for term in meter.terms)
    return ()


def in_order(meters: Iterable[AnyMeter]) -> list[AnyMeter]:
    """Return the meters so that each comes after those it is computed from.

    Raises CyclicMeterError with the path of a cycle.
    """
    by_key = {meter.key: meter for meter in meters}
    graph = {
        key: [k for k in operands(meter) if k in by_key]
        for key, meter in by_key.items()
    }
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        path = tuple(by_key[key].meter_id for key in reversed(error.args[1]))
        raise CyclicMeterError(path) from error
    return [by_key[key] for key in order]


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
