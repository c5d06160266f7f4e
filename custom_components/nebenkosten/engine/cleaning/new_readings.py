"""Readings that are about to be entered, weighed against what the meter can have shown.

Both neighbours count: what does not fit is judged as it would be among the others.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from ..domain.answers import ImplausibleReading
from ..domain.arrays import Floats
from ..domain.meters import Meter
from ..domain.report import Readings
from . import typing_slips
from .counter_scan import Flaw
from .end_slips import comma_of
from .registers import Cleaned, clean, unit_scale

_NAMED: Final = (Flaw.TYPO, Flaw.GLITCH, Flaw.REPEAT, Flaw.LEAP, Flaw.SWAP)
# What was meant is at most so many times the usual use away.
_ROOM: Final = 5.0


@dataclass(frozen=True, slots=True)
class _Known:
    """The believed readings: instants (n,) [epoch s], what the dial showed, a rate."""

    times: Floats
    shown: Floats
    per_second: float

    @classmethod
    def of(cls, cleaned: Cleaned) -> _Known:
        registers = cleaned.registers
        times = np.concatenate([np.empty(0), *(one.times for one in registers)])
        shown = [one.values - one.rolled for one in registers]
        spent = sum(float(one.times[-1] - one.times[0]) for one in registers)
        used = sum(float(one.values[-1] - one.values[0]) for one in registers)
        rate = max(used, 0.0) / spent if spent else 0.0
        return cls(times, np.concatenate([np.empty(0), *shown]), rate)

    def beside(self, instant: float) -> int | None:
        """Return the reading before an instant, else the one after, if any is."""
        before = int(np.searchsorted(self.times, instant, "left")) - 1
        if before >= 0:
            return before
        after = int(np.searchsorted(self.times, instant, "right"))
        return after if after < len(self.times) else None

    def comma(self, value: float, instant: float) -> float | None:
        """Return what a value that rises too far was without a slipped comma."""
        k = self.beside(instant)
        if k is None or self.times[k] >= instant:
            return None
        known = float(self.shown[k])
        return comma_of(known, value)

    def likely(self, value: float, instant: float) -> float:
        """Return what a value that does not fit was: a slip, else the usual."""
        k = self.beside(instant)
        if k is None:
            return value
        usual = self.per_second * (instant - float(self.times[k]))
        known, expected = float(self.shown[k]), float(self.shown[k]) + usual
        low, high = sorted((known, known + _ROOM * usual))
        after = int(np.searchsorted(self.times, instant, "right"))
        if k < after < len(self.times):
            high = float(self.shown[after])
            share = (instant - self.times[k]) / (self.times[after] - self.times[k])
            expected = known + float(share) * (high - known)
        meant = typing_slips.nearest(_meant(value), expected, low, high)
        return expected if meant is None else meant


def _meant(value: float) -> Iterator[float]:
    yield from typing_slips.shifted(value)
    yield from typing_slips.swapped(value)
    yield from typing_slips.dropped(value)
    yield from typing_slips.misread(value)


def doubtful(
    meter: Meter, stored: Readings, entered: Readings, as_of: float, zone: ZoneInfo
) -> tuple[ImplausibleReading, ...]:
    """Return which of the readings `entered` beside those `stored` do not fit.

    `entered` holds what is stored, too, except what an edit replaces.
    """
    before = clean(meter, stored, as_of, zone, doubting=True)
    after = clean(meter, entered, as_of, zone, doubting=True)
    lost = clean(meter, entered, as_of, zone, doubting=False).quarantined
    new = set(entered.ids) - set(stored.ids)
    likely = {
        int(str(finding.data["reading_id"])): float(str(finding.data["likely"]))
        for finding in after.findings
        if finding.code in _NAMED
    }
    odd = likely.keys() | _at_falls(after) | (after.quarantined - lost)
    # One that makes others doubted is rather wrong than they.
    accused = after.quarantined - before.quarantined - lost - new
    if len(new) == 1 and accused:
        odd |= new
    known = _Known.of(before)
    factors = unit_scale(meter, entered.unit_names)
    found = []
    for i, reading_id in enumerate(entered.ids):
        beside = known.beside(entered.times[i])
        if reading_id in new & odd and beside is not None:
            value = entered.values[i] * float(factors[entered.units[i]])
            instant = entered.times[i]
            meant = known.comma(value, instant) or likely.get(reading_id)
            found.append(
                ImplausibleReading(
                    reading_id,
                    instant,
                    value,
                    known.likely(value, instant) if meant is None else meant,
                    value - float(known.shown[beside]),
                    float(known.times[beside]),
                )
            )
    return tuple(found)


def _at_falls(cleaned: Cleaned) -> set[int]:
    """Return the readings at both sides of the falls that nothing explains."""
    return {
        int(one.ids[i + side])
        for one in cleaned.registers
        for i in one.falls.tolist()
        for side in (0, 1)
    }
