"""Diagnostics of a house with telling names name nobody."""

import json
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.util import slugify

from custom_components.nebenkosten.diagnostics import (
    async_get_config_entry_diagnostics,
    async_get_device_diagnostics,
)
from custom_components.nebenkosten.runtime import NkConfigEntry

from .conftest import act, add_meter, settle

NAMES = ("Kanarienhof", "Frau Ödön Müller", "Keller Meier", "Lummerweg 12", "Zaunkönig")


async def test_no_name_is_anywhere(hass: HomeAssistant, house: NkConfigEntry) -> None:
    hass.config.location_name = NAMES[0]
    hass.config_entries.async_update_entry(house, title=NAMES[0])
    entity_id = f"sensor.{slugify(NAMES[3])}_energie"
    attributes = {"unit_of_measurement": "kWh", "device_class": "energy"}
    hass.states.async_set(entity_id, "5", attributes)
    await add_meter(hass, house, name=NAMES[1], sources=[{"entity": entity_id}])
    await add_meter(hass, house, name=NAMES[2])
    key = next(
        one.key for one in house.runtime_data.loaded.house.meters if not one.sources
    )
    for day, value in enumerate((10, 30, 20, 400, 500), 1):
        await act(
            hass,
            "add_reading",
            meter_id=key,
            value=value,
            time=f"2026-03-0{day} 12:00",
            note=NAMES[4],
        )
    await act(hass, "run_analytics")
    gone = await add_meter(hass, house, name=f"{NAMES[4]} alt")
    await act(hass, "run_analytics")
    hass.config_entries.async_remove_subentry(house, gone)
    await settle(hass)

    devices = dr.async_entries_for_config_entry(dr.async_get(hass), house.entry_id)
    told: list[Any] = [
        await async_get_config_entry_diagnostics(hass, house),
        *[await async_get_device_diagnostics(hass, house, one) for one in devices],
    ]
    text = json.dumps(told, default=str, ensure_ascii=False).lower()
    forms = {form for name in NAMES for form in (name.lower(), slugify(name))}
    assert [form for form in forms if form in text] == []
