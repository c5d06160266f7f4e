"""A reading's preview in words."""

from datetime import datetime
from typing import cast

from homeassistant.core import HomeAssistant
from homeassistant.util.json import JsonObjectType

from ..messages.texts import (
    shown,
    writes_comma,
)


def number_in_words(hass: HomeAssistant, value: object) -> str:
    """Return a number as people of the house's language write it."""
    return shown(float(str(value)), comma=writes_comma(hass.config.language))


def moment(answer: JsonObjectType) -> datetime:
    """Return the time in an action's response."""
    return datetime.fromisoformat(str(answer["time"]))


def preview_in_words(
    hass: HomeAssistant, preview: JsonObjectType, unit: str
) -> dict[str, str]:
    """Return what fills the sentences of a preview."""
    use, days = preview["use"], preview["days"]
    findings = cast(list[JsonObjectType], preview["findings"])
    per_day = None if use is None or not days else float(str(use)) / float(str(days))

    def number(value: object) -> str:
        return "–" if value is None else number_in_words(hass, value)

    return {
        "value": number(preview["value"]),
        "unit": unit,
        "time": f"{moment(preview):%d.%m.%Y %H:%M}",
        "use": number(use),
        "days": number(None if days is None else round(float(str(days)), 1)),
        "per_day": number(per_day),
        "findings": "\n".join(f"- {finding['text']}" for finding in findings),
    }
