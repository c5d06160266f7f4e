"""Odd days joined to anomalies, with kind and reason."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

import numpy as np

from ..domain.arrays import Bools, Floats
from ..domain.meters import AnyMeter, Medium
from ..domain.report import Anomaly, Finding, Severity, Value
from .evidence import Evidence

# What an anomaly can be; those without a word here no text exists for.
KINDS: Final = (
    "leak",
    "spike",
    "high",
    "low",
    "creep",
    "stuck",
    "catch_up",
    "no_use",
)
# Odd days at most one quiet day apart are one anomaly; after two it has ended.
_JOINED: Final = 2
_CREEP: Final = 2.0
_CREEP_DAYS: Final = 9
_STEADY: Final = 0.5
_CATCH_UP: Final = 0.5
_SINGLE: Final = 2


def joined(evidence: Evidence) -> Iterator[Anomaly]:
    """Yield odd days that are near each other as anomalies, in order of time."""
    for start, end in runs(evidence.odd):
        yield _anomaly(evidence, start, end)


def runs(odd: Bools) -> list[tuple[int, int]]:
    """Return first and last index of each run of odd days."""
    at = np.flatnonzero(odd)
    if not len(at):
        return []
    cut = np.flatnonzero(np.diff(at) > _JOINED)
    starts, ends = np.append(at[:1], at[cut + 1]), np.append(at[cut], at[-1:])
    return list(zip(starts.tolist(), ends.tolist(), strict=True))


def _anomaly(evidence: Evidence, start: int, end: int) -> Anomaly:
    days = slice(start, end + 1)
    use, expected = evidence.use[days], evidence.expected[days]
    actual, usual = float(np.nansum(use)), float(np.nansum(expected))
    spread = float(np.sqrt(np.nansum(evidence.spread[days] ** 2)))
    kind = _kind(evidence, start, end)
    first = evidence.first + timedelta(days=start)
    return Anomaly(
        meter_id=evidence.meter.meter_id,
        kind=kind,
        start=first,
        end=evidence.first + timedelta(days=end),
        actual=actual,
        expected=usual,
        score=(actual - usual) / max(spread, 1e-9 * max(usual, 1.0), 1e-12),
        reason=reason(
            evidence.meter,
            kind,
            first,
            {
                "days": end - start + 1,
                "actual": rounded(actual),
                "expected": rounded(usual),
                "per_hour": rounded(_per_hour(evidence, days)),
            },
        ),
        is_open=end >= len(evidence.use) - _JOINED,
    )


def reason(
    meter: AnyMeter, kind: str, since: date, numbers: dict[str, float | int]
) -> Finding:
    """Return what a person is told of an anomaly."""
    data: dict[str, Value] = {"since": since, "unit": meter.unit, **numbers}
    return Finding(
        code=f"anomaly_{kind}",
        severity=Severity.WARNING,
        meter_id=meter.meter_id,
        day=since,
        data=data,
    )


def rounded(value: float) -> float:
    """Return three significant digits: nobody reads more in a sentence."""
    return float(f"{value:.3g}")


def _kind(evidence: Evidence, start: int, end: int) -> str:
    """Return what kind of oddity the days are."""
    days = slice(start, end + 1)
    count = {name: int(odd[days].sum()) for name, odd in evidence.rules.items()}
    excess = evidence.use[days] - evidence.expected[days]
    if any(count[name] for name in evidence.surplus):
        return "leak"
    if count.get("stuck"):
        return "catch_up" if _caught_up(evidence, start, end) else "stuck"
    if not np.nansum(excess) > 0:
        return "low"
    if count.get("shift", 0) == 0 and end - start < _SINGLE:
        return "spike"
    return _lasting(evidence.meter, excess)


def _lasting(meter: AnyMeter, excess: Floats) -> str:
    """Return which kind of lasting surplus (n,) it is: growing, steady or high."""
    known = excess[~np.isnan(excess)]
    third = len(known) // 3
    if len(known) >= _CREEP_DAYS:
        early, late = float(known[:third].mean()), float(known[-third:].mean())
        if late > _CREEP * max(early, 0.0) and late > 0:
            return "creep"
    middle = float(np.median(known))
    steady = float(np.quantile(known, 0.2)) >= _STEADY * middle > 0
    return "leak" if steady and meter.medium is Medium.WATER else "high"


def _caught_up(evidence: Evidence, start: int, end: int) -> bool:
    """Return whether all that was missing came at once on the last day."""
    before = evidence.use[start:end]
    missing = float(np.nansum(evidence.expected[start:end] - before))
    return end > start and float(evidence.use[end]) > _CATCH_UP * missing > 0


def _per_hour(evidence: Evidence, days: slice) -> float:
    """Return what runs all the time [L/h, else unit/h]."""
    for name, surplus in evidence.surplus.items():
        if evidence.rules[name][days].any():
            return float(np.nanmedian(surplus[days]))
    excess = float(np.nanmedian(evidence.use[days] - evidence.expected[days])) / 24
    return excess * 1000 if evidence.meter.unit == "m³" else excess
