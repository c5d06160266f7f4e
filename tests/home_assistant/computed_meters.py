"""Master and virtual meters, added through their flows."""

from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from custom_components.nebenkosten.runtime import NkConfigEntry

from .conftest import act, add_meter, settle

type Form = dict[str, Any]

CHAIN: list[Form] = [
    {
        "start_date": "2026-01-01",
        "end_date": "2026-01-31",
        "source_meters": ["alt"],
    },
    {"start_date": "2026-02-01", "source_meters": ["neu"]},
]


async def add_computed(
    hass: HomeAssistant, house: NkConfigEntry, kind: str, **form: Any
) -> Any:
    """Fill the form of a computed meter; returns what the flow answers."""
    flow = await hass.config_entries.subentries.async_init(
        (house.entry_id, kind), context={"source": "user"}
    )
    values = {"medium": "electricity", "unit": "kWh"} | form
    done = await hass.config_entries.subentries.async_configure(flow["flow_id"], values)
    await settle(hass)
    return done


async def enter(hass: HomeAssistant, meter: str, *readings: tuple[str, float]) -> None:
    for time, value in readings:
        await act(hass, "add_reading", meter_id=meter, time=time, value=value)


@pytest.fixture
async def exchanged(hass: HomeAssistant, house: NkConfigEntry) -> NkConfigEntry:
    """Return a house whose main meter was exchanged, with a part of it."""
    await add_meter(hass, house, name="Alt", removed="2026-01-31")
    await add_meter(hass, house, name="Neu", installed="2026-02-01")
    await add_meter(hass, house, name="Wohnung")
    await enter(hass, "alt", ("2025-12-31", 100), ("2026-01-31", 410))
    await act(
        hass, "add_reading", meter_id="neu", time="2026-02-01", value=0, kind="install"
    )
    await enter(hass, "neu", ("2026-02-28", 140), ("2026-03-09", 185))
    await enter(hass, "wohnung", ("2025-12-31", 0), ("2026-03-09", 68))
    return house
