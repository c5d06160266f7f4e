"""Changes of the past that come from a model fitted anew.

Twice a year the models may take in what was read since. Readings and the sums between
them stay; how the days in between are laid out may change, and is told for a week.
"""

from datetime import timedelta
from typing import Final

import numpy as np

from ..domain import local_days
from ..domain.arrays import Floats
from ..domain.meters import Meter
from ..domain.report import Consumption, Finding, Severity
from ..meter_kinds.interface import Computed, Setting
from ..meter_kinds.physical_line import line_of
from ..meter_kinds.preparation import model_date, prepare

_TOLD: Final = timedelta(days=7)
_SAME: Final = 1e-9


def reshaped(meter: Meter, one: Computed, setting: Setting) -> list[Finding]:
    """Report how a meter's days differ from those of the older model.

    Only in the first days of a model that is valid for it.
    """
    consumption = one.consumption
    is_valid = one.prepared[meter.key].model_date is not None
    if not is_valid or setting.today - setting.model_date > _TOLD:
        return []
    before = _older_use(meter, consumption, setting)
    return [] if before is None else _moved(consumption, before)


def _older_use(
    meter: Meter, consumption: Consumption, setting: Setting
) -> Floats | None:
    """Return the use (n,) of the same days by the model before, None without any."""
    zone = setting.zone
    older = model_date(local_days.midnight(setting.model_date, zone), zone)
    line = line_of(prepare(meter, setting.series(meter), zone, setting.context, older))
    return None if line is None else line.use(consumption.midnights)


def _moved(consumption: Consumption, before: Floats) -> list[Finding]:
    """Report the days (n,) that changed, and the month in which they did most."""
    use, first = consumption.use, consumption.first_day
    moved = np.nan_to_num(use - before)
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
            meter_id=consumption.meter.meter_id,
            data={
                "days": int(changed.sum()),
                "month": str(names[most]),
                "change": float(by_month[most]),
            },
        )
    ]
