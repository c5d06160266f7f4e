"""Which readings can be believed, and which register does each one belong to?

A register is one life of a dial: it ends with a `removal`, begins with an `install` or
is set anew by a `correction`. Nothing is dropped in silence: what is left out is
quarantined or superseded, with a finding where a person should look.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import numpy as np

from . import days, units
from .doubts import Doubt, Doubted, doubted
from .meter import Meter
from .model import KINDS, Finding, ReadingKind, Readings, Severity

if TYPE_CHECKING:
    from .model import Bools, Floats, Ints

_INSTALL: Final = KINDS.index(ReadingKind.INSTALL)
_REMOVAL: Final = KINDS.index(ReadingKind.REMOVAL)
_CORRECTION: Final = KINDS.index(ReadingKind.CORRECTION)
_ESTIMATE: Final = KINDS.index(ReadingKind.ESTIMATE)
_REMOTE: Final = KINDS.index(ReadingKind.REMOTE)
# At one instant the old dial's last value comes first, then the new dial's first.
_ROLE: Final = np.array([0, 0, 2, 1, 0, 3])
_OVERLAP: Final = 2 * 86400.0
_ROLLOVER_LIMIT: Final = 5.0
_NO_ROLL: Final = np.zeros(1)
_NONE: Final = np.empty(0, np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Register:
    """The believed readings of one register, in order of time.

    `values` (n,) rise through a roll-over: `values - rolled` is what the dial showed,
    which begins again at zero after `full` [unit]. `falls` are the readings after which
    the counter fell although nothing explains it.
    """

    ids: Ints
    times: Floats
    values: Floats
    rolled: Floats
    full: float
    opened: bool
    closed: bool
    falls: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Cleaned:
    """The registers of a meter and what became of the other readings."""

    registers: tuple[Register, ...]
    quarantined: frozenset[int]
    superseded: frozenset[int]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, eq=False)
class _Table:
    """Readings as arrays in the meter's unit."""

    ids: Ints
    times: Floats
    values: Floats
    kinds: Ints
    revisions: Ints
    ordered: bool = False

    def take(self, chosen: Ints | Bools | slice) -> _Table:
        return _Table(
            self.ids[chosen],
            self.times[chosen],
            self.values[chosen],
            self.kinds[chosen],
            self.revisions[chosen],
            ordered=self.ordered,
        )

    @cached_property
    def special(self) -> Ints:
        """Return the readings that are neither read by a person nor by a sensor."""
        last = len(self.kinds) - 1
        # Mostly none is: the largest is found without a mask of all of them.
        usual = self.kinds[:-1].max(initial=0) <= _REMOTE
        found = _NONE if usual else np.flatnonzero(self.kinds[:-1] > _REMOTE)
        ends = last >= 0 and self.kinds[last] > _REMOTE
        return np.append(found, last) if ends else found

    def without(self, indices: Ints) -> _Table:
        if not len(indices):
            return self
        keep = np.ones(len(self.ids), bool)
        keep[indices] = False
        return self.take(keep)


def clean(
    meter: Meter, readings: Readings, as_of: float, zone: ZoneInfo, *, doubting: bool
) -> Cleaned:
    """Sort readings into registers; those after `as_of` do not exist yet.

    Without `doubting` no reading is weighed against the others: amounts explain them.
    """
    table = _table(meter, readings, as_of)
    wrong = _mismatched(table, readings)
    outside = np.setdiff1d(_outside_life(meter, table, zone), wrong)
    findings = [
        *_left_out("unit_mismatch", meter, table.take(wrong), zone),
        *_left_out("reading_outside_life", meter, table.take(outside), zone),
    ]
    lost = np.concatenate((wrong, outside))
    quarantined = set(table.ids[lost].tolist())
    kept, superseded = _one_per_instant(table.without(lost))
    registers = []
    for part in _split(kept):
        anchors = _anchors(part)
        if anchors is not part:
            superseded |= set(part.ids.tolist()) - set(anchors.ids.tolist())
        trusted = None if not doubting else readings.confirmed
        register, left_out, said = _register(meter, anchors, zone, trusted)
        registers.append(register)
        quarantined |= left_out
        findings += said
    return Cleaned(
        tuple(registers),
        frozenset(quarantined),
        frozenset(superseded),
        tuple(findings),
    )


def _table(meter: Meter, readings: Readings, as_of: float) -> _Table:
    """Return the readings up to `as_of` as arrays in the meter's unit."""
    values = np.asarray(readings.values)
    if len(readings.unit_names) > 1:
        values = values * unit_scale(meter, readings.unit_names)[readings.units]
    table = _Table(
        np.asarray(readings.ids),
        np.asarray(readings.times),
        values,
        np.asarray(readings.kinds),
        np.asarray(readings.revisions),
    )
    if not (table.times[1:] > table.times[:-1]).all():
        return table.take(table.times <= as_of)
    return replace(table, ordered=True).take(
        slice(int(np.searchsorted(table.times, as_of, "right")))
    )


def _mismatched(table: _Table, readings: Readings) -> Ints:
    """Return the readings whose unit does not fit; without units there are none."""
    if len(readings.unit_names) < 2:
        return _NONE
    return np.flatnonzero(np.isnan(table.values))


def unit_scale(meter: Meter, names: tuple[str | None, ...]) -> Floats:
    """Return the factor to the meter's unit for each unit name, NaN where none is."""
    factors = []
    for name in names:
        try:
            factors.append(1.0 if name is None else units.factor(name, meter.unit))
        except units.UnitMismatchError:
            factors.append(np.nan)
    return np.array(factors)


