"""Readings typed into a box while its house is being loaded anew.

Home Assistant skips an entity that is not there and answers success. Between its event
of the call and its look-up of entities nothing suspends: who is not there at the event
is skipped, and the reading is entered here once the house is back.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
import logging
from typing import Any, Final

from homeassistant.components.number.const import (
    ATTR_VALUE,
    DOMAIN as NUMBER,
    SERVICE_SET_VALUE,
)
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import EVENT_CALL_SERVICE
from homeassistant.core import Context, Event, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, Unauthorized
from homeassistant.helpers import (
    config_validation as cv,
    entity_registry as er,
    issue_registry as ir,
)
from homeassistant.helpers.entity_component import DATA_INSTANCES
from homeassistant.helpers.target import (
    TargetSelection,
    async_extract_referenced_entity_ids,
)
from homeassistant.util import dt as dt_util
import probatio as vol

from ..const import DOMAIN, ISSUE_LATE_READING
from ..messages.errors import broken
from ..outside.deadline import async_within

_LOGGER = logging.getLogger(__name__)
_CALL: Final = cv.make_entity_service_schema(
    {vol.Required(ATTR_VALUE): vol.Coerce(float)}
)
# A house that takes longer to come back [s] has trouble of its own.
_PATIENCE: Final = 600.0
_AGAIN: Final = "house_reloading"


@dataclass(frozen=True, slots=True)
class LateReading:
    """A value that somebody typed into a meter's box that was not there."""

    entry: ConfigEntry
    device_id: str
    name: str
    value: float
    at: datetime
    context: Context


@callback
def async_keep_late_readings(hass: HomeAssistant) -> None:
    """Begin to listen, for as long as Home Assistant runs."""

    @callback
    def is_box(data: Mapping[str, Any]) -> bool:
        return (data["domain"], data["service"]) == (NUMBER, SERVICE_SET_VALUE)

    @callback
    def called(event: Event) -> None:
        for late in _skipped(hass, event):
            hass.async_create_task(_async_enter(hass, late), eager_start=False)

    hass.bus.async_listen(EVENT_CALL_SERVICE, called, event_filter=is_box)


def _skipped(hass: HomeAssistant, event: Event) -> list[LateReading]:
    """Return the readings for boxes of ours that Home Assistant does not find."""
    try:
        given = _CALL(dict(event.data["service_data"]))
    except vol.Invalid:
        return []
    chosen = async_extract_referenced_entity_ids(hass, TargetSelection(given))
    boxes = hass.data.get(DATA_INSTANCES, {}).get(NUMBER)
    found = []
    for entity_id in chosen.referenced | chosen.indirectly_referenced:
        known = er.async_get(hass).async_get(entity_id)
        if known is None or known.platform != DOMAIN or known.disabled:
            continue
        entry = hass.config_entries.async_get_entry(known.config_entry_id or "")
        there = boxes is not None and boxes.get_entity(entity_id) is not None
        if entry is None or there or known.device_id is None:
            continue
        found.append(
            LateReading(
                entry=entry,
                device_id=known.device_id,
                name=entity_id,
                value=given[ATTR_VALUE],
                at=event.time_fired,
                context=event.context,
            )
        )
    return found


async def _async_enter(hass: HomeAssistant, late: LateReading) -> None:
    """Enter a reading once the house is loaded, or tell that it was not kept."""
    try:
        await async_within(_async_kept(hass, late), _PATIENCE, broken(_AGAIN))
    except Unauthorized:
        # Home Assistant has refused the call: its caller knows.
        return
    except HomeAssistantError as error:
        _tell(hass, late, str(error))
    except asyncio.CancelledError:
        _tell(hass, late, str(broken(_AGAIN)))
        raise


async def _async_kept(hass: HomeAssistant, late: LateReading) -> None:
    reading = {
        "device_id": late.device_id,
        "value": late.value,
        "time": late.at.isoformat(),
        "confirmed": False,
    }
    while True:
        await _async_loaded(hass, late.entry)
        try:
            await hass.services.async_call(
                DOMAIN, "add_reading", reading, blocking=True, context=late.context
            )
        except HomeAssistantError as error:
            if error.translation_key != _AGAIN:
                raise
            await asyncio.sleep(0)
        else:
            return


async def _async_loaded(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Wait until a house is loaded."""
    while entry.state is not ConfigEntryState.LOADED:
        changed: asyncio.Future[None] = hass.loop.create_future()

        @callback
        def told(changed: asyncio.Future[None] = changed) -> None:
            if not changed.done():
                changed.set_result(None)

        remove = entry.async_on_state_change(told)
        try:
            await changed
        finally:
            remove()


@callback
def _tell(hass: HomeAssistant, late: LateReading, reason: str) -> None:
    _LOGGER.warning("A reading of %s was not kept: %s", late.name, reason)
    ir.async_create_issue(
        hass,
        DOMAIN,
        f"{ISSUE_LATE_READING}_{late.device_id}_{late.at.timestamp():.0f}",
        is_fixable=False,
        is_persistent=True,
        severity=ir.IssueSeverity.WARNING,
        translation_key=ISSUE_LATE_READING,
        translation_placeholders={
            "name": late.name,
            "value": f"{late.value:g}",
            "time": f"{dt_util.as_local(late.at):%Y-%m-%d %H:%M}",
            "reason": reason,
        },
    )
