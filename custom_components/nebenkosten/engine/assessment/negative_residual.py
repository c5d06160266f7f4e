"""A negative residual of a computed meter, and the operand to blame.

Days alone may well be negative where operands are read on different days; over a time
that begins and ends with readings of all of them the rest cannot be.
"""

from collections.abc import Mapping
from datetime import timedelta
from itertools import pairwise
from typing import Final

import numpy as np

from ..domain.arrays import Floats
from ..domain.meters import Virtual
from ..domain.report import Consumption, Finding, Severity
from .submeter_balance import closings

_LEAST: Final = 0.005
# An 80 % band is left by chance once in five times: more is asked of a finding.
_SURE: Final = 2.5


def negative(
    consumption: Consumption, meters: Mapping[str, Consumption]
) -> list[Finding]:
    """Report the times, closed by readings of all operands, with a negative rest."""
    meter = consumption.meter
    if not isinstance(meter, Virtual) or consumption.first_day is None:
        return []
    closed = closings(_turnover(meter, consumption, meters), consumption.slack)
    below = [
        (begin, end)
        for begin, end in pairwise(closed)
        if float(consumption.use[begin:end].sum())
        < -_SURE * float(consumption.slack[begin] + consumption.slack[end])
        - _LEAST * float(np.abs(consumption.use[begin:end]).sum())
    ]
    if not below:
        return []
    begin, end = below[0][0], below[-1][1]
    suspects = [term.meter_id for term in meter.terms if term.factor < 0]
    return [
        Finding(
            code="negative_rest",
            severity=Severity.WARNING,
            meter_id=meter.meter_id,
            day=consumption.first_day + timedelta(days=below[-1][1] - 1),
            data={
                "since": consumption.first_day + timedelta(days=begin),
                "until": consumption.first_day + timedelta(days=end - 1),
                "use": sum(float(consumption.use[a:b].sum()) for a, b in below),
                "suspects": ", ".join(suspects),
            },
        )
    ]


def _turnover(
    meter: Virtual, consumption: Consumption, meters: Mapping[str, Consumption]
) -> Floats:
    """Return the use (n,) that tells how narrow a band is next to none."""
    base = meters[meter.terms[0].meter_id.lower()]
    scale = abs(meter.terms[0].factor)
    return scale * np.full(len(consumption.use), float(np.nanmean(base.use)))
