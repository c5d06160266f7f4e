"""Options that cannot be, and what is left of a house that is removed."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from homeassistant.config_entries import SOURCE_USER, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import InvalidData
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.storage import STORAGE_DIR
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.nebenkosten.const import DOMAIN
from custom_components.nebenkosten.runtime import NkConfigEntry

from .conftest import settle
from .leaking_house import LAST, leaking


async def test_the_form_names_a_time_that_is_none(hass: HomeAssistant) -> None:
    flow: Any = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )
    with pytest.raises(InvalidData) as caught:
        await hass.config_entries.flow.async_configure(
            flow["flow_id"], {"run_time": "25:99"}
        )
    assert "run_time" in caught.value.schema_errors


@pytest.mark.parametrize(("given", "is_none"), [("25:99", True), ("3:5", False)])
async def test_a_stored_time_that_is_none_is_told(
    hass: HomeAssistant, house: NkConfigEntry, given: str, is_none: bool
) -> None:
    hass.config_entries.async_update_entry(house, options={"run_time": given})
    await settle(hass)
    assert house.state is ConfigEntryState.LOADED
    issue = ir.async_get(hass).async_get_issue(DOMAIN, "run_time")
    assert (issue is not None) is is_none
    hass.config_entries.async_update_entry(house, options={"run_time": "05:00:00"})
    await settle(hass)
    assert ir.async_get(hass).async_get_issue(DOMAIN, "run_time") is None


async def test_a_removed_house_leaves_only_its_journal(
    hass: HomeAssistant,
    house: NkConfigEntry,
    hass_storage: dict[str, Any],
    freezer: Any,
) -> None:
    await leaking(hass, house, {LAST: 0.0})
    # What a station said that was removed long ago: a file alone.
    station = Path(hass.config.path(STORAGE_DIR, f"{DOMAIN}.water_temperature:see"))
    station.parent.mkdir(exist_ok=True)
    station.write_text("{}")
    kept = {f"{DOMAIN}.{name}" for name in ("last_values", "ledger", "runs")}
    assert kept <= hass_storage.keys()
    await hass.config_entries.async_remove(house.entry_id)
    freezer.tick(timedelta(hours=1))
    async_fire_time_changed(hass, dt_util.utcnow())
    await settle(hass)
    assert not [name for name in hass_storage if name.startswith(DOMAIN)]
    assert not station.exists()
    assert Path(hass.config.path("nebenkosten.db")).exists()
