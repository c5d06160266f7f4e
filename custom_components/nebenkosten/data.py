"""What belongs to a loaded house, and which meter does a subentry describe?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
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
from .engine.model import House, Medium, Meter, Role, SourceKind, SourceRef

if TYPE_CHECKING:
    from .coordinator.analytics import Analytics

type NkConfigEntry = ConfigEntry[Analytics]
type Plain = str | int | float | bool | list[Plain] | dict[str, Plain] | None


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


def meter_from(name: str, data: Mapping[str, Plain]) -> Meter:
    """Return the meter of a name and a subentry's data."""
    role, decimals, digits = data.get("role"), data.get("decimals"), data.get("digits")
    return Meter(
        meter_id=str(data["meter_id"]),
        name=name,
        medium=Medium(str(data["medium"])),
        unit=str(data["unit"]),
        role=Role(str(role)) if role else None,
        part_of=_text(data.get("part_of")),
        serial_number=_text(data.get("serial_number")),
        model=_text(data.get("model")),
        installed=_day(data.get("installed")),
        removed=_day(data.get("removed")),
        digits=None if digits is None else int(str(digits)),
        decimals=None if decimals is None else int(str(decimals)),
        profile=_text(data.get("profile")),
        sources=tuple(_sources(data.get("sources"))),
    )


def meter_data(meter: Meter) -> dict[str, Plain]:
    """Return a meter as a subentry keeps it; what is not set is left out."""
    data: dict[str, Plain] = {
        "meter_id": meter.meter_id,
        "medium": meter.medium.value,
        "unit": meter.unit,
        "role": meter.role.value if meter.role else None,
        "part_of": meter.part_of,
        "serial_number": meter.serial_number,
        "model": meter.model,
        "installed": _iso(meter.installed),
        "removed": _iso(meter.removed),
        "digits": meter.digits,
        "decimals": meter.decimals,
        "profile": meter.profile,
    }
    sources: list[Plain] = [
        {
            "kind": source.kind.value,
            "reference": source.reference,
            "from": _iso(source.valid_from),
            "to": _iso(source.valid_to),
        }
        for source in meter.sources
    ]
    data["sources"] = sources
    return {key: value for key, value in data.items() if value is not None}


def _sources(entries: Plain) -> list[SourceRef]:
    if not isinstance(entries, (list, tuple)):
        return []
    return [
        SourceRef(
            kind=SourceKind(str(entry["kind"])),
            reference=str(entry["reference"]),
            valid_from=_day(entry.get("from")),
            valid_to=_day(entry.get("to")),
        )
        for entry in entries
        if isinstance(entry, Mapping)
    ]


def _text(value: Plain) -> str | None:
    return str(value) if value else None


def _day(value: Plain) -> date | None:
    return date.fromisoformat(str(value)) if value else None


def _iso(value: date | None) -> str | None:
    return value.isoformat() if value else None


def statistic_id(key: str) -> str:
    """Return the id of a meter's consumption statistic."""
    return f"{DOMAIN}:{key}_consumption"
