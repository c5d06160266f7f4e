"""The selection of the model that lays use out between readings.

Chosen by evidence: each candidate foretells every interval from the others, and the
better it does the more it counts. Relative weights per day come out; the readings alone
say how much was used.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from ..domain.arrays import Floats
from . import change_point_model, seasonal_profiles
from .training_intervals import Intervals

_FEW: Final = 4
_LONG: Final = 200.0
_SHARPNESS: Final = 2.0
_ERROR_FLOOR: Final = 0.08
# A flat year is rarely true: it must fit a good deal better than a season to win.
_FLAT_PENALTY: Final = 1.2
_PROFILE_BESIDE_WEATHER: Final = 0.2
_SEASON_NEEDS: Final = 8
_SEASON_SPAN: Final = 500.0
_LEAST_WEIGHT: Final = 0.04
_YEAR: Final = 365.25


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """Relative weights per day (n,), the model that counts most, and its error.

    `error` is None where there are too few intervals to tell; `level` [unit per weight]
    is the mean use where the weight is 1; `weather` is the temperature model, if any.
    """

    name: str
    error: float | None
    weights: Floats
    level: float
    weather: change_point_model.TemperatureModel | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Candidate:
    name: str
    error: float
    weights: Floats


def choose(
    intervals: Intervals,
    first: date,
    days: int,
    shares: Sequence[float] | None,
    temperature: Floats | None,
) -> Shape:
    """Fit the candidates to the intervals; `temperature` (n,) has no gaps.

    Days after the last interval get weights, but take no part in the fit: what was laid
    out before stays as it is when days go by.
    """
    until = days
    if len(intervals.rise):
        until = min(max(int(np.ceil(intervals.ends.max() - 1e-9)), 1), days)
    flat = np.ones(days)
    candidates = [
        _Candidate("smooth", _FLAT_PENALTY * _left_out(flat, intervals), flat)
    ]
    profile = flat
    if shares is not None:
        profile = seasonal_profiles.day_weights(shares, first, days)
        error = _left_out(profile, intervals)
        candidates.append(_Candidate("profile", error, profile))
    if temperature is None and _spans_seasons(intervals):
        candidates.append(_season(intervals, days, until))
    weather = None
    if temperature is not None and len(intervals.rise):
        month = seasonal_profiles.months(first, days)
        weather = change_point_model.fit(intervals, temperature, profile, month, until)
        candidates.append(_Candidate("degree_days", weather.error, weather.daily))
    name, weights = _weigh(candidates, profile, intervals, until)
    known = float(intervals.rise.sum())
    total = float(intervals.over(weights).sum())
    few = len(intervals.rise) < _FEW
    errors = {candidate.name: candidate.error for candidate in candidates}
    return Shape(
        name,
        None if few else errors[name],
        weights,
        known / total if total > 0 else np.nan,
        weather,
    )


def _weigh(
    candidates: list[_Candidate], profile: Floats, intervals: Intervals, until: int
) -> tuple[str, Floats]:
    """Return the name that counts most and the mean of the candidates' weights."""
    few = len(intervals.rise) < _FEW or float(intervals.length.mean()) > _LONG
    last = candidates[-1]
    if few and last.name == "degree_days":
        mix = (1 - _PROFILE_BESIDE_WEATHER) * _relative(last.weights, until)
        return last.name, mix + _PROFILE_BESIDE_WEATHER * _relative(profile, until)
    if few:
        known = candidates[min(1, len(candidates) - 1)]
        return known.name, _relative(known.weights, until)
    errors = np.array([candidate.error for candidate in candidates]) + _ERROR_FLOOR
    share = (errors.min() / errors) ** _SHARPNESS
    share /= share.sum()
    mean = sum(
        (
            s * _relative(c.weights, until)
            for s, c in zip(share, candidates, strict=True)
        ),
        start=np.zeros(len(profile)),
    )
    return candidates[int(np.argmax(share))].name, mean


def _relative(weights: Floats, until: int) -> Floats:
    return weights / max(float(weights[:until].mean()), 1e-12)


def _left_out(weights: Floats, intervals: Intervals) -> float:
    """Return the relative error of each interval foretold from all others."""
    model, rise = intervals.over(weights), intervals.rise
    if len(rise) < 3 or not rise.sum() > 0:
        return np.inf if len(rise) < 3 else 0.0
    others = (rise.sum() - rise) / np.maximum(model.sum() - model, 1e-12)
    return float(np.abs(model * others - rise).sum() / rise.sum())


def _spans_seasons(intervals: Intervals) -> bool:
    count = len(intervals.rise)
    if count < _SEASON_NEEDS or float(intervals.length.mean()) > _LONG / 2:
        return False
    return float(intervals.ends.max() - intervals.starts.min()) >= _SEASON_SPAN


def _season(intervals: Intervals, days: int, until: int) -> _Candidate:
    """Learn a yearly wave from the readings themselves."""
    angle = 2 * np.pi * np.arange(days) / _YEAR
    waves = np.stack([np.ones(days), np.cos(angle), np.sin(angle)])
    length = intervals.length
    rows = np.stack([intervals.over(wave) / length for wave in waves], 1)
    weight = length / length.mean()
    gram = (rows * weight[:, None]).T @ rows + 0.05 * np.diag([0.0, 1.0, 1.0])
    right = (rows * weight[:, None]).T @ intervals.rate
    found = np.linalg.solve(gram, right)
    # The hat matrix gives every left-out residual at once.
    hat = np.einsum("ij,jk,ik->i", rows, np.linalg.inv(gram), rows) * weight
    missed = np.abs(intervals.rate - rows @ found) / np.maximum(1 - hat, 0.1) * length
    daily = found @ waves
    return _Candidate(
        "season",
        float(missed.sum() / max(float(intervals.rise.sum()), 1e-9)),
        np.maximum(daily, _LEAST_WEIGHT * max(float(daily[:until].mean()), 1e-12)),
    )
