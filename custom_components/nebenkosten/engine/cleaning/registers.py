"""Readings that can be believed, divided into the registers they belong to.

A register is one life of a dial: it ends with a `removal`, begins with an `install` or
is set anew by a `correction`. Nothing is dropped in silence: what is left out is
quarantined or superseded, with a finding where a person should look.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from ..domain import local_days, units
from ..domain.arrays import Bools, Floats, Ints
from ..domain.meters import AnyMeter, Meter
from ..domain.report import KINDS, Finding, ReadingKind, Readings, Severity
from .cleaning_findings import doubted, impossible, leapt, rolled_over, suspected
from .implausible_readings import DialReadings, Trusted, falls_of, judge
from .rate_limit import Scale, scale_of
from .reading_table import ReadingTable

_INSTALL: Final = KINDS.index(ReadingKind.INSTALL)
_REMOVAL: Final = KINDS.index(ReadingKind.REMOVAL)
_CORRECTION: Final = KINDS.index(ReadingKind.CORRECTION)
_ESTIMATE: Final = KINDS.index(ReadingKind.ESTIMATE)
_REMOTE: Final = KINDS.index(ReadingKind.REMOTE)
# At one instant an estimate comes first, then what a device and what a person read,
# then the old dial's last value and the new dial's first: the last of each one counts.
_ROLE: Final = np.array([2, 1, 4, 3, 0, 5])
# Dates without a time of one exchange may overlap by so many calendar days.
_OVERLAP_DAYS: Final = 2
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


def clean(
    meter: Meter, readings: Readings, as_of: float, zone: ZoneInfo, *, doubting: bool
) -> Cleaned:
    """Sort readings into registers; those after `as_of` do not exist yet.

    Without `doubting` no reading is weighed against the others: amounts explain them.
    """
    table = _table(meter, readings, as_of)
    wrong = _mismatched(table, readings)
    outside = _outside_life(meter, table, zone)
    if len(wrong):
        outside = np.setdiff1d(outside, wrong)
    findings = [
        *_left_out("unit_mismatch", meter, table.take(wrong), zone),
        *_left_out("reading_outside_life", meter, table.take(outside), zone),
    ]
    lost = np.concatenate((wrong, outside))
    findings += impossible(meter, readings.impossible)
    quarantined = {one.reading_id for one in readings.impossible}
    quarantined |= set(table.ids[lost].tolist())
    kept, superseded = _one_per_instant(table.without(lost))
    registers = []
    scale = scale_of(meter.medium, meter.unit)
    for part in _split(kept, zone):
        anchors = _anchors(part)
        if anchors is not part:
            superseded |= set(part.ids.tolist()) - set(anchors.ids.tolist())
        trusted = None if not doubting else readings.confirmed
        register, doubts, said = _register(meter, anchors, zone, trusted, scale)
        registers.append(register)
        quarantined |= doubts
        findings += said
    return Cleaned(
        tuple(registers),
        frozenset(quarantined),
        frozenset(superseded),
        tuple(findings),
    )


def _table(meter: Meter, readings: Readings, as_of: float) -> ReadingTable:
    """Return the readings up to `as_of` as arrays in the meter's unit."""
    values = np.asarray(readings.values)
    if len(readings.unit_names) > 1:
        values = values * unit_scale(meter, readings.unit_names)[readings.units]
    table = ReadingTable(
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


def _mismatched(table: ReadingTable, readings: Readings) -> Ints:
    """Return the readings whose unit does not fit; without units there are none."""
    if len(readings.unit_names) < 2:
        return _NONE
    return np.flatnonzero(np.isnan(table.values))


def unit_scale(meter: AnyMeter, names: tuple[str | None, ...]) -> Floats:
    """Return the factor to the meter's unit for each unit name, NaN where none is."""
    factors = []
    for name in names:
        try:
            factors.append(1.0 if name is None else units.factor(name, meter.unit))
        except units.UnitMismatchError:
            factors.append(np.nan)
    return np.array(factors)


def _outside_life(meter: Meter, table: ReadingTable, zone: ZoneInfo) -> Ints:
    """Return the readings before the installation or after the removal day."""
    begin, end = -np.inf, np.inf
    if meter.installed is not None:
        begin = local_days.midnight(meter.installed, zone)
    if meter.removed is not None:
        end = local_days.midnight(meter.removed + timedelta(days=1), zone)
    if not table.ordered:
        return np.flatnonzero((table.times < begin) | (table.times > end))
    first = int(np.searchsorted(table.times, begin, "left"))
    last = int(np.searchsorted(table.times, end, "right"))
    return np.concatenate((np.arange(first), np.arange(last, len(table.times))))


def _left_out(
    code: str, meter: Meter, table: ReadingTable, zone: ZoneInfo
) -> Iterable[Finding]:
    """Name readings that are left out as a whole."""
    if len(table.ids):
        yield Finding(
            code=code,
            severity=Severity.WARNING,
            meter_id=meter.meter_id,
            day=local_days.local_day(float(table.times.min()), zone),
            data={"count": len(table.ids)},
        )


def _one_per_instant(table: ReadingTable) -> tuple[ReadingTable, set[int]]:
    """Keep, of readings of one role at one instant, the one edited last."""
    if table.ordered:
        return table, set()
    role = _ROLE[table.kinds]
    order = np.lexsort((table.ids, table.revisions, role, table.times))
    table, role = table.take(order), role[order]
    last = np.ones(len(order), bool)
    last[:-1] = (np.diff(table.times) > 0) | (np.diff(role) != 0)
    return table.take(last), set(table.ids[~last].tolist())


def _split(table: ReadingTable, zone: ZoneInfo) -> list[ReadingTable]:
    """Cut a meter's readings into registers."""
    if not len(table.ids):
        return []
    if not len(table.special) or _only_ends(table):
        return [table]
    opens = np.isin(table.kinds, (_INSTALL, _CORRECTION))
    closes = table.kinds == _REMOVAL
    late = _late_removals(table.times, opens, closes, zone)
    ends = closes.copy()
    ends[late] = False
    begins = opens.copy()
    begins[1:] |= ends[:-1]
    begins[:1] = False
    number: Ints = np.cumsum(begins).astype(np.int64)
    number[late] -= 1
    order = np.argsort(number, kind="stable")
    borders = np.flatnonzero(np.diff(number[order])) + 1
    return [table.take(chosen) for chosen in np.split(order, borders)]


def _only_ends(table: ReadingTable) -> bool:
    """Return whether all that is special is one removal at the very end."""
    last = len(table.ids) - 1
    return table.special.tolist() == [last] and int(table.kinds[last]) == _REMOVAL


def _late_removals(
    times: Floats, opens: Bools, closes: Bools, zone: ZoneInfo
) -> list[int]:
    """Return the removals that end the register before the one just opened.

    A bare removal date counts at its day's end, a bare installation date at its start:
    on one day the new register seems to begin before the old one ends.
    """
    late: list[int] = []
    opened, old_is_open, is_open = -1, False, True
    for i in np.flatnonzero(opens | closes).tolist():
        if opens[i]:
            opened, old_is_open, is_open = i, is_open and i > 0, True
        elif old_is_open and _overlaps(float(times[opened]), float(times[i]), zone):
            late.append(i)
            old_is_open = False
        else:
            is_open = False
    return late


def _overlaps(opened: float, closed: float, zone: ZoneInfo) -> bool:
    return closed <= local_days.days_later(opened, _OVERLAP_DAYS, zone)


def _anchors(table: ReadingTable) -> ReadingTable:
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
    meter: Meter,
    anchors: ReadingTable,
    zone: ZoneInfo,
    trusted: frozenset[int] | None,
    scale: Scale,
) -> tuple[Register, set[int], list[Finding]]:
    """Return the anchors as a register, unrolled, the ids left out, and findings.

    All readings but the `trusted` ones are weighed against each other; None: no one is.
    """
    falls = falls_of(anchors.values)
    full = np.inf if meter.full is None else meter.full
    judged = None
    if trusted is not None and len(anchors.ids) > 1:
        fixed = _trusted(anchors, trusted)
        dial = DialReadings(anchors.times, anchors.values, falls, fixed, scale, full)
        judged = judge(dial)
    # One zero for all: as broadcast_to, at a tenth of its price.
    rolled: Floats = np.ndarray(len(anchors.ids), buffer=_NO_ROLL, strides=(0,))
    values, lost, findings = anchors.values, set[int](), list[Finding]()
    if judged is not None:
        findings = [doubted(meter, anchors, one, zone) for one in judged.flawed]
        findings += [leapt(meter, anchors, leap, zone) for leap in judged.leaps]
        rolled = _rolled(len(anchors.ids), judged.rollovers, full)[judged.kept]
        kept = anchors.take(judged.kept)
        lost = set(anchors.ids.tolist()) - set(kept.ids.tolist())
        anchors, values = kept, kept.values + rolled
        falls = falls_of(values)
        findings += rolled_over(meter, anchors, rolled, zone)
    if trusted is not None:
        fixed = _trusted(anchors, trusted)
        findings += suspected(meter, anchors, values, fixed.fixed, zone)
    register = Register(
        anchors.ids,
        anchors.times,
        values,
        rolled,
        full=full,
        opened=anchors.kinds[:1].tolist() in ([_INSTALL], [_CORRECTION]),
        closed=anchors.kinds[-1:].tolist() == [_REMOVAL],
        falls=falls,
    )
    return register, lost, findings


def _trusted(table: ReadingTable, confirmed: frozenset[int]) -> Trusted:
    """Return the readings that are not given up, by their place."""
    special = table.special
    fixed = special[table.kinds[special] != _ESTIMATE].tolist()
    if not confirmed:
        return Trusted(frozenset(fixed))
    vouched = np.isin(table.ids, list(confirmed))
    places = frozenset(np.flatnonzero(vouched).tolist())
    return Trusted(places.union(fixed), places)


def _rolled(count: int, rollovers: tuple[int, ...], full: float) -> Floats:
    """Return what to add to each value (n,) because the dial began again at zero."""
    rolled = np.zeros(count)
    if rollovers:
        rolled[list(rollovers)] = full
    return np.cumsum(rolled)
