"""Alerts: the anomalies that somebody is told of, followed from run to run."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Final, Protocol

from ..engine.domain.meters import AnyMeter
from ..engine.domain.report import Finding, MeterReport
from ..journal.acknowledgements import Acknowledgement

_NEWS: Final = timedelta(days=7)
# Times the excess a day that somebody knew of.
_MUCH_WORSE: Final = 2.0


class Event(Protocol):
    """Odd days, as the engine finds them or as they are told.

    `actual` and `expected` are totals of the days start..end [unit].
    """

    @property
    def kind(self) -> str:
        """Return what it looks like."""

    @property
    def start(self) -> date:
        """Return its first day."""

    @property
    def end(self) -> date:
        """Return its last day."""

    @property
    def actual(self) -> float:
        """Return what was used."""

    @property
    def expected(self) -> float:
        """Return what usually is."""


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
    acknowledged: Sequence[Acknowledgement],
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
            acknowledged=is_acknowledged(one, acknowledged),
        )
        for one in report.anomalies
        if one.is_open or one.end >= today - _NEWS
    )


def as_known(event: Event) -> Acknowledgement:
    """Return an event as who acknowledges it now knows it."""
    return Acknowledgement(
        first=event.start, last=event.end, kind=event.kind, excess=_excess(event)
    )


def is_acknowledged(event: Event, acknowledged: Iterable[Acknowledgement]) -> bool:
    """Return whether somebody knows of an event, on some of its days and as it is.

    Of another kind, or much worse than it was known, it is news again.
    """
    return any(
        one.first <= event.end
        and event.start <= one.last
        and one.kind in (None, event.kind)
        and (one.excess is None or _excess(event) <= _MUCH_WORSE * one.excess)
        for one in acknowledged
    )


def _excess(event: Event) -> float:
    """Return how far an event's use lies from the expected one [unit/day]."""
    days = (event.end - event.start).days + 1
    return abs(event.actual - event.expected) / days


def news(before: Iterable[Alert], after: Iterable[Alert]) -> list[tuple[Phase, Alert]]:
    """Return what is to be told, each thing once."""
    known = {alert.anomaly_id: alert for alert in before}
    told: list[tuple[Phase, Alert]] = []
    for alert in after:
        old = known.pop(alert.anomaly_id, None)
        if old is None or (alert.is_open and not old.is_open):
            told.append((Phase.OPENED, alert))
        elif old.is_open and (alert.kind != old.kind or _is_news_again(old, alert)):
            told.append((Phase.CHANGED, alert))
        if not alert.is_open and (old is None or old.is_open):
            told.append((Phase.ENDED, alert))
    gone = [
        (Phase.ENDED, replace(a, is_open=False)) for a in known.values() if a.is_open
    ]
    return told + gone


def _is_news_again(old: Alert, alert: Alert) -> bool:
    return alert.is_open and old.acknowledged and not alert.acknowledged


def known_ones(
    alerts: Mapping[str, Sequence[Alert]], key: str, *, muted: bool
) -> list[Alert]:
    """Return the events that a meter has now and somebody has acknowledged."""
    if muted:
        return []
    return [a for a in alerts.get(key, ()) if a.is_open and a.acknowledged]


def current(
    alerts: Mapping[str, Sequence[Alert]], key: str, *, muted: bool
) -> Alert | None:
    """Return the event that a meter has now and nobody knows of."""
    if muted:
        return None
    waiting = [a for a in alerts.get(key, ()) if a.is_open and not a.acknowledged]
    return max(waiting, key=lambda alert: abs(alert.score), default=None)
