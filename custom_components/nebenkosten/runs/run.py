"""A run: what was asked of it, and what it did."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum

from ..analysis.alerts import Told
from ..engine.domain.report import Finding, MeterReport


class TooLongError(Exception):
    """Work did not end within its limit."""


class Trigger(StrEnum):
    """Why a run began."""

    MANUAL = "manual"
    NIGHTLY = "nightly"
    HOURLY = "hourly"
    CHANGE = "change"
    START = "start"
    RETRY = "retry"
    CHECK = "check"
    BURST = "burst"


class RunStatus(StrEnum):
    """How a run, or one meter in it, ended."""

    OK = "ok"
    PARTIAL = "partial"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a run shall do; without meters it concerns all of them.

    `start` and `end` (both included) bound the days that the response counts, and how
    far back sources are read again; `full` believes nothing that is cached.
    """

    trigger: Trigger
    meters: frozenset[str] | None = None
    start: date | None = None
    end: date | None = None
    full: bool = False
    dry_run: bool = False

    def joined(self, meters: frozenset[str]) -> Request:
        """Return the request with more meters, if it does not concern all anyway."""
        if self.meters is None:
            return self
        return replace(self, meters=self.meters | meters)


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """A month's use as it is published, and as it would be [unit]."""

    old: float | None
    new: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterRun:
    """What a run did with one meter.

    `collected` counts the records that its sources gave; `months` are those that a dry
    run would change or has looked at.
    """

    status: RunStatus
    readings: int = 0
    collected: int = 0
    days: int = 0
    first_day: date | None = None
    last_day: date | None = None
    total: float | None = None
    findings: tuple[Finding, ...] = ()
    report: MeterReport | None = None
    changed_days: int = 0
    months: Mapping[str, Month] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The record of one run; durations in seconds.

    `missed` are meters whose servers were out of reach, by what was missed; `told` is
    what happened to their events, `attempts` how often a server had to be asked. One
    that came to no end has a `reason`, a sentence; `interrupted` ones go on later.
    """

    run_id: str
    trigger: Trigger
    status: RunStatus
    started: datetime
    duration: float
    stages: Mapping[str, float]
    meters: Mapping[str, MeterRun]
    written: int
    points: int = 0
    errors: tuple[str, ...] = field(default=())
    missed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    attempts: Mapping[str, int] = field(default_factory=dict)
    told: tuple[Told, ...] = ()
    reason: str | None = None
    interrupted: bool = False
