"""The change-point model of a meter's use over the outdoor temperature.

Fitted on whole reading intervals, each weighted with its days (CalTRACK 2.0, 3.4.2),
never on days that were interpolated. The use per day is base load + slope x heating
degree days (+ slope x cooling degree days); the slopes are drawn towards the split that
the seasonal profile implies, which matters while there are few or long intervals, and
the balance points are averaged by how well each one foretells intervals left out.
"""

from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np

from ..domain.arrays import Floats
from .training_intervals import Intervals

_BALANCE: Final = np.array([10.0, 12.0, 13.0, 14.0, 15.0, 16.0, 17.0, 18.0, 20.0])
_TYPICAL_BALANCE: Final = 15.5
_BALANCE_PRIOR: Final = 0.02
_COOLING_FROM: Final = 20.0
_HOT: Final = 24.0
_HOT_SHARE: Final = 0.05
# The house answers to today's and to yesterday's weather.
_TODAY: Final = 0.8
_RIDGE: Final = 0.035
_ERROR_FLOOR: Final = 0.04
_SHARPNESS: Final = 7.5
_LEAST_WEIGHT: Final = 0.04
_ENOUGH: Final = 4


@dataclass(frozen=True, slots=True, eq=False)
class TemperatureModel:
    """Expected use per day (n,), its part that heats (n,), and the error (share).

    `error` is the mean relative error of intervals left out one by one; `explained`
    (0..1) the share of the intervals' rate differences that the model explains.
    """

    daily: Floats
    heating: Floats
    error: float
    explained: float


def felt(temperature: Floats) -> Floats:
    """Return the temperature (n,) [°C] that a house answers to."""
    before = np.concatenate((temperature[:1], temperature[:-1]))
    return _TODAY * temperature + (1 - _TODAY) * before


def fit(
    intervals: Intervals,
    temperature: Floats,
    profile: Floats,
    month: Floats,
    until: int,
) -> TemperatureModel:
    """Fit the model to k intervals.

    `temperature` (n,) [°C], `profile` (n,) relative weights and `month` (n,) are given
    for each day; only the first `until` days take part in the fit.
    """
    answered = felt(temperature)
    cooled = float(np.mean(answered[:until] > _HOT)) > _HOT_SHARE
    features = _features(answered, cooled=cooled)
    length, rate = intervals.length, intervals.rate
    means = _interval_means(features, intervals) / length[:, None]
    prior = _prior(features[:, :until], profile[:until], month[:until])
    slopes = _solve(means, rate, length, prior)
    foretold = slopes[:, 1:] if len(rate) >= _ENOUGH else slopes[:, :1]
    missed = np.abs((foretold * means).sum(-1) - rate) * length
    error = missed.sum(-1) / max(float(intervals.rise.sum()), 1e-9)
    penalty = (error + _ERROR_FLOOR) * (
        1 + _BALANCE_PRIOR * (_BALANCE - _TYPICAL_BALANCE) ** 2
    )
    share = (penalty.min() / penalty) ** _SHARPNESS
    share /= share.sum()
    parts = share[:, None, None] * features * slopes[:, :1]
    daily = parts.sum((0, 2))
    fitted = (share[:, None] * (slopes[:, :1] * means).sum(-1)).sum(0)
    return TemperatureModel(
        np.maximum(daily, _LEAST_WEIGHT * max(float(daily[:until].mean()), 1e-12)),
        parts[..., 1].sum(0),
        float(share @ error),
        _explained(rate, fitted, length),
    )


def _features(temperature: Floats, *, cooled: bool) -> Floats:
    """Return 1, heating and, where it gets hot, cooling degrees: (K, n, p)."""
    heating = np.maximum(_BALANCE[:, None] - temperature, 0.0)
    columns = [np.ones_like(heating), heating]
    if cooled:
        cooling = np.maximum(temperature - _COOLING_FROM, 0.0)
        columns.append(np.broadcast_to(cooling, heating.shape))
    return np.stack(columns, -1)


def _interval_means(features: Floats, intervals: Intervals) -> Floats:
    """Return the sums (K, k, p) of the features over each interval."""
    days = features.shape[1]
    running = np.zeros((features.shape[0], days + 1, features.shape[2]))
    np.cumsum(features, axis=1, out=running[:, 1:])

    def until(at: Floats) -> Floats:
        whole = np.clip(at.astype(np.int64), 0, days - 1)
        return running[:, whole] + (at - whole)[:, None] * features[:, whole]

    return until(intervals.ends) - until(intervals.starts)


def _prior(features: Floats, profile: Floats, month: Floats) -> Floats:
    """Return the weights (K, p) that imitate the seasonal profile month by month.

    By month, so that one day's weather does not dilute the slope.
    """
    inside = np.unique(month)
    chosen = (month == inside[:, None]).astype(float)
    chosen /= chosen.sum(1, keepdims=True)
    scale = features.mean(1) + 1e-9
    rows = np.einsum("mn,knp->kmp", chosen, features) / scale[:, None]
    wanted = chosen @ (profile / profile.mean())
    gram = np.einsum("kmp,kmq->kpq", rows, rows) + 1e-9 * np.eye(rows.shape[-1])
    result: Floats = _not_negative(gram, np.einsum("kmp,m->kp", rows, wanted)) / scale
    return result


def _solve(means: Floats, rate: Floats, length: Floats, prior: Floats) -> Floats:
    """Return the weights (K, k+1, p): of all intervals, then without each one."""
    count = len(rate)
    keep = np.ones((count + 1, count))
    keep[np.arange(1, count + 1), np.arange(count)] = 0.0
    scale = means.mean(1) + 1e-9
    rows = means / scale[:, None]
    weight = keep * (length / length.mean())
    gram = np.einsum("ik,bkp,bkq->bipq", weight, rows, rows)
    gram += _RIDGE * np.eye(rows.shape[-1])
    implied = (means * prior[:, None]).sum(-1)
    level = ((keep * length) @ rate) / np.maximum((implied * length) @ keep.T, 1e-12)
    right = np.einsum("ik,bkp,k->bip", weight, rows, rate)
    right += _RIDGE * level[..., None] * (prior * scale)[:, None]
    result: Floats = _not_negative(gram, right) / scale[:, None]
    return result


def _not_negative(gram: Floats, right: Floats) -> Floats:
    """Return x >= 0 (..., p) that minimises x'Gx / 2 - b'x, over all sets of columns.

    With two or three columns trying every set is exact and has no iterations.
    """
    count = right.shape[-1]
    best = np.zeros_like(right)
    lowest = np.zeros(right.shape[:-1])
    for size in range(count, 0, -1):
        for chosen in combinations(range(count), size):
            columns = np.array(chosen)
            part = right[..., columns]
            found = np.linalg.solve(
                gram[..., columns[:, None], columns], part[..., None]
            )
            found = found[..., 0]
            value = -0.5 * (found * part).sum(-1)
            better = (found >= 0).all(-1) & (value < lowest)
            candidate = np.zeros_like(right)
            candidate[..., columns] = found
            best = np.where(better[..., None], candidate, best)
            lowest = np.where(better, value, lowest)
    return best


def _explained(rate: Floats, fitted: Floats, length: Floats) -> float:
    """Return the share of the intervals' variance, weighted by days, that is fitted."""
    mean = np.average(rate, weights=length)
    spread = float(np.average((rate - mean) ** 2, weights=length))
    left = float(np.average((rate - fitted) ** 2, weights=length))
    return max(0.0, 1 - left / spread) if spread > 0 else 0.0
