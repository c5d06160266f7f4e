"""Which readings can be believed, and which register does each one belong to?

A register is one life of a dial: it ends with a `removal`, begins with an `install` or
is set anew by a `correction`. Nothing is dropped in silence: what is left out is
quarantined or superseded, with a finding where a person should look.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import numpy as np

from . import days, units
from .model import KINDS, Finding, Meter, ReadingKind, Readings, Severity

if TYPE_CHECKING:
    from .model import Bools, Floats, Ints

_INSTALL: Final = KINDS.index(ReadingKind.INSTALL)
_REMOVAL: Final = KINDS.index(ReadingKind.REMOVAL)
_CORRECTION: Final = KINDS.index(ReadingKind.CORRECTION)
_ESTIMATE: Final = KINDS.index(ReadingKind.ESTIMATE)
# At one instant the old dial's last value comes first, then the new dial's first.
_ROLE: Final = np.array([0, 0, 2, 1, 0, 3])
_OVERLAP: Final = 2 * 86400.0
_ROLLOVER_LIMIT: Final = 5.0


@dataclass(frozen=True, slots=True, eq=False)
class Register:
    """The believed readings of one register, in order of time.

    `values` (n,) rise through a roll-over: `values - rolled` is what the dial showed,
    which begins again at zero after `full` [unit].
    """

    ids: Ints
    times: Floats
    values: Floats
    rolled: Floats
    full: float
    opened: bool
    closed: bool


@dataclass(frozen=True, slots=True, eq=False)
class Cleaned:
    """The registers of a meter and what became of the other readings."""

    registers: tuple[Register, ...]
    quarantined: frozenset[int]
    superseded: frozenset[int]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """Readings as arrays in the meter's unit."""

    ids: Ints
    times: Floats
    values: Floats
    kinds: Ints
    revisions: Ints

    def take(self, chosen: Ints | Bools) -> _Table:
        return _Table(
            self.ids[chosen],
            self.times[chosen],
            self.values[chosen],
            self.kinds[chosen],
            self.revisions[chosen],
        )


def clean(meter: Meter, readings: Readings, as_of: float, zone: ZoneInfo) -> Cleaned:
    """Sort readings into registers; those after `as_of` do not exist yet."""
    scale = unit_scale(meter, readings.unit_names)[np.asarray(readings.units)]
    table = _Table(
        np.asarray(readings.ids),
        np.asarray(readings.times),
        np.asarray(readings.values) * scale,
        np.asarray(readings.kinds).astype(np.int64),
        np.asarray(readings.revisions),
    )
    table = table.take(table.times <= as_of)
    wrong = np.isnan(table.values)
    outside = _outside_life(meter, table.times, zone) & ~wrong
    findings = [
        *_left_out("unit_mismatch", meter, table.take(wrong), zone),
        *_left_out("reading_outside_life", meter, table.take(outside), zone),
    ]
    kept, superseded = _one_per_instant(table.take(~wrong & ~outside))
    registers = []
    for part in _split(kept):
        anchors = _anchors(part)
        superseded |= set(part.ids.tolist()) - set(anchors.ids.tolist())
        register, rolled = _register(meter, anchors, zone)
        registers.append(register)
        findings += rolled
    return Cleaned(
        tuple(registers),
        frozenset(table.ids[wrong | outside].tolist()),
        frozenset(superseded),
        tuple(findings),
    )


def unit_scale(meter: Meter, names: tuple[str | None, ...]) -> Floats:
    """Return the factor to the meter's unit for each unit name, NaN where none is."""
    factors = []
    for name in names:
        try:
            factors.append(1.0 if name is None else units.factor(name, meter.unit))
        except units.UnitMismatchError:
            factors.append(np.nan)
    return np.array(factors)


def _outside_life(meter: Meter, times: Floats, zone: ZoneInfo) -> Bools:
    outside = np.zeros(len(times), bool)
    if meter.installed is not None:
        outside |= times < days.midnight(meter.installed, zone)
    if meter.removed is not None:
        end = days.midnight(meter.removed + timedelta(days=1), zone)
        outside |= times > end
    return outside


