"""Pure checks of a meter's form; each error is a key of the form's sentences."""

from collections.abc import Collection, Mapping
from datetime import date
from functools import partial
import re
from typing import Any

from homeassistant.components.recorder.entity_options import is_entity_recorded
from homeassistant.components.recorder.statistics import get_metadata
from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.util import slugify

from ..const import DOMAIN
from ..engine.domain import units
from ..engine.domain.meters import Medium, SourceKind
from ..engine.domain.reading_bounds import within
from ..engine.domain.serialization import is_meter_id, month_day, year_start
from ..influx.model import series_from
from ..intake.text import (
    TextError,
    bounded,
    parse_number,
)
from ..outside import OutOfReachError
from ..outside.deadline import async_ask_recorder
from ..sources import tibber
from ..upkeep.identities import (
    free_id,
    rival,
)
from .schemas import LEARNED, MORE, OWN, SOURCE_COLUMNS

_MONTHS = 12
_GERMAN_DAY = re.compile(r"(\d{1,2})\.\s*(\d{1,2})\.?")
_DIMENSIONS = {
    Medium.ELECTRICITY: {"energy"},
    Medium.HEAT: {"energy"},
    Medium.WATER: {"volume"},
    Medium.GAS: {"energy", "volume"},
}


class FieldError(ValueError):
    """A field that cannot be as it is; `key` names the sentence."""

    def __init__(self, field: str, key: str, **placeholders: str) -> None:
        """Keep the field, the key, and what fills the sentence."""
        super().__init__(key)
        self.field = field
        self.key = key
        self.placeholders = placeholders


class SourceError(FieldError):
    """A source that cannot feed a meter."""

    def __init__(self, key: str, reference: str = "") -> None:
        """Keep the key and the source's name."""
        super().__init__("sources", key, source=reference)


def id_from(name: str) -> str:
    """Return a meter id made from a name, empty where it has no letter or digit."""
    if not any(character.isalnum() for character in name):
        return ""
    return re.sub("_+", "_", slugify(name)).strip("_")


def check_new_id(meter_id: str, taken: Collection[str]) -> None:
    """Raise FieldError for an id that a new meter cannot have beside those taken."""
    if not is_meter_id(meter_id):
        raise FieldError("meter_id", "meter_id_invalid")
    if meter_id.lower() in taken:
        raise FieldError("meter_id", "meter_id_taken")
    other = rival(meter_id.lower(), taken)
    if other is not None:
        named = {"other": other, "suggestion": free_id(meter_id, taken)}
        raise FieldError("meter_id", "meter_id_collides", **named)


def meter_errors(values: Mapping[str, Any]) -> dict[str, str]:
    """Return the errors of a meter's form by field."""
    errors: dict[str, str] = {}
    for name in ("name", "serial_number", "model"):
        try:
            bounded(str(values.get(name) or values.get(MORE, {}).get(name) or ""))
        except TextError as error:
            errors["name" if name == "name" else "base"] = error.key
    medium = Medium(values["medium"])
    dimension = units.dimension(units.canonical(values["unit"]))
    if medium in _DIMENSIONS and dimension not in _DIMENSIONS[medium]:
        errors["unit"] = "unit_does_not_fit"
    for name in ("installed", "removed"):
        day = values.get(name)
        if day and within(date.fromisoformat(day)).isoformat() != day:
            errors[name] = "year_mistyped"
    installed, removed = values.get("installed"), values.get("removed")
    if installed and removed and removed < installed:
        errors["removed"] = "removed_before_installed"
    return errors


def profile_of(name: str | None, shares: str | None) -> str | list[float] | None:
    """Return a profile as it is kept; raises FieldError for shares that are none."""
    if name == OWN or (shares and name is None):
        try:
            found = [parse_number(one).decimal for one in _listed(shares or "")]
        except TextError as error:
            raise FieldError("base", "shares_invalid") from error
        if len(found) != _MONTHS or min(found) < 0 or not sum(found) > 0:
            raise FieldError("base", "shares_invalid")
        return found
    return None if name in (None, LEARNED) else name


