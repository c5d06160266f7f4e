"""The forecast of the running month and year.

What is known, and for each day to come the meter's shape in usual weather at the rate
of the last months: never a straight line.
"""

from datetime import date, timedelta
from typing import Final

import numpy as np

from ..domain.arrays import Floats
from ..domain.report import Band, Consumption, Forecast

_RECENT: Final = 90
_YEAR: Final = 365
_LEAST_DAYS: Final = 28
# An 80 % interval of a normal distribution.
_Z: Final = 1.2816
# How far 28 days stray at the least from their model, and from it in usual weather:
# a month's degree days do so by a fifth.
_LEAST_SPREAD: Final = 0.08
_WEATHER_SPREAD: Final = 0.2
# The rate itself is not known better than this.
_RATE_SPREAD: Final = 0.04


def forecast(
    consumption: Consumption,
    weights: Floats,
    half: Floats,
    today: date,
    *,
    weathered: bool,
) -> Forecast | None:
    """Return the running month and year of `today`, None where too little is known.

    The days go up to yesterday, with `half` (n,), the half widths of their
    bands; `weights` are the shape's, from the first of them to the end of the year.
    `weathered` tells whether the weights are those of the weather that was.
    """
    first, use = consumption.first_day, consumption.use
    if first is None or first + timedelta(days=len(use)) < today:
        return None
    rates = _rates(use, weights[: len(use)])
    if rates is None:
        return None
    if weathered:
        rates = rates[0], float(np.hypot(rates[1], _WEATHER_SPREAD))
    month_end = (today.replace(day=1) + timedelta(days=31)).replace(day=1)
    year_end = date(today.year + 1, 1, 1)
    month, year = (
        _band(use, weights, half, ((a - first).days, (b - first).days), rates)
        for a, b in (
            (today.replace(day=1), month_end),
            (date(today.year, 1, 1), year_end),
        )
    )
    return Forecast(month=month, year=year)


def _rates(use: Floats, weights: Floats) -> tuple[float, float] | None:
    """Return use per weight and how far 28-day stretches stray from it (relative)."""
    known = ~np.isnan(use)
    if int(known.sum()) < _LEAST_DAYS:
        return None
    found = []
    for length in (_RECENT, _YEAR):
        recent = known & (np.arange(len(use)) >= len(use) - length)
        model = float(weights[recent].sum())
        found.append(float(use[recent].sum()) / max(model, 1e-12))
    rate = float(np.mean(found))
    stretches = len(use) // _LEAST_DAYS
    ends = len(use) - _LEAST_DAYS * np.arange(stretches)
    ratios = [
        float(use[end - _LEAST_DAYS : end].sum())
        / max(float(weights[end - _LEAST_DAYS : end].sum()), 1e-12)
        for end in ends[:24].tolist()
    ]
    ratios = [ratio for ratio in ratios if not np.isnan(ratio)]
    spread = float(np.std(ratios)) / abs(rate) if len(ratios) > 1 and rate else 0.0
    return rate, max(spread, _LEAST_SPREAD)


def _band(
    known_use: Floats,
    weights: Floats,
    half: Floats,
    period: tuple[int, int],
    rates: tuple[float, float],
) -> Band:
    """Return a period's total: days known, and what is foretold of the others."""
    begin, end = max(period[0], 0), period[1]
    use = known_use[begin:end]
    known = ~np.isnan(use)
    rate, spread = rates
    model = weights[begin:end]
    missing = float(model[: len(use)][~known].sum() + model[len(use) :].sum())
    rest = rate * missing
    days = float((~known).sum() + max(end - begin - len(use), 0))
    # Months stray by themselves: what strays of a longer rest shrinks with its root.
    apart = spread / np.sqrt(max(days / _LEAST_DAYS, 1.0))
    stray = _Z * abs(rest) * float(np.hypot(apart, _RATE_SPREAD))
    sure = float(np.nansum(half[begin:end]))
    value = float(np.nansum(use)) + rest
    width = float(np.hypot(stray, sure))
    low = (
        max(value - width, float(np.nansum(use)) - sure) if rest >= 0 else value - width
    )
    return Band(value=value, low=low, high=value + width)
