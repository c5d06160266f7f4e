"""Daily detection: odd days, each judged from the days before alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ..domain.arrays import Bools, Floats
from ..domain.meters import Sensitivity
from .baseline import WEEK, Baselines
from .detectors import DETECTORS, USUAL
from .detectors.base import Choice, Detector, Today

_WARM_UP: Final = 56
# So many odd days, at most three quiet ones between them, are the new normal.
_ADOPTED: Final = 13
_APART: Final = 3


@dataclass(frozen=True, slots=True, eq=False)
class Verdicts:
    """Flags by detector (m, n), and what was expected [unit] (m, n).

    `spread` (m, n) is the robust spread of a day's use around its expectation.
    """

    by_detector: dict[str, Bools]
    expected: Floats
    spread: Floats

    @property
    def odd(self) -> Bools:
        """Return the days (m, n) that some detector found odd."""
        result: Bools = np.any(list(self.by_detector.values()), axis=0)
        return result


def judge(
    values: Floats,
    weekday: int,
    temperature: Floats | None,
    sensitivities: Sequence[Sensitivity],
    detectors: frozenset[str] | None = None,
) -> Verdicts:
    """Judge the days (n,) of meters (m, n); NaN is a day that was not measured.

    Day 0 is `weekday` (0 = Monday); `temperature` (n,) or (m, n) [°C]. A day's verdict
    depends on the days up to it alone, and on no other meter.
    """
    return _Watch(values, weekday, temperature, sensitivities, detectors or USUAL).run()


class _Watch:
    """All meters' memory while their days go by."""

    def __init__(
        self,
        values: Floats,
        weekday: int,
        temperature: Floats | None,
        sensitivities: Sequence[Sensitivity],
        names: frozenset[str],
    ) -> None:
        choice = Choice(tuple(sensitivities))
        self._expectation = Baselines(values, temperature, weekday, _WARM_UP)
        self._detectors: dict[str, Detector] = {
            name: DETECTORS[name](choice) for name in DETECTORS if name in names
        }
        self._weekday = weekday
        self._flags = {name: np.zeros(values.shape, bool) for name in self._detectors}
        self._odd = np.zeros(values.shape, bool)
        self._expected = np.full(values.shape, np.nan)
        self._spread = np.full(values.shape, np.nan)
        self._run = np.zeros(len(values), np.int64)
        self._last = np.full(len(values), -_APART - 1)

    def run(self) -> Verdicts:
        """Go through the weeks, Monday to Sunday."""
        count = len(self._odd.T)
        monday = (-self._weekday) % WEEK or WEEK
        starts = [0, *range(monday, count, WEEK)]
        for first, last in zip(starts, [*starts[1:], count], strict=True):
            self._week(first, last)
        return Verdicts(self._flags, self._expected, self._spread)

    def _week(self, first: int, last: int) -> None:
        days = self._expectation.foretell(first, last)
        for detector in self._detectors.values():
            detector.begin(days)
        suspect = np.zeros(days.values.shape, bool)
        for day in range(last - first):
            suspect[:, day] = self._day(Today.of(days, day), first + day)
        place = slice(first, last)
        self._expected[:, place] = days.expected
        self._spread[:, place] = days.expected * np.expm1(days.spread)[:, None]
        self._expectation.learn(days, suspect)
        self._adopt(last - 1)

    def _day(self, today: Today, index: int) -> Bools:
        """Ask all rules; returns which meters (m,) teach nothing today."""
        odd = np.zeros(len(today.values), bool)
        suspect = odd
        for name, detector in self._detectors.items():
            found = detector.judge(today)
            self._flags[name][:, index] = found
            odd = odd | found
            doubtful = detector.suspects()
            suspect = suspect if doubtful is None else suspect | doubtful
        for detector in self._detectors.values():
            detector.learn(today, odd, suspect)
        self._odd[:, index] = odd
        fresh = np.where(index - self._last > _APART, 0, self._run)
        moved = odd & (today.values > 0)
        self._run = np.where(moved, fresh + 1, fresh)
        self._last = np.where(odd, index, self._last)
        nothing: Bools = odd | suspect
        return nothing

    def _adopt(self, day: int) -> None:
        """Let what has been odd for long become the new normal."""
        long = self._run >= _ADOPTED
        if not long.any():
            return
        self._expectation.adopt(long, self._odd, day, self._run)
        for detector in self._detectors.values():
            detector.reset(long)
        self._run = np.where(long, 0, self._run)
