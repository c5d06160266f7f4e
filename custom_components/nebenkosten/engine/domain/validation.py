"""Checks whether the meters of a house fit together, before anything is computed."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise

from . import units
from .evaluation_order import CyclicMeterError, in_order
from .meters import AnyMeter, House, Master, MasterPeriod, Medium, Meter, Virtual
from .report import Severity, Value

_ONE_DAY = timedelta(days=1)


class Check(StrEnum):
    """The checks of the definitions of meters."""

    CYCLE = "cycle"
    IDS_COLLIDE = "ids_collide"
    OPERAND_MISSING = "operand_missing"
    PART_OF_MISSING = "part_of_missing"
    PART_OF_ITSELF = "part_of_itself"
    PERIOD_BACKWARDS = "period_backwards"
    PERIODS_GAP = "periods_gap"
    PERIODS_OVERLAP = "periods_overlap"
    SOURCE_COMPUTED = "source_computed"
    SOURCE_GONE = "source_gone"
    SOURCE_SHARED = "source_shared"
    TERM_TWICE = "term_twice"
    UNITS = "units"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that does not fit; `data` fills the placeholders of its sentences."""

    code: Check
    severity: Severity
    meter_id: str
    data: Mapping[str, Value] = field(default_factory=dict)


def problems(house: House) -> list[Problem]:
    """Return all that does not fit, by meter in the house's order."""
    meters = {meter.key: meter for meter in house.all_meters}
    found = [*_cycles(house)]
    for meter in house.all_meters:
        found += _operands(meter, meters)
        found += _part_of(meter, meters, house.left_out)
        if isinstance(meter, Master):
            found += _periods(meter)
    return [*found, *_shared(house)]


def can_become(given: AnyMeter, wanted: AnyMeter) -> bool:
    """Return whether one meter's use can be counted in another one's unit.

    Volume becomes energy, or energy volume, only where the volume is gas.
    """
    dimensions = [units.dimension(units.canonical(m.unit)) for m in (given, wanted)]
    if set(dimensions) == {"energy", "volume"}:
        volume = given if dimensions[0] == "volume" else wanted
        return volume.medium is Medium.GAS
    try:
        units.factor(given.unit, wanted.unit)
    except units.UnitMismatchError:
        return False
    return True


def _error(code: Check, meter: AnyMeter, **data: Value) -> Problem:
    return Problem(
        code=code, severity=Severity.ERROR, meter_id=meter.meter_id, data=data
    )


def _cycles(house: House) -> Iterator[Problem]:
    meters = house.all_meters
    while True:
        try:
            in_order(meters)
        except CyclicMeterError as error:
            inside = {meter_id.lower() for meter_id in error.path}
            path = " → ".join(error.path)
            for meter in meters:
                if meter.key in inside:
                    yield _error(Check.CYCLE, meter, path=path)
            meters = tuple(m for m in meters if m.key not in inside)
        else:
            return


def _operands(meter: AnyMeter, meters: Mapping[str, AnyMeter]) -> Iterator[Problem]:
    for key in dict.fromkeys(meter.operands):
        operand = meters.get(key)
        if operand is None:
            yield _error(Check.OPERAND_MISSING, meter, operand=key)
        elif isinstance(meter, Master) and isinstance(operand, Virtual):
            yield _error(Check.SOURCE_COMPUTED, meter, operand=operand.meter_id)
        elif not can_become(operand, meter):
            yield _error(
                Check.UNITS,
                meter,
                operand=operand.meter_id,
                given=operand.unit,
                wanted=meter.unit,
            )
    if isinstance(meter, Virtual):
        keys = list(meter.operands)
        for key in sorted({key for key in keys if keys.count(key) > 1}):
            yield _error(Check.TERM_TWICE, meter, operand=key)


def _part_of(
    meter: AnyMeter, meters: Mapping[str, AnyMeter], left_out: Collection[str]
) -> Iterator[Problem]:
    if not meter.part_of or meter.part_of.lower() in left_out:
        return
    above, passed = meter.part_of.lower(), {meter.key}
    if above not in meters:
        yield _error(Check.PART_OF_MISSING, meter, operand=meter.part_of)
        return
    while above in meters and above not in passed:
        passed.add(above)
        above = (meters[above].part_of or "").lower()
    if above == meter.key:
        yield _error(Check.PART_OF_ITSELF, meter)


def _periods(meter: Master) -> Iterator[Problem]:
    for period in meter.periods:
        if period.end is not None and period.end < period.start:
            yield _error(Check.PERIOD_BACKWARDS, meter, start=period.start)
            return
    ordered = sorted(meter.periods, key=_start)
    for before, after in pairwise(ordered):
        if before.end is None or before.end >= after.start:
            yield _error(Check.PERIODS_OVERLAP, meter, start=after.start)
        elif before.end + _ONE_DAY < after.start:
            yield _error(
                Check.PERIODS_GAP,
                meter,
                start=before.end + _ONE_DAY,
                end=after.start - _ONE_DAY,
            )


def _start(period: MasterPeriod) -> date:
    return period.start


def _shared(house: House) -> Iterator[Problem]:
    """Yield the automatic sources that feed two meters at the same time."""
    fed: dict[tuple[str, str], Meter] = {}
    for meter in house.meters:
        for source in meter.sources:
            name = (source.kind, source.reference)
            other = fed.setdefault(name, meter)
            if other is not meter and not _one_after_the_other(name, other, meter):
                yield Problem(
                    code=Check.SOURCE_SHARED,
                    severity=Severity.WARNING,
                    meter_id=meter.meter_id,
                    data={"source": source.reference, "other": other.meter_id},
                )


def _one_after_the_other(name: tuple[str, str], one: Meter, other: Meter) -> bool:
    """Return whether a source fed one meter until it fed the other."""
    spans = [
        (source.valid_from, source.valid_to)
        for meter in (one, other)
        for source in meter.sources
        if (source.kind, source.reference) == name
    ]
    (first_from, first_to), (second_from, second_to) = spans[0], spans[-1]
    return bool(
        (first_to and second_from and first_to < second_from)
        or (second_to and first_from and second_to < first_from)
    )
