"""Which oddities are news, and what has become of those told before?"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from ..engine.meter import AnyMeter
from ..engine.model import Finding, MeterReport

_NEWS: Final = timedelta(days=7)


class Phase(StrEnum):
    """What happened to an event."""

    OPENED = "opened"
    CHANGED = "changed"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """An event of the last days, as entities and automations see it.

    `actual` and `expected` are totals of its days [unit]; `reason` is the sentence.
    """

    anomaly_id: str
    kind: str
    start: date
    end: date
    actual: float
    expected: float
    score: float
    reason: str
    is_open: bool
    acknowledged: bool


@dataclass(frozen=True, slots=True)
class Told:
    """Something that happened to an event of a meter."""

    meter: AnyMeter
    phase: Phase
    alert: Alert


def alerts_of(
    report: MeterReport,
    acknowledged: Sequence[tuple[date, date]],
    today: date,
    text: Callable[[Finding], str],
) -> tuple[Alert, ...]:
    """Return a meter's events that reach into the last seven days."""
    return tuple(
        Alert(
            anomaly_id=one.anomaly_id,
            kind=one.kind,
            start=one.start,
            end=one.end,
            actual=one.actual,
            expected=one.expected,
            score=one.score,
            reason=text(one.reason),
            is_open=one.is_open,
            acknowledged=is_acknowledged(one.start, one.end, acknowledged),
        )
        for one in report.anomalies
        if one.is_open or one.end >= today - _NEWS
    )


def is_acknowledged(
    start: date, end: date, acknowledged: Iterable[tuple[date, date]]
) -> bool:
    """Return whether somebody knows of an event on some of its days."""
    return any(first <= end and start <= last for first, last in acknowledged)


def news(before: Iterable[Alert], after: Iterable[Alert]) -> list[tuple[Phase, Alert]]:
    """Return what is to be told, each thing once."""
    known = {alert.anomaly_id: alert for alert in before}
    told: list[tuple[Phase, Alert]] = []
    for alert in after:
        old = known.pop(alert.anomaly_id, None)
        if old is None or (alert.is_open and not old.is_open):
            told.append((Phase.OPENED, alert))
        elif old.is_open and alert.kind != old.kind:
            told.append((Phase.CHANGED, alert))
        if not alert.is_open and (old is None or old.is_open):
            told.append((Phase.ENDED, alert))
    gone = [
        (Phase.ENDED, replace(a, is_open=False)) for a in known.values() if a.is_open
    ]
    return told + gone


def current(
    alerts: Mapping[str, Sequence[Alert]], key: str, *, muted: bool
) -> Alert | None:
    """Return the event that a meter has now and nobody knows of."""
    if muted:
        return None
    waiting = [a for a in alerts.get(key, ()) if a.is_open and not a.acknowledged]
    return max(waiting, key=lambda alert: abs(alert.score), default=None)
