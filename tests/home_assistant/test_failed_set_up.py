"""A set-up that fails leaves nothing open."""

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
import pytest

from custom_components.nebenkosten.analysis.last_values import LastValues
from custom_components.nebenkosten.journal.store import Journal
from custom_components.nebenkosten.runtime import NkConfigEntry

from .conftest import add_meter


@pytest.mark.parametrize("when", ["start", "entities"])
async def test_a_set_up_that_fails_closes_the_journal(
    hass: HomeAssistant,
    house: NkConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
    when: str,
) -> None:
    await add_meter(hass, house)
    closed: list[Journal] = []
    close = Journal.close

    def noted(self: Journal) -> None:
        closed.append(self)
        close(self)

    async def broken(*_: object) -> None:
        raise OSError("no room")

    await hass.config_entries.async_unload(house.entry_id)
    with monkeypatch.context() as patched:
        patched.setattr(Journal, "close", noted)
        if when == "start":
            patched.setattr(LastValues, "async_load", broken)
        else:
            forward = type(hass.config_entries).async_forward_entry_setups
            patched.setattr(
                type(hass.config_entries), forward.__name__, broken, raising=True
            )
        assert not await hass.config_entries.async_setup(house.entry_id)
    assert house.state is ConfigEntryState.SETUP_ERROR
    assert len(closed) == 1
    assert await hass.config_entries.async_reload(house.entry_id)