def _left_out(
    code: str, meter: Meter, table: _Table, zone: ZoneInfo
) -> Iterable[Finding]:
    if len(table.ids):
        yield Finding(
            code=code,
            severity=Severity.WARNING,
            meter_id=meter.meter_id,
            day=days.local_day(float(table.times.min()), zone),
            data={"count": len(table.ids)},
        )


def _one_per_instant(table: _Table) -> tuple[_Table, set[int]]:
    """Keep, of readings of one role at one instant, the one edited last."""
    role = _ROLE[table.kinds]
    order = np.lexsort((table.ids, table.revisions, role, table.times))
    table, role = table.take(order), role[order]
    last = np.ones(len(order), bool)
    last[:-1] = (np.diff(table.times) > 0) | (np.diff(role) != 0)
    return table.take(last), set(table.ids[~last].tolist())


def _split(table: _Table) -> list[_Table]:
    """Cut a meter's readings into registers."""
    opens = np.isin(table.kinds, (_INSTALL, _CORRECTION))
    closes = table.kinds == _REMOVAL
    late = _late_removals(table.times, opens, closes)
    ends = closes.copy()
    ends[late] = False
    begins = opens.copy()
    begins[1:] |= ends[:-1]
    begins[:1] = False
    number: Ints = np.cumsum(begins).astype(np.int64)
    number[late] -= 1
    return [table.take(number == n) for n in np.unique(number)]


def _late_removals(times: Floats, opens: Bools, closes: Bools) -> list[int]:
    """Return the removals that end the register before the one just opened.

    A bare removal date counts at its day's end, a bare installation date at its start:
    on one day the new register seems to begin before the old one ends.
    """
    late: list[int] = []
    opened, old_is_open, is_open = -1, False, True
    for i in np.flatnonzero(opens | closes).tolist():
        if opens[i]:
            opened, old_is_open, is_open = i, is_open and i > 0, True
        elif old_is_open and times[i] - times[opened] <= _OVERLAP:
            late.append(i)
            old_is_open = False
        else:
            is_open = False
    return late


def _anchors(table: _Table) -> _Table:
    """Keep one reading an instant, and estimates only while nothing better is there.

    A removal says more than any other reading of the same instant.
    """
    better = table.kinds != _ESTIMATE
    if np.count_nonzero(better) >= 2:
        table = table.take(better)
    return table.take(np.append(np.diff(table.times) > 0, True))


def _register(
    meter: Meter, anchors: _Table, zone: ZoneInfo
) -> tuple[Register, list[Finding]]:
    """Return the anchors as a register whose counter is unrolled."""
    rolled, findings = _rollovers(meter, anchors, zone)
    return (
        Register(
            anchors.ids,
            anchors.times,
            anchors.values + rolled,
            rolled,
            full=10.0**meter.digits if meter.digits is not None else np.inf,
            opened=bool(np.isin(anchors.kinds[:1], (_INSTALL, _CORRECTION)).any()),
            closed=bool((anchors.kinds[-1:] == _REMOVAL).any()),
        ),
        findings,
    )


def _rollovers(
    meter: Meter, table: _Table, zone: ZoneInfo
) -> tuple[Floats, list[Finding]]:
    """Return what to add to each value (n,) because the dial began again at zero.

    A fall is a roll-over when the use it implies is below five times the expected one.
    """
    rolled = np.zeros(len(table.ids))
    findings: list[Finding] = []
    steps, spans = np.diff(table.values), np.diff(table.times)
    falls = np.flatnonzero(steps < 0)
    rises = steps >= 0
    if meter.digits is None or not len(falls) or not spans[rises].sum() > 0:
        return rolled, findings
    full = 10.0**meter.digits
    rate = steps[rises].sum() / spans[rises].sum()
    for i in falls.tolist():
        implied = steps[i] + full
        if 0 <= implied < _ROLLOVER_LIMIT * rate * spans[i]:
            rolled[i + 1 :] += full
            findings.append(
                Finding(
                    code="rollover",
                    severity=Severity.INFO,
                    meter_id=meter.meter_id,
                    day=days.local_day(float(table.times[i + 1]), zone),
                    data={"use": float(implied)},
                )
            )
    return rolled, findings
