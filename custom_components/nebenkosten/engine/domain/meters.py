"""Meters and houses.

Free of numpy: loaded while Home Assistant sets up.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import ClassVar, override


class Medium(StrEnum):
    """The medium that flows through a meter."""

    ELECTRICITY = "electricity"
    GAS = "gas"
    WATER = "water"
    HEAT = "heat"
    OTHER = "other"


class Role(StrEnum):
    """The place of a meter in the house."""

    MAIN = "main"
    SUB = "sub"
    PRODUCTION = "production"
    FEED_IN = "feed_in"
    STORAGE = "storage"


class Sensitivity(StrEnum):
    """How readily a meter's odd days become anomalies."""

    QUIET = "quiet"
    NORMAL = "normal"
    SENSITIVE = "sensitive"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRef:
    """One automatic source of a meter, valid from day to day, both included.

    What a `kind` can do is none of the engine's matters: sources have a registry.
    """

    kind: str
    reference: str
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """The definition that all kinds of meters share.

    `profile` names a seasonal profile or gives its twelve monthly shares. The events of
    a `muted` meter are listed and alarm nobody. What its user expects of it: at most
    `daily_limit` [unit] a day, and more in winter than in summer.
    """

    meter_id: str
    name: str
    medium: Medium
    unit: str
    role: Role | None = None
    part_of: str | None = None
    profile: str | tuple[float, ...] | None = None
    sensitivity: Sensitivity = Sensitivity.NORMAL
    muted: bool = False
    billing_year_start: tuple[int, int] | None = None
    daily_limit: float | None = None
    rises_in_winter: bool = False

    @property
    def key(self) -> str:
        """Return the id that is unique regardless of case."""
        return self.meter_id.lower()

    @property
    def operands(self) -> tuple[str, ...]:
        """Return the keys of the meters that this one is computed from."""
        return ()

    @property
    def last_day(self) -> date | None:
        """Return the last day of its life, None while there is no end to it."""
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter(Definition):
    """A physical meter; `digits` counts the places before the decimal separator.

    Its next reading is overdue `overdue_after` days after the last one; None lets its
    own rhythm say when.
    """

    kind: ClassVar[str] = "physical"

    serial_number: str | None = None
    model: str | None = None
    installed: date | None = None
    removed: date | None = None
    digits: int | None = None
    decimals: int | None = None
    calibrated_until: date | None = None
    overdue_after: float | None = None
    sources: tuple[SourceRef, ...] = ()

    @property
    @override
    def last_day(self) -> date | None:
        """Return the day of its removal."""
        return self.removed

    @property
    def full(self) -> float | None:
        """Return what the dial rolls over at [unit], None: nobody can say."""
        return None if self.digits is None else 10.0**self.digits

    @property
    def resolution(self) -> float | None:
        """Return the least step that the dial shows [unit], None: nobody can say."""
        return None if self.decimals is None else 10.0**-self.decimals

    @property
    def is_read_by_hand(self) -> bool:
        """Return whether people alone tell its readings, and still do."""
        return not self.sources and self.removed is None


@dataclass(frozen=True, slots=True, kw_only=True)
class MasterPeriod:
    """The meters that a master counts from between two local days, both included.

    The use of several sources is added up; an `end` of None is open.
    """

    start: date
    end: date | None
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Master(Definition):
    """Meters one after the other that count the same thing without losing a day."""

    kind: ClassVar[str] = "master"

    periods: tuple[MasterPeriod, ...]

    @property
    @override
    def operands(self) -> tuple[str, ...]:
        """Return the keys of all periods' sources."""
        return tuple(key.lower() for p in self.periods for key in p.sources)

    @property
    @override
    def last_day(self) -> date | None:
        """Return where its last period ends."""
        ends = [period.end for period in self.periods]
        return None if None in ends else max(filter(None, ends))


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One operand of a formula: factor x the meter's use in the formula's unit."""

    meter_id: str
    factor: float = 1.0
    zero_when_absent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Virtual(Definition):
    """A meter whose use is a sum of other meters' use."""

    kind: ClassVar[str] = "virtual"

    terms: tuple[Term, ...]

    @property
    @override
    def operands(self) -> tuple[str, ...]:
        """Return the keys of the formula's meters."""
        return tuple(term.meter_id.lower() for term in self.terms)


type AnyMeter = Meter | Master | Virtual


@dataclass(frozen=True, slots=True, kw_only=True)
class GasFactor:
    """The energy of a cubic metre of gas from a day on: kWh = m³ x brennwert x z.

    `brennwert` is the gross calorific value [kWh/m³], `zustandszahl` the state number z
    that brings the metered volume to standard conditions (DVGW G 685).
    """

    brennwert: float
    zustandszahl: float
    valid_from: date = date.min

    @property
    def kwh(self) -> float:
        """Return the energy [kWh] of a metered cubic metre."""
        return self.brennwert * self.zustandszahl


DEFAULT_GAS = GasFactor(brennwert=11.504, zustandszahl=0.8885)


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """All meters and the zone whose calendar they are counted in.

    `left_out` are the keys of meters that are there too, and cannot be worked with.
    """

    time_zone: str
    meters: tuple[Meter, ...]
    masters: tuple[Master, ...] = ()
    virtuals: tuple[Virtual, ...] = ()
    gas: tuple[GasFactor, ...] = (DEFAULT_GAS,)
    billing_year_start: tuple[int, int] = (1, 1)
    left_out: frozenset[str] = frozenset()

    @property
    def all_meters(self) -> tuple[AnyMeter, ...]:
        """Return the meters of every kind."""
        return (*self.meters, *self.masters, *self.virtuals)

    def of(self, keys: Collection[str]) -> House:
        """Return the same house with some of its meters (by key) only."""
        return replace(
            self,
            meters=tuple(m for m in self.meters if m.key in keys),
            masters=tuple(m for m in self.masters if m.key in keys),
            virtuals=tuple(m for m in self.virtuals if m.key in keys),
        )

    def with_dependents(self, keys: Collection[str]) -> frozenset[str]:
        """Return meters (by key) and all that are computed from them."""
        found = frozenset(keys)
        while True:
            more = found | {
                meter.key
                for meter in self.all_meters
                if not found.isdisjoint(meter.operands)
            }
            if more == found:
                return found
            found = more