def _listed(text: str) -> list[str]:
    """Return the numbers of a text; a comma may be a decimal one."""
    separator = ";" if ";" in text else None
    return [one for one in text.split(separator) if one.strip()]


def year_start_of(text: str | None) -> str | None:
    """Return month and day (MM-DD) of such a text, or of one like 1.10.

    Raises FieldError for a day that is none.
    """
    if not text or not text.strip():
        return None
    given = text.strip()
    if match := _GERMAN_DAY.fullmatch(given):
        given = f"{match[2]}-{match[1]}"
    try:
        return month_day(year_start(given))
    except ValueError as error:
        raise FieldError("base", "year_start_invalid") from error


async def async_checked_source(
    hass: HomeAssistant, row: Mapping[str, Any], unit: str
) -> dict[str, str]:
    """Return a source as it is kept; raises SourceError."""
    given = {name: row[name] for name in SOURCE_COLUMNS if row.get(name)}
    if len(given) != 1:
        raise SourceError("source_one_of")
    ((column, reference),) = given.items()
    kind = SOURCE_COLUMNS[column]
    # A sensor's own statistic has no colon: its states belong to it too.
    if kind is SourceKind.STATISTIC and ":" not in reference:
        kind = SourceKind.ENTITY
    if kind is SourceKind.STATISTIC:
        await _async_check_statistic(hass, reference, unit)
    elif kind is SourceKind.ENTITY:
        _check_entity(hass, reference, unit)
    else:
        _check_unit(reference, _unit_outside(kind, reference), unit)
    dates = {name: row[name] for name in ("from", "to") if row.get(name)}
    return {"kind": kind.value, "reference": reference, **dates}


def _unit_outside(kind: SourceKind, reference: str) -> str:
    """Return the unit of what a server offers."""
    if kind is SourceKind.TIBBER:
        if reference.partition("/")[2] not in tibber.HOURS:
            raise SourceError("source_unknown", reference)
        return tibber.UNIT
    try:
        return series_from(reference).unit
    except ValueError as error:
        raise SourceError("source_unknown", reference) from error


async def _async_check_statistic(
    hass: HomeAssistant, statistic_id: str, unit: str
) -> None:
    if statistic_id.startswith(f"{DOMAIN}:"):
        raise SourceError("source_is_ours", statistic_id)
    find = partial(get_metadata, hass, statistic_ids={statistic_id})
    try:
        known = await async_ask_recorder(hass, find)
    except OutOfReachError as error:
        raise SourceError("recorder_out_of_reach", statistic_id) from error
    if statistic_id not in known:
        raise SourceError("source_unknown", statistic_id)
    metadata = known[statistic_id][1]
    if not metadata["has_sum"]:
        raise SourceError("source_no_sum", statistic_id)
    _check_unit(statistic_id, metadata["unit_of_measurement"], unit)


def _check_entity(hass: HomeAssistant, entity_id: str, unit: str) -> None:
    entry = er.async_get(hass).async_get(entity_id)
    if entry is not None and entry.platform == DOMAIN:
        raise SourceError("source_is_ours", entity_id)
    if entity_id.split(".")[0] not in ("sensor", "input_number", "number"):
        raise SourceError("source_wrong_kind", entity_id)
    state = hass.states.get(entity_id)
    if state is None:
        raise SourceError("source_unknown", entity_id)
    if not is_entity_recorded(hass, entity_id):
        raise SourceError("source_not_recorded", entity_id)
    _check_unit(entity_id, state.attributes.get(ATTR_UNIT_OF_MEASUREMENT), unit)


def _check_unit(reference: str, given: str | None, wanted: str) -> None:
    """Refuse a unit that no fixed factor joins with the meter's own."""
    try:
        units.factor(given or wanted, wanted)
    except units.UnitMismatchError as error:
        raise SourceError("source_unit", reference) from error
