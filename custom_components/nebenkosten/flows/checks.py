"""Pure checks of a meter's form; each error is a key of the form's sentences."""

from collections.abc import Collection, Mapping
from datetime import date
import re
from typing import Any

from homeassistant.util import slugify

from ..engine.domain import units
from ..engine.domain.meters import Medium
from ..engine.domain.reading_bounds import within
from ..engine.domain.serialization import is_meter_id, month_day, year_start
from ..intake.text import TextError, bounded, parse_number
from ..upkeep.identities import free_id, rival
from .schemas import LEARNED, MORE, OWN

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
