"""Amounts of use between two instants, as far as they can be believed."""

from dataclasses import dataclass

import numpy as np

from ..domain.arrays import Bools, Floats
from ..domain.meters import Meter
from ..domain.report import Amounts, Finding, Severity
from .registers import unit_scale


@dataclass(frozen=True, slots=True, eq=False)
class Use:
    """Known use between instants: starts, ends (n,) in order and disjoint, values."""

    starts: Floats
    ends: Floats
    values: Floats

    def within(self, start: float, end: float) -> Use:
        """Return what falls between start and end, cut amounts in proportion."""
        if not len(self.starts):
            return self
        chosen = (self.ends > start) & (self.starts < end)
        starts, ends = self.starts[chosen], self.ends[chosen]
        left, right = np.maximum(starts, start), np.minimum(ends, end)
        return Use(left, right, self.values[chosen] * (right - left) / (ends - starts))


def believed(meter: Meter, amounts: Amounts, as_of: float) -> tuple[Use, list[Finding]]:
    """Return the amounts closed by `as_of` in the meter's unit, ordered and disjoint.

    Where two overlap, the one that begins earlier counts; of equal ones the later edit.
    Those whose unit does not fit are left out, with a finding.
    """
    impossible = _left_out("amount_impossible", meter, amounts.impossible)
    if not len(amounts.starts):
        nothing = np.empty(0)
        return Use(nothing, nothing, nothing), impossible
    starts, ends = np.asarray(amounts.starts), np.asarray(amounts.ends)
    scale = unit_scale(meter, amounts.unit_names)[np.asarray(amounts.units)]
    values = np.asarray(amounts.values) * scale
    revisions = np.asarray(amounts.revisions)
    closed = (ends <= as_of) & (ends > starts)
    chosen = closed & ~np.isnan(values)
    starts, ends, values = starts[chosen], ends[chosen], values[chosen]
    order = np.lexsort((-revisions[chosen], starts))
    starts, ends, values = starts[order], ends[order], values[order]
    if len(starts) > 1 and (starts[1:] < ends[:-1]).any():
        kept = _disjoint(starts, ends)
        starts, ends, values = starts[kept], ends[kept], values[kept]
    return Use(starts, ends, values), [
        *_left_out("amount_unit_mismatch", meter, int((closed & ~chosen).sum())),
        *impossible,
    ]


def _left_out(code: str, meter: Meter, count: int) -> list[Finding]:
    if not count:
        return []
    return [
        Finding(
            code=code,
            severity=Severity.WARNING,
            meter_id=meter.meter_id,
            data={"count": count},
        )
    ]


def _disjoint(starts: Floats, ends: Floats) -> Bools:
    kept = np.zeros(len(starts), bool)
    reached = -np.inf
    for i, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
        if start >= reached:
            kept[i] = True
            reached = end
    return kept
