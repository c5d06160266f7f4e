"""Serial numbers of new dials: in the entry, and safe before its file is written."""

from collections.abc import Iterator, Mapping
import logging
from typing import Final

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.core import HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from ..configuration import meters_of
from ..const import DOMAIN
from ..journal.records import JournalError
from ..journal.serial_numbers import Renumbered, remember_renumbered, renumbered
from ..journal.store import Journal

_LOGGER = logging.getLogger(__name__)
_FIELD: Final = "serial_number"
# Meters whose entry is as exact as the journal: it was changed since the start.
_GIVEN: HassKey[set[str]] = HassKey(f"{DOMAIN}_serial_numbers_given")


@callback
def give_number(
    hass: HomeAssistant,
    entry: ConfigEntry,
    subentry: ConfigSubentry,
    number: str | None,
) -> None:
    """Put a serial number into a meter's subentry; the journal has it already."""
    _given(hass).add(str(subentry.unique_id))
    hass.config_entries.async_update_subentry(
        entry, subentry, data={**subentry.data, _FIELD: number}
    )


async def async_restore_numbers(
    hass: HomeAssistant, entry: ConfigEntry, journal: Journal
) -> None:
    """Give meters the numbers that an exchange was answered for and a kill has lost."""
    try:
        known = await hass.async_add_executor_job(renumbered, journal)
        needed = dict(_still_needed(hass, entry, known))
        if needed != known:
            await hass.async_add_executor_job(remember_renumbered, journal, needed)
    except JournalError as error:
        _LOGGER.warning("Serial numbers are compared at the next start: %s", error)


def _still_needed(
    hass: HomeAssistant, entry: ConfigEntry, known: Mapping[str, Renumbered]
) -> Iterator[tuple[str, Renumbered]]:
    """Yield what the entry's file is not known to hold, after the entry has it.

    A number that is neither the new one nor an older one was given in the form, later.
    """
    meters = {str(one.unique_id): one for one in meters_of(entry)}
    for key, one in known.items():
        if (subentry := meters.get(key)) is None:
            continue
        current = subentry.data.get(_FIELD)
        if key in _given(hass):
            yield key, one if current == one.number else one.then(current)
        elif current in one.instead_of:
            give_number(hass, entry, subentry, one.number)
            yield key, one


def _given(hass: HomeAssistant) -> set[str]:
    return hass.data.setdefault(_GIVEN, set())
