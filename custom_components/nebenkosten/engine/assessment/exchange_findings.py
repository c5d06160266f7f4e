"""Findings on the exchanges of a master's meters."""

from collections.abc import Iterator
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from ..domain import local_days
from ..domain.local_days import DAY
from ..domain.meters import AnyMeter
from ..domain.report import Finding, Severity, known
from ..meter_kinds.hand_overs import HandOver
from ..meter_kinds.joining import Counted, Joined
from .reading_findings import bridged

_SAME: Final = 60.0
# A join is odd when the new meter counts so many times what the old one would.
_ODD_JOIN: Final = 5.0
_WINDOW: Final = 60 * DAY


def findings(master: AnyMeter, joined: Joined, zone: ZoneInfo) -> Iterator[Finding]:
    """Yield what is odd where meters meet: gaps, overlaps, rates that do not match."""
    for old, new, change in joined.hand_overs:
        if not old or not new:
            continue
        last, first = change.gap
        day = local_days.local_day(first, zone)
        if first - last > _SAME:
            use = float(joined.line.use(np.array([last, first]))[0])
            yield bridged(master, day, (first - last) / DAY, known(use))
        elif last - first > _SAME:
            yield Finding(
                code="exchange_overlaps",
                severity=Severity.INFO,
                meter_id=master.meter_id,
                day=day,
                data={"days": (last - first) / DAY},
            )
        window = first, min([first + _WINDOW, *map(_last, new)])
        actual = sum(_used(one, *window) for one in new)
        expected = sum(_foretold(one, change, *window) for one in old)
        ratio = actual / expected if expected > 0 else np.nan
        if ratio < 1 / _ODD_JOIN or ratio > _ODD_JOIN:
            yield Finding(
                code="exchange_implausible",
                severity=Severity.WARNING,
                meter_id=master.meter_id,
                day=day,
                data={"actual": actual, "expected": expected},
            )


def _last(new: Counted) -> float:
    """Return the last reading of a new meter in its tenure."""
    end = max(part.end for part in new.parts)
    knots = new.source.knots
    return float(knots[knots <= end].max(initial=-np.inf))


def _used(one: Counted, begin: float, end: float) -> float:
    """Return what a meter used between two instants inside its readings."""
    if end - begin < DAY:
        return np.nan
    return float(one.line.use(np.array([begin, end]))[0])


def _foretold(
    old: Counted,
    change: HandOver,
    begin: float,
    end: float,
) -> float:
    """Return what an old meter's last rate gives between two later instants."""
    source, last = old.source, change.last.get(old.tenure.key)
    pace = source.prepared[source.line.parts[-1].key].pace
    if last is None or pace is None or end - begin < DAY:
        return np.nan
    first = float(source.knots[0])
    before = max(last - _WINDOW, first, min(part.begin for part in old.parts))
    passed = np.diff(pace.model_time(np.array([before, last, begin, end])))
    rate = _used(old, before, last) / max(float(passed[0]), 1e-12)
    return rate * float(passed[2])
