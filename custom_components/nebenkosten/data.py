"""What belongs to a loaded house, and which meter does a subentry describe?"""

from dataclasses import dataclass
from datetime import time
from typing import TYPE_CHECKING

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.core import HomeAssistant

from .const import (
    CONF_RUN_TIME,
    CONF_TEMPERATURE,
    DEFAULT_RUN_TIME,
    DOMAIN,
    SUBENTRY_PHYSICAL,
)
from .engine.definition import meter_from
from .engine.meter import House, Meter

if TYPE_CHECKING:
    from .coordinator.analytics import Analytics

type NkConfigEntry = ConfigEntry[Analytics]


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user chose for the whole house."""

    run_time: time
    temperature: str | None


def settings_of(entry: NkConfigEntry) -> Settings:
    """Return the house's options."""
    return Settings(
        time.fromisoformat(entry.options.get(CONF_RUN_TIME, DEFAULT_RUN_TIME)),
        entry.options.get(CONF_TEMPERATURE),
    )


def house_of(hass: HomeAssistant, entry: NkConfigEntry) -> House:
    """Return the house with its meters in Home Assistant's time zone."""
    return House(
        time_zone=hass.config.time_zone,
        meters=tuple(meter_of(subentry) for subentry in meters_of(entry)),
    )


def meters_of(entry: NkConfigEntry) -> list[ConfigSubentry]:
    """Return the subentries that are meters."""
    return list(entry.get_subentries_of_type(SUBENTRY_PHYSICAL))


def meter_of(subentry: ConfigSubentry) -> Meter:
    """Return the meter that a subentry describes."""
    return meter_from(subentry.title, subentry.data)


def statistic_id(key: str) -> str:
    """Return the id of a meter's consumption statistic."""
    return f"{DOMAIN}:{key}_consumption"
