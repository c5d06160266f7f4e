"""A year's use normalized to usual weather.

Only the part that heats is put right: base load + heating part x (mean degree days of
all full years known) / (that year's), the rule of German energy statements.
"""

from datetime import date
from typing import Final

import numpy as np

from ..domain.arrays import Floats
from ..domain.report import Consumption
from ..load_model.change_point_model import TemperatureModel

_EXPLAINS: Final = 0.5


def adjusted_years(
    consumption: Consumption, model: TemperatureModel, heating: Floats, daily: Floats
) -> dict[int, float]:
    """Return the adjusted use by calendar year; empty where the model explains little.

    `heating` and `daily` (n,) are the model's values on the report's days.
    """
    if model.explained < _EXPLAINS or consumption.first_day is None:
        return {}
    years: dict[int, tuple[float, float, float]] = {}
    for year in range(
        consumption.first_day.year,
        consumption.first_day.year + len(consumption.use) // 365 + 2,
    ):
        begin = (date(year, 1, 1) - consumption.first_day).days
        end = (date(year + 1, 1, 1) - consumption.first_day).days
        if begin < 0 or end > len(consumption.use):
            continue
        use = float(consumption.use[begin:end].sum())
        warmth, total = float(heating[begin:end].sum()), float(daily[begin:end].sum())
        if not np.isnan(use) and total > 0:
            years[year] = use, warmth, total
    if not years:
        return {}
    mean = float(np.mean([warmth for _, warmth, _ in years.values()]))
    return {
        year: use + use / total * (mean - warmth)
        for year, (use, warmth, total) in years.items()
    }
