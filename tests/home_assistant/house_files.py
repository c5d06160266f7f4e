"""Where a house keeps its files."""

from pathlib import Path

from homeassistant.core import HomeAssistant


def journal_path(hass: HomeAssistant) -> Path:
    return Path(hass.config.path("nebenkosten.db"))
