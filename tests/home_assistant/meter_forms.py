"""The forms of a meter, step by step."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType

from custom_components.nebenkosten.const import SUBENTRY_PHYSICAL
from custom_components.nebenkosten.runtime import NkConfigEntry


async def menu(hass: HomeAssistant, house: NkConfigEntry, choice: str) -> Any:
    (subentry,) = house.subentries.values()
    menu = await hass.config_entries.subentries.async_init(
        (house.entry_id, SUBENTRY_PHYSICAL),
        context={"source": "reconfigure", "subentry_id": subentry.subentry_id},
    )
    assert menu["type"] is FlowResultType.MENU
    return await hass.config_entries.subentries.async_configure(
        menu["flow_id"], {"next_step_id": choice}
    )


async def go_on(hass: HomeAssistant, flow: Any, **values: Any) -> Any:
    return await hass.config_entries.subentries.async_configure(flow["flow_id"], values)
