"""Changes of the past that come from a model fitted anew.

Twice a year the models may take in what was read since. Readings and the sums between
them stay; how the days in between are laid out may change, and is told for a week.
"""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Final

import numpy as np

from ..domain.arrays import Floats
from ..domain.meters import Meter
from ..domain.report import Finding, Severity

TOLD: Final = timedelta(days=7)
_SAME: Final = 1e-9


def reshaped(
    meter: Meter, first: date, use: Floats, before: Callable[[], Floats]
) -> list[Finding]:
    """Report how the days (n,) from `first` differ from those of the older model."""
    moved = np.nan_to_num(use - before())
    changed = np.abs(moved) > _SAME * np.maximum(np.abs(np.nan_to_num(use)), 1.0)
    if not changed.any():
        return []
    dates = np.datetime64(first, "D") + np.arange(len(use))
    months = dates.astype("datetime64[M]")
    names, place = np.unique(months, return_inverse=True)
    by_month = np.bincount(place, moved)
    most = int(np.argmax(np.abs(by_month)))
    return [
        Finding(
            code="reshaped",
            severity=Severity.INFO,
            meter_id=meter.meter_id,
            data={
                "days": int(changed.sum()),
                "month": str(names[most]),
                "change": float(by_month[most]),
            },
        )
    ]
