"""What lies of a station on the disk never keeps the house from starting."""

from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
import pytest

from custom_components.nebenkosten.const import DOMAIN
from custom_components.nebenkosten.runtime import NkConfigEntry

from .conftest import NOW, settle
from .stations import add_station, serving

GOOD: dict[str, Any] = {"last": None, "unsent": [], "etag": None, "modified": None}


@pytest.fixture(autouse=True)
def _sockets(socket_enabled: None) -> None:
    """Let the station's page be served on this machine."""


@pytest.mark.parametrize(
    ("version", "data"),
    [
        (99, GOOD),
        (1, {}),
        (1, GOOD | {"last": "now"}),
        (1, GOOD | {"unsent": 5}),
        (1, GOOD | {"unsent": [[1]]}),
    ],
)
async def test_a_file_that_nobody_understands_is_made_anew(
    hass: HomeAssistant,
    house: NkConfigEntry,
    hass_storage: dict[str, Any],
    version: int,
    data: dict[str, Any],
) -> None:
    async with serving(NOW) as service:
        await add_station(
            hass, house, station="other", name="Schliersee", url=service.url
        )
        await settle(hass)
        (station,) = house.runtime_data.servers.stations.values()
        key = f"{DOMAIN}.{station.definition.unique_id}"
        await hass.config_entries.async_unload(house.entry_id)
        hass_storage[key] = {
            "version": version,
            "minor_version": 1,
            "key": key,
            "data": data,
        }
        assert await hass.config_entries.async_setup(house.entry_id)
        await settle(hass)


async def test_a_station_without_an_address(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    async with serving(NOW) as service:
        await add_station(
            hass, house, station="other", name="Schliersee", url=service.url
        )
        await settle(hass)
        (station,) = (s for s in house.subentries.values() if "url" in s.data)
        hass.config_entries.async_update_subentry(house, station, data={})
        await settle(hass)
    assert house.state is ConfigEntryState.LOADED
    state = hass.states.get("sensor.schliersee")
    assert state is not None
    assert state.state == "unavailable"