def _outside_life(meter: Meter, table: _Table, zone: ZoneInfo) -> Ints:
    """Return the readings before the installation or after the removal day."""
    begin, end = -np.inf, np.inf
    if meter.installed is not None:
        begin = days.midnight(meter.installed, zone)
    if meter.removed is not None:
        end = days.midnight(meter.removed + timedelta(days=1), zone)
    if not table.ordered:
        return np.flatnonzero((table.times < begin) | (table.times > end))
    first = int(np.searchsorted(table.times, begin, "left"))
    last = int(np.searchsorted(table.times, end, "right"))
    return np.concatenate((np.arange(first), np.arange(last, len(table.times))))


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
    if table.ordered:
        return table, set()
    role = _ROLE[table.kinds]
    order = np.lexsort((table.ids, table.revisions, role, table.times))
    table, role = table.take(order), role[order]
    last = np.ones(len(order), bool)
    last[:-1] = (np.diff(table.times) > 0) | (np.diff(role) != 0)
    return table.take(last), set(table.ids[~last].tolist())


def _split(table: _Table) -> list[_Table]:
    """Cut a meter's readings into registers."""
    if not len(table.ids):
        return []
    if not len(table.special) or _only_ends(table):
        return [table]
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


def _only_ends(table: _Table) -> bool:
    """Return whether all that is special is one removal at the very end."""
    last = len(table.ids) - 1
    return table.special.tolist() == [last] and int(table.kinds[last]) == _REMOVAL


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
    estimates = table.special[table.kinds[table.special] == _ESTIMATE]
    if len(estimates) and len(table.ids) - len(estimates) >= 2:
        table = table.without(estimates)
    if table.ordered:
        return table
    return table.take(np.append(np.diff(table.times) > 0, True))


def _register(
    meter: Meter, anchors: _Table, zone: ZoneInfo, trusted: frozenset[int] | None
) -> tuple[Register, set[int], list[Finding]]:
    """Return the anchors as a register whose counter is unrolled, and what was said.

    All readings but the `trusted` ones are weighed against each other; None: no one is.
    """
    left_out: set[int] = set()
    findings: list[Finding] = []
    rolled = _rollovers(meter, anchors)
    special = anchors.special
    fixed = frozenset(special[anchors.kinds[special] != _ESTIMATE].tolist())
    values = _unrolled(anchors, rolled)
    falls = np.flatnonzero(values[1:] < values[:-1])
    found: list[Doubted] = []
    if trusted is not None:
        vouched = np.flatnonzero(np.isin(anchors.ids, list(trusted))) if trusted else ()
        fixed |= frozenset(map(int, vouched))
        found = doubted(anchors.times, values, falls, fixed)
    for doubt in found:
        findings.append(_doubt(meter, anchors, doubt, zone))
        if doubt.why is not Doubt.SWAP:
            left_out.add(int(anchors.ids[doubt.index]))
    if left_out:
        anchors = anchors.take(~np.isin(anchors.ids, list(left_out)))
        rolled = _rollovers(meter, anchors)
        values = _unrolled(anchors, rolled)
        falls = np.flatnonzero(values[1:] < values[:-1])
    findings += _rolled_over(meter, anchors, rolled, zone)
    register = Register(
        anchors.ids,
        anchors.times,
        values,
        rolled,
        full=10.0**meter.digits if meter.digits is not None else np.inf,
        opened=anchors.kinds[:1].tolist() in ([_INSTALL], [_CORRECTION]),
        closed=anchors.kinds[-1:].tolist() == [_REMOVAL],
        falls=falls,
    )
    return register, left_out, findings


def _doubt(meter: Meter, table: _Table, doubt: Doubted, zone: ZoneInfo) -> Finding:
    return Finding(
        code=doubt.why.value,
        severity=Severity.INFO if doubt.why is Doubt.SWAP else Severity.WARNING,
        meter_id=meter.meter_id,
        day=days.local_day(float(table.times[doubt.index]), zone),
        data={
            "value": float(table.values[doubt.index]),
            "likely": doubt.likely,
            "reading_id": int(table.ids[doubt.index]),
        },
    )


def _rollovers(meter: Meter, table: _Table) -> Floats:
    """Return what to add to each value (n,) because the dial began again at zero.

    A fall is a roll-over when the use it implies is below five times the expected one.
    """
    nothing = np.broadcast_to(_NO_ROLL, len(table.ids))
    if meter.digits is None:
        return nothing
    steps = np.diff(table.values)
    falls = np.flatnonzero(steps < 0)
    spans, rises = np.diff(table.times), steps >= 0
    if not len(falls) or not spans[rises].sum() > 0:
        return nothing
    full = 10.0**meter.digits
    rate = steps[rises].sum() / spans[rises].sum()
    implied = steps[falls] + full
    over = (implied >= 0) & (implied < _ROLLOVER_LIMIT * rate * spans[falls])
    rolled = np.zeros(len(table.ids))
    np.add.at(rolled, falls[over] + 1, full)
    return np.cumsum(rolled)


def _unrolled(table: _Table, rolled: Floats) -> Floats:
    return table.values + rolled if rolled[-1:].any() else table.values


def _rolled_over(
    meter: Meter, table: _Table, rolled: Floats, zone: ZoneInfo
) -> list[Finding]:
    if not rolled[-1:].any():
        return []
    return [
        Finding(
            code="rollover",
            severity=Severity.INFO,
            meter_id=meter.meter_id,
            day=days.local_day(float(table.times[i + 1]), zone),
            data={"use": float(np.diff((table.values + rolled)[i : i + 2])[0])},
        )
        for i in np.flatnonzero(rolled[1:] > rolled[:-1]).tolist()
    ]
