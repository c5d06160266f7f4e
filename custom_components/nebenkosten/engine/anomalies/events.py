"""Odd days joined to anomalies, with kind and reason."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np

from ..domain.arrays import Bools, Floats
from ..domain.meters import AnyMeter, Medium
from ..domain.report import Anomaly, Finding, Severity, Value

# What an event can be; those without a word here no text exists for.
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
# Odd days at most one quiet day apart are one event; after two it has ended.
_JOINED: Final = 2
_CREEP: Final = 2.0
_CREEP_DAYS: Final = 9
_STEADY: Final = 0.5
_CATCH_UP: Final = 0.5
_SINGLE: Final = 2


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What is known of a meter's days (n,) from `first` on.

    `rules` are the odd days by detector; `expected` and `spread` [unit] per day;
    `surplus_flow` [L/h], beyond the usual, where a meter is read by the hour.
    """

    meter: AnyMeter
    first: date
    use: Floats
    expected: Floats
    spread: Floats
    rules: dict[str, Bools]
    surplus_flow: Floats | None = None

    @property
    def odd(self) -> Bools:
        """Return the days that some rule found odd."""
        result: Bools = np.any(list(self.rules.values()), axis=0)
        return result

    @property
    def runs_on(self) -> Bools:
        """Return the days on which water ran day and night."""
        return self.rules.get("continuous_flow", np.zeros(len(self.use), bool))


def events(evidence: Evidence) -> Iterator[Anomaly]:
    """Yield the events in order of time."""
    for start, end in runs(evidence.odd):
        yield _event(evidence, start, end)


def runs(odd: Bools) -> list[tuple[int, int]]:
    """Return first and last index of each run of odd days."""
    at = np.flatnonzero(odd)
    if not len(at):
        return []
    cut = np.flatnonzero(np.diff(at) > _JOINED)
    starts, ends = np.append(at[:1], at[cut + 1]), np.append(at[cut], at[-1:])
    return list(zip(starts.tolist(), ends.tolist(), strict=True))


def _event(evidence: Evidence, start: int, end: int) -> Anomaly:
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
    """Return what a person is told of an event."""
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
    if count.get("continuous_flow"):
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
    if evidence.surplus_flow is not None and evidence.runs_on[days].any():
        return float(np.nanmedian(evidence.surplus_flow[days]))
    excess = float(np.nanmedian(evidence.use[days] - evidence.expected[days])) / 24
    return excess * 1000 if evidence.meter.unit == "m³" else excess
