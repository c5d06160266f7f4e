"""A real Home Assistant core with a real recorder, in this process."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from homeassistant.components.recorder.core import Recorder
from homeassistant.config_entries import SOURCE_USER
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.setup import async_setup_component
import pytest

from custom_components.nebenkosten.connections import link
from custom_components.nebenkosten.const import DOMAIN, SUBENTRY_PHYSICAL
from custom_components.nebenkosten.runtime import NkConfigEntry
from custom_components.nebenkosten.sources import tibber_api

from ..tibber.stand_in import FakeTibber, standing_in

type AddMeter = Callable[..., Awaitable[str]]

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _integration(recorder_mock: Recorder, enable_custom_integrations: None) -> None:
    """Load the recorder first: the other fixture already needs it."""


@pytest.fixture(autouse=True)
async def _berlin(
    _integration: None, hass: HomeAssistant, freezer: Any, tmp_path: Any
) -> AsyncIterator[None]:
    """Set the scene; afterwards the house ends before its recorder does."""
    hass.config.config_dir = str(tmp_path)
    await hass.config.async_set_time_zone("Europe/Berlin")
    hass.config.language = "en"
    freezer.move_to(NOW)
    assert await async_setup_component(hass, "homeassistant", {})
    yield
    await hass.async_block_till_done()
    for entry in hass.config_entries.async_loaded_entries(DOMAIN):
        await hass.config_entries.async_unload(entry.entry_id)


@pytest.fixture(autouse=True)
def _no_naps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again at once: a clock that stands still never wakes a sleeper."""
    monkeypatch.setattr(link, "_FIRST_WAIT", 0.0)


@pytest.fixture
async def fake(
    socket_enabled: None, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[FakeTibber]:
    found = FakeTibber(NOW)
    async with standing_in(found) as url:
        monkeypatch.setattr(tibber_api, "API", url)
        yield found


@pytest.fixture
async def house(hass: HomeAssistant) -> NkConfigEntry:
    """Set a house up through its flow."""
    return await add_house(hass)


async def add_house(hass: HomeAssistant) -> NkConfigEntry:
    flow = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )
    assert flow["type"] is FlowResultType.FORM
    done = await hass.config_entries.flow.async_configure(
        flow["flow_id"], {"run_time": "03:30:00"}
    )
    assert done["type"] is FlowResultType.CREATE_ENTRY, done
    await settle(hass)
    entry: NkConfigEntry = done["result"]
    return entry


async def settle(hass: HomeAssistant) -> None:
    """Let reloads and background runs come to rest."""
    for _ in range(3):
        await hass.async_block_till_done(wait_background_tasks=True)


async def add_meter(hass: HomeAssistant, entry: NkConfigEntry, **form: Any) -> str:
    """Add a meter through its flow; returns its subentry's id."""
    flow = await hass.config_entries.subentries.async_init(
        (entry.entry_id, SUBENTRY_PHYSICAL), context={"source": SOURCE_USER}
    )
    values = {"name": "Strom", "medium": "electricity", "unit": "kWh"} | form
    done = await hass.config_entries.subentries.async_configure(flow["flow_id"], values)
    assert done["type"] is FlowResultType.CREATE_ENTRY, done
    await settle(hass)
    return next(
        s.subentry_id
        for s in entry.subentries.values()
        if s.unique_id == done["unique_id"]
    )


async def act(hass: HomeAssistant, action: str, **data: Any) -> Any:
    """Call one of our actions and return its response."""
    return await hass.services.async_call(
        DOMAIN, action, data, blocking=True, return_response=True
    )
