"""The baseline of a day: its expected use and how far normal days stray.

Judged from the days before alone. The usual use of a day is base + weather + weekday on
a square-root scale, which steadies the spread of household data; what is left is the
ratio of use to expectation, whose own history tells how unusual a ratio is. Days that
are suspect, and days when nobody was at home, teach nothing.

Works on all meters at once: arrays are (m,) meters or (m, n) meters by days.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from ..domain import robust_statistics
from ..domain.arrays import Bools, Floats, Ints
from .weather_response import WeatherResponses

WEEK: Final = 7
# So many normal days are needed before a day can be judged, and before alarms.
LEARNED: Final = 21
_WINDOW: Final = 182
_RECENT: Final = 28
_LONGER: Final = 90
_LONGER_WEIGHT: Final = 0.3
_WEEKS: Final = 11
_WEEKDAY_NEEDS: Final = 4
_WEEKDAY_SHRINK: Final = 9.0
_TYPICAL: Final = 120
_FLOOR: Final = 0.1
_NOTHING: Final = 1e-9
# Below this ratio nobody is at home; after a month of it this is the new normal.
_AWAY: Final = 0.37
_HOME: Final = 0.6
_AWAY_DAYS: Final = 30
# The history of ratios: log(ratio + OFFSET) in cells, fading, with a broad prior.
OFFSET: Final = 0.15
CELLS: Final = 48
LARGEST: Final = 8.0
_FADE: Final = 0.997
_PRIOR: Final = 4.0
_PRIOR_SPREAD: Final = 0.26
_PRIOR_TAIL: Final = 0.02
_SMOOTH: Final = 1.9
_LEAST_DENSITY: Final = 2e-3

LOWEST: Final = float(np.log(OFFSET))
STEP: Final = float((np.log(LARGEST + OFFSET) - LOWEST) / (CELLS - 1))
GRID: Final = LOWEST + STEP * np.arange(CELLS)


def _prior() -> Floats:
    density = np.exp(-0.5 * ((GRID - np.log(1 + OFFSET)) / _PRIOR_SPREAD) ** 2)
    density = density + _PRIOR_TAIL
    result: Floats = density / density.sum()
    return result


def _kernel() -> Floats:
    away = np.arange(-6, 7) / _SMOOTH
    weight = np.exp(-0.5 * away**2)
    result: Floats = weight / weight.sum()
    return result


_PRIOR_DENSITY: Final = _prior()
_KERNEL: Final = _kernel()


@dataclass(frozen=True, slots=True, eq=False)
class Days:
    """A week or less, foretold: all (m, k) but `cells`, which index the history.

    `ratio` is use over expectation (1 where nothing was measured), `ready` (m,) tells
    where enough is known to raise alarms, `typical` (m,) is a usual day's use,
    `spread` (m,) that of the log ratios.
    """

    first: int
    values: Floats
    valid: Bools
    expected: Floats
    ratio: Floats
    cells: Ints
    ready: Bools
    seen: Floats
    typical: Floats
    spread: Floats
    log_density: Floats


@dataclass(slots=True, eq=False)
class Baselines:
    """The baselines of all meters, learned day by day.

    `values` (m, n) are NaN where a day was not measured; day 0 is `weekday` (0..6).
    """

    values: Floats
    temperature: Floats | None
    weekday: int
    warm_up: int
    normal: Bools = field(init=False)
    seen: Floats = field(init=False)
    level: Floats = field(init=False)
    by_weekday: Floats = field(init=False)
    typical: Floats = field(init=False)
    history: Floats = field(init=False)
    away_for: Ints = field(init=False)
    weather: WeatherResponses = field(init=False)
    _root: Floats = field(init=False)

    def __post_init__(self) -> None:
        """Begin with nothing known."""
        meters, days = self.values.shape
        self.normal = np.zeros((meters, days), bool)
        self.seen = np.zeros(meters)
        self.level = np.full(meters, np.nan)
        self.by_weekday = np.zeros((meters, WEEK))
        self.typical = np.full(meters, np.nan)
        self.history = np.zeros((meters, CELLS))
        self.away_for = np.zeros(meters, np.int64)
        self.weather = WeatherResponses(self.temperature, meters, days)
        self._root = np.sqrt(np.maximum(self.values, 0.0))

    def foretell(self, first: int, last: int) -> Days:
        """Return the days first..last (excluded) as the days before let expect them."""
        self._refit(first)
        columns = (self.weekday + np.arange(first, last)) % WEEK
        root = self.level[:, None] + self.by_weekday[:, columns]
        root = np.maximum(root + self.weather.part(first, last), 0.0)
        least = _FLOOR * np.maximum(self.typical, _NOTHING)
        expected = np.maximum(root**2, least[:, None])
        values = self.values[:, first:last]
        valid = ~np.isnan(values)
        learned = self.seen >= LEARNED
        ratio = (values + _NOTHING) / (expected + _NOTHING)
        ratio = np.where(valid & learned[:, None], ratio, 1.0)
        ratio = np.clip(ratio, 0.0, None)
        place = (np.log(np.minimum(ratio, LARGEST) + OFFSET) - LOWEST) / STEP
        density = self._density()
        return Days(
            first,
            values,
            valid,
            np.where(learned[:, None], expected, np.nan),
            ratio,
            np.clip((place + 0.5).astype(np.int64), 0, CELLS - 1),
            self.seen >= self.warm_up,
            self.seen.copy(),
            self.typical.copy(),
            self._spread(),
            np.log(np.maximum(density, _LEAST_DENSITY / CELLS)),
        )

    def learn(self, days: Days, suspect: Bools) -> None:
        """Take in what was normal; `suspect` (m, k) days teach nothing."""
        count = days.values.shape[1]
        learned = days.valid & ~suspect
        warming = learned & (self.seen < LEARNED)[:, None]
        judged = learned & ~warming
        away = judged & (days.ratio < _AWAY)
        for day in range(count):
            self._follow_absence(days, day, away[:, day], judged[:, day])
        place = slice(days.first, days.first + count)
        self.normal[:, place] |= learned & ~away
        self.history *= _FADE**count
        meters = np.nonzero(judged)
        np.add.at(self.history, (meters[0], days.cells[meters]), 1.0)
        odd = np.abs(np.log((days.ratio + OFFSET) / (1 + OFFSET)))
        weight = np.where(odd > 2 * days.spread[:, None], 0.4, 1.0) * learned
        self.weather.learn(place, self._root[:, place], weight)
        self.seen += learned.sum(1)

    def adopt(self, meters: Bools, flagged: Bools, day: int, run: Ints) -> None:
        """Accept the last flagged days (m, n) of some meters as the new normal."""
        for meter in np.flatnonzero(meters).tolist():
            known = np.flatnonzero(self.normal[meter, : day + 1])
            old = known[-60:] if len(known) > 2 * 60 else known[LEARNED:]
            self.normal[meter, old] = False
            recent = slice(max(0, day - int(run[meter]) - 3), day + 1)
            self.normal[meter, recent] |= flagged[meter, recent]

    def _follow_absence(self, days: Days, day: int, away: Bools, judged: Bools) -> None:
        """Count days of absence; a month of it becomes normal, as a whole."""
        back = judged & (days.ratio[:, day] > _HOME)
        self.away_for = np.where(
            away, self.away_for + 1, np.where(back, 0, self.away_for)
        )
        today = days.first + day
        for meter in np.flatnonzero(away & (self.away_for == _AWAY_DAYS)).tolist():
            start = max(0, today - _AWAY_DAYS + 1)
            measured = ~np.isnan(self.values[meter, start : today + 1])
            self.normal[meter, start : today + 1] |= measured
        self.normal[:, today] |= away & (self.away_for > _AWAY_DAYS)

    def _refit(self, first: int) -> None:
        """Fit level, weekdays and weather to the normal days before `first`."""
        begin = max(0, first - _WINDOW)
        if first == begin:
            return
        self.weather.refit(self.seen)
        normal = self.normal[:, begin:first]
        rest = self._root[:, begin:first] - self.weather.part(begin, first)
        rest = np.where(normal, rest, np.nan)
        back = np.cumsum(normal[:, ::-1], axis=1)[:, ::-1]
        recent = robust_statistics.median(np.where(back <= _RECENT, rest, np.nan))
        longer = robust_statistics.median(np.where(back <= _LONGER, rest, np.nan))
        level = (1 - _LONGER_WEIGHT) * recent + _LONGER_WEIGHT * longer
        # Half a year without a normal day teaches nothing new.
        self.level = np.where(np.isnan(level), self.level, level)
        values = np.where(
            normal & (back <= _TYPICAL), self.values[:, begin:first], np.nan
        )
        typical = robust_statistics.median(values)
        self.typical = np.where(np.isnan(typical), self.typical, typical)
        self._refit_weekdays(first, rest[:, -_WEEKS * WEEK :])

    def _refit_weekdays(self, first: int, rest: Floats) -> None:
        weeks = rest.shape[1] // WEEK
        if not weeks:
            return
        rest = rest[:, -weeks * WEEK :]
        by_day = rest.reshape(len(rest), weeks, WEEK).swapaxes(1, 2)
        count = (~np.isnan(by_day)).sum(2)
        offset = (
            robust_statistics.median(by_day) - robust_statistics.median(rest)[:, None]
        )
        offset = offset * count / (count + _WEEKDAY_SHRINK)
        columns = (self.weekday + first + np.arange(WEEK)) % WEEK
        self.by_weekday[:, columns] = np.where(count >= _WEEKDAY_NEEDS, offset, 0.0)

    def _density(self) -> Floats:
        """Return how likely (m, CELLS) each ratio is."""
        total = self.history.sum(1, keepdims=True) + _PRIOR
        smooth = robust_statistics.convolved(self.history, _KERNEL)
        result: Floats = (smooth + _PRIOR * _PRIOR_DENSITY) / total
        return result

    def _spread(self) -> Floats:
        """Return the robust spread (m,) of the log ratios, by their quantiles."""
        weight = 15.0
        total = self.history.sum(1, keepdims=True) + weight
        share = np.cumsum((self.history + weight * _PRIOR_DENSITY) / total, axis=1)
        low, middle, high, top = ((share < q).sum(1) for q in (0.25, 0.5, 0.75, 0.9))
        width = np.maximum((high - low + 1) / 1.349, (top - middle + 0.5) / 1.2816)
        result: Floats = width * STEP
        return result
