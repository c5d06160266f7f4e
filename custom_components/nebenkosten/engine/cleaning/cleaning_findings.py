"""Findings on the readings that were cleaned."""

from collections.abc import Iterable
from zoneinfo import ZoneInfo

import numpy as np

from ..domain import local_days
from ..domain.arrays import Floats
from ..domain.meters import Meter
from ..domain.report import Finding, Impossible, Severity
from .counter_scan import Flaw, Flawed, Leap
from .end_slips import comma_of_newest
from .rate_limit import scale_of
from .reading_table import ReadingTable
from .repeated_readings import repeats
from .swapped_digits import swaps


def doubted(
    meter: Meter, table: ReadingTable, flawed: Flawed, zone: ZoneInfo
) -> Finding:
    """Name a run of readings that is left out, by its first one."""
    return Finding(
        code=flawed.why.value,
        severity=Severity.WARNING,
        meter_id=meter.meter_id,
        day=local_days.local_day(float(table.times[flawed.first]), zone),
        data={
            "value": float(table.values[flawed.first]),
            "likely": flawed.likely,
            "reading_id": int(table.ids[flawed.first]),
            "count": flawed.count,
            "until": local_days.local_day(float(table.times[flawed.last]), zone),
        },
    )


def leapt(meter: Meter, table: ReadingTable, leap: Leap, zone: ZoneInfo) -> Finding:
    """Name a rise that the meter cannot have made; it counts as the dial shows it."""
    first, last = (float(table.times[i]) for i in (leap.before, leap.reading))
    return Finding(
        code=Flaw.LEAP.value,
        severity=Severity.WARNING,
        meter_id=meter.meter_id,
        day=local_days.local_day(last, zone),
        data={
            "before": float(table.values[leap.before]),
            "since": local_days.local_day(first, zone),
            "value": float(table.values[leap.reading]),
            "likely": leap.likely,
            "reading_id": int(table.ids[leap.reading]),
        },
    )


def suspected(
    meter: Meter,
    table: ReadingTable,
    values: Floats,
    fixed: frozenset[int],
    zone: ZoneInfo,
) -> list[Finding]:
    """Name readings that stay used although something explains them better.

    A slipped comma does, two swapped digits, or that the reading before was copied.
    """
    scale, newest = scale_of(meter.medium, meter.unit), len(values) - 1
    comma = comma_of_newest(table.times, values, scale)
    found = [(Flaw.SWAP, newest, comma)] if comma and newest not in fixed else []
    if table.is_seldom:
        found += [(Flaw.SWAP, *one) for one in swaps(table.times, values, fixed)]
    if table.is_seldom and scale.steady:
        found += [
            (Flaw.COPY, i, likely)
            for i, likely in repeats(table.times, values)
            if i not in fixed
        ]
    return [
        Finding(
            code=code.value,
            severity=Severity.INFO,
            meter_id=meter.meter_id,
            day=local_days.local_day(float(table.times[i]), zone),
            data={
                "value": float(table.values[i]),
                "likely": likely,
                "reading_id": int(table.ids[i]),
            },
        )
        for code, i, likely in found
    ]


def rolled_over(
    meter: Meter, table: ReadingTable, rolled: Floats, zone: ZoneInfo
) -> list[Finding]:
    """Name the roll-overs, by what was used across each."""
    if not rolled[-1:].any():
        return []
    return [
        Finding(
            code="rollover",
            severity=Severity.INFO,
            meter_id=meter.meter_id,
            day=local_days.local_day(float(table.times[i + 1]), zone),
            data={"use": float(np.diff((table.values + rolled)[i : i + 2])[0])},
        )
        for i in np.flatnonzero(rolled[1:] > rolled[:-1]).tolist()
    ]


def impossible(meter: Meter, found: Iterable[Impossible]) -> list[Finding]:
    """Name readings that no dial can have shown; they count nowhere."""
    return [
        Finding(
            code="reading_impossible",
            severity=Severity.WARNING,
            meter_id=meter.meter_id,
            data={"reading_id": one.reading_id, "at": one.at, "value": one.value},
        )
        for one in found
    ]
