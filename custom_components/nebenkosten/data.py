"""What belongs to a loaded house, and which meter does a subentry describe?"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import time, timedelta
import math
from typing import TYPE_CHECKING, Final

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
    DOMAIN,
    SUBENTRY_MASTER,
    SUBENTRY_PHYSICAL,
    SUBENTRY_VIRTUAL,
)
from .engine.definition import (
    Plain,
    gas_factor,
    master_from,
    meter_from,
    virtual_from,
    year_start,
)
from .engine.meter import (
    DEFAULT_GAS,
    AnyMeter,
    GasFactor,
    House,
    Master,
    Meter,
    Virtual,
)

if TYPE_CHECKING:
    from .coordinator.analytics import Analytics

type NkConfigEntry = ConfigEntry[Analytics]

_READ_BY: Final[
    Mapping[str, Callable[[str, Mapping[str, Plain]], Meter | Master | Virtual]]
] = {
    SUBENTRY_PHYSICAL: meter_from,
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


def settings_of(entry: NkConfigEntry) -> Settings:
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


def house_of(hass: HomeAssistant, entry: NkConfigEntry) -> House:
    """Return the house with its meters in Home Assistant's time zone."""
    return house_with(
        hass.config.time_zone, entry, [meter_of(one) for one in meters_of(entry)]
    )


def house_with(time_zone: str, entry: NkConfigEntry, meters: list[AnyMeter]) -> House:
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


def meters_of(entry: NkConfigEntry) -> list[ConfigSubentry]:
    """Return the subentries that are meters of any kind."""
    return [s for s in entry.subentries.values() if s.subentry_type in _READ_BY]


def meter_of(subentry: ConfigSubentry) -> AnyMeter:
    """Return the meter that a subentry describes."""
    return meter_from_data(subentry.subentry_type, subentry.title, subentry.data)


def meter_from_data(
    subentry_type: str, title: str, data: Mapping[str, Plain]
) -> AnyMeter:
    """Return the meter that a subentry of this kind would describe."""
    return _READ_BY[subentry_type](title, data)


def statistic_id(key: str) -> str:
    """Return the id of a meter's consumption statistic."""
    return f"{DOMAIN}:{key}_consumption"


def energy_id(key: str) -> str:
    """Return the id of a gas meter's consumption in kWh."""
    return f"{DOMAIN}:{key}_energy"


def preview_of(one: str) -> str:
    """Return the id of a statistic's preview."""
    return f"{one}_preview"


def statistic_ids(key: str) -> tuple[str, ...]:
    """Return all ids that a meter's statistics may have."""
    own = statistic_id(key), energy_id(key)
    return (*own, *map(preview_of, own))
