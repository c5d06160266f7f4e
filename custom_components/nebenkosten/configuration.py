"""A config entry read as house, settings and meters."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import time, timedelta
import math
from typing import Final

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .const import (
    CONF_ATTEMPTS,
    CONF_BILLING_YEAR_START,
    CONF_FEDERAL_STATE,
    CONF_GAS,
    CONF_KEEP_RUNS,
    CONF_PREVIEW,
    CONF_RUN_TIME,
    CONF_TEMPERATURE,
    DEFAULT_ATTEMPTS,
    DEFAULT_KEEP_RUNS,
    DEFAULT_RUN_TIME,
    SUBENTRY_MASTER,
    SUBENTRY_PHYSICAL,
    SUBENTRY_VIRTUAL,
)
from .engine.domain.meters import (
    DEFAULT_GAS,
    AnyMeter,
    GasFactor,
    House,
    Master,
    Meter,
    Virtual,
)
from .engine.domain.serialization import (
    Plain,
    gas_factor,
    master_from,
    virtual_from,
    year_start,
)
from .outside.redaction import plain
from .sources.registry import described_meter

_READ_BY: Final[
    Mapping[str, Callable[[str, Mapping[str, Plain]], Meter | Master | Virtual]]
] = {
    SUBENTRY_PHYSICAL: described_meter,
    SUBENTRY_MASTER: master_from,
    SUBENTRY_VIRTUAL: virtual_from,
}


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user chose for the whole house."""

    run_time: time
    temperature: str | None
    attempts: int
    keep_runs: timedelta
    federal_state: str | None
    preview: bool


def settings_of(entry: ConfigEntry) -> Settings:
    """Return the house's options."""
    options = entry.options
    return Settings(
        run_time=_run_time(options.get(CONF_RUN_TIME, DEFAULT_RUN_TIME)),
        temperature=options.get(CONF_TEMPERATURE),
        attempts=int(options.get(CONF_ATTEMPTS, DEFAULT_ATTEMPTS)),
        keep_runs=timedelta(days=int(options.get(CONF_KEEP_RUNS, DEFAULT_KEEP_RUNS))),
        federal_state=options.get(CONF_FEDERAL_STATE),
        preview=bool(options.get(CONF_PREVIEW)),
    )


def _run_time(given: object) -> time:
    """Return a time of day; the usual one for what is none, which a repair tells."""
    return dt_util.parse_time(str(given)) or time.fromisoformat(DEFAULT_RUN_TIME)


def house_of(hass: HomeAssistant, entry: ConfigEntry) -> House:
    """Return the house with its meters in Home Assistant's time zone."""
    read = read_meters(entry)
    house = house_with(hass.config.time_zone, entry, list(read.meters))
    return replace(house, left_out=read.left_out)


def house_with(time_zone: str, entry: ConfigEntry, meters: list[AnyMeter]) -> House:
    """Return a house of these meters with the entry's options."""
    options = entry.options
    gas = tuple(map(_stored_gas, options.get(CONF_GAS, ())))
    return House(
        time_zone=time_zone,
        meters=tuple(m for m in meters if isinstance(m, Meter)),
        masters=tuple(m for m in meters if isinstance(m, Master)),
        virtuals=tuple(m for m in meters if isinstance(m, Virtual)),
        gas=gas or (DEFAULT_GAS,),
        billing_year_start=year_start(options.get(CONF_BILLING_YEAR_START)) or (1, 1),
    )


def _stored_gas(row: Plain) -> GasFactor:
    """Return a factor as it is kept; one that is no number is an impossible one."""
    try:
        return gas_factor(row)
    except TypeError, ValueError:
        return GasFactor(brennwert=math.nan, zustandszahl=math.nan)


def meters_of(entry: ConfigEntry) -> list[ConfigSubentry]:
    """Return the subentries that are meters of any kind."""
    return [s for s in entry.subentries.values() if s.subentry_type in _READ_BY]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A meter whose subentry nobody understands, and why."""

    key: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadMeters:
    """The meters of an entry: those to work with, and those that have to wait.

    `waiting` are computed from unreadable ones. Computed without them they would lose
    what is published of them, so they keep it as it is.
    """

    meters: tuple[AnyMeter, ...]
    waiting: tuple[AnyMeter, ...]
    unreadable: tuple[Unreadable, ...]

    @property
    def understood(self) -> tuple[AnyMeter, ...]:
        """Return all meters but the unreadable ones."""
        return (*self.meters, *self.waiting)

    @property
    def left_out(self) -> frozenset[str]:
        """Return the keys of the meters that are there and not worked with."""
        return frozenset(one.key for one in (*self.waiting, *self.unreadable))


def read_meters(entry: ConfigEntry) -> ReadMeters:
    """Return the meters that an entry's subentries describe, in their order."""
    found: dict[str, AnyMeter] = {}
    unreadable = []
    for subentry in meters_of(entry):
        key = str(subentry.unique_id)
        try:
            meter = _meter_of(subentry)
            if meter.key != key or key in found:
                raise ValueError(f"meter_id: {meter.meter_id}")
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            unreadable.append(
                Unreadable(key=key, name=str(subentry.title), reason=plain(str(error)))
            )
        else:
            found[key] = meter
    bad = frozenset(one.key for one in unreadable)
    there = House(
        time_zone="UTC",
        meters=(),
        masters=tuple(m for m in found.values() if isinstance(m, Master)),
        virtuals=tuple(m for m in found.values() if isinstance(m, Virtual)),
    )
    waits = there.with_dependents(bad)
    return ReadMeters(
        meters=tuple(m for m in found.values() if m.key not in waits),
        waiting=tuple(m for m in found.values() if m.key in waits and m.key not in bad),
        unreadable=tuple(unreadable),
    )


def _meter_of(subentry: ConfigSubentry) -> AnyMeter:
    """Return the meter that a subentry describes.

    Raises AttributeError, KeyError, TypeError or ValueError for what no form has kept.
    """
    data = subentry.data
    for name in ("meter_id", "unit"):
        if not isinstance(data[name], str) or not data[name].strip():
            raise TypeError(f"{name}: {data[name]}")
    for name in ("sources", "periods", "terms"):
        rows = data.get(name) or ()
        if not isinstance(rows, (list, tuple)) or not all(
            isinstance(row, Mapping) for row in rows
        ):
            raise TypeError(f"{name}: {rows}")
    meter = meter_from_data(subentry.subentry_type, subentry.title, data)
    if isinstance(meter, Virtual):
        for term in meter.terms:
            if not math.isfinite(term.factor):
                raise ValueError(f"factor: {term.factor}")
    return meter


def meter_from_data(
    subentry_type: str, title: str, data: Mapping[str, Plain]
) -> AnyMeter:
    """Return the meter that a subentry of this kind would describe."""
    return _READ_BY[subentry_type](title, data)
