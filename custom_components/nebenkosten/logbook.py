"""Our events as lines of the logbook."""

from collections.abc import Callable

from homeassistant.components.logbook import async_log_entry
from homeassistant.components.logbook.const import (
    LOGBOOK_ENTRY_ICON,
    LOGBOOK_ENTRY_MESSAGE,
    LOGBOOK_ENTRY_NAME,
)
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers.translation import async_get_cached_translations

from .const import DOMAIN, EVENT_ANOMALY, EVENT_RUN_FINISHED
from .runs.notices import is_worth_a_line


@callback
def async_describe_events(
    hass: HomeAssistant,
    async_describe_event: Callable[[str, str, Callable[[Event], dict[str, str]]], None],
) -> None:
    """Describe what happened to odd days; runs get a line where they are worth one."""

    def sentence(key: str, **filling: str) -> str:
        language = hass.config.language
        known = async_get_cached_translations(hass, language, "exceptions", DOMAIN)
        return known[f"component.{DOMAIN}.exceptions.{key}.message"].format(**filling)

    @callback
    def anomaly(event: Event) -> dict[str, str]:
        told = event.data
        message = sentence(f"logbook_{told['phase']}", reason=told["reason"])
        return {
            LOGBOOK_ENTRY_NAME: told["meter_id"],
            LOGBOOK_ENTRY_MESSAGE: message,
            LOGBOOK_ENTRY_ICON: "mdi:alert-outline",
        }

    @callback
    def run(event: Event) -> None:
        told = event.data
        if is_worth_a_line(told):
            seconds = f"{told['duration_s']:.1f}"
            message = sentence(f"logbook_run_{told['status']}", seconds=seconds)
            async_log_entry(hass, "Nebenkosten", message, DOMAIN)

    async_describe_event(DOMAIN, EVENT_ANOMALY, anomaly)
    # Each event that is described is a line: of most runs there is nothing to say.
    hass.bus.async_listen(EVENT_RUN_FINISHED, run)
