"""A new dial's serial number is safe when its exchange is answered."""

from collections.abc import Mapping
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest

from custom_components.nebenkosten.journal.serial_numbers import renumbered
from custom_components.nebenkosten.runtime import NkConfigEntry
from custom_components.nebenkosten.upkeep import serial_numbers

from .conftest import act, add_meter, settle
from .meter_forms import go_on, menu


async def _add_read(hass: HomeAssistant, house: NkConfigEntry, **more: Any) -> None:
    await add_meter(hass, house, more={"serial_number": "OLD"} | more)
    for time, value in (("2026-01-31", 1000), ("2026-02-28", 1280)):
        await act(hass, "add_reading", meter_id="strom", time=time, value=value)


async def _exchange(hass: HomeAssistant, day: int, number: str, value: float) -> None:
    """Exchange the meter on a day of March; it shows `value` then."""
    await act(
        hass,
        "replace_meter",
        meter_id="strom",
        time=f"{day:02}.03.2026",
        final_value=value,
        serial_number=number,
    )


def _data(house: NkConfigEntry) -> Mapping[str, Any]:
    (subentry,) = house.subentries.values()
    return subentry.data


async def _start(
    hass: HomeAssistant, house: NkConfigEntry, stored: Mapping[str, Any]
) -> None:
    """Start anew with what the entry's file held, and the journal as it is."""
    await settle(hass)
    assert await hass.config_entries.async_unload(house.entry_id)
    await settle(hass)
    (subentry,) = house.subentries.values()
    hass.config_entries.async_update_subentry(house, subentry, data=dict(stored))
    hass.data.pop(serial_numbers._GIVEN, None)
    assert await hass.config_entries.async_setup(house.entry_id)
    await settle(hass)


async def _change_in_form(
    hass: HomeAssistant, house: NkConfigEntry, number: str | None
) -> None:
    form = await menu(hass, house, "settings")
    given: dict[str, Any] = {"name": "Strom", "medium": "electricity", "unit": "kWh"}
    given["more"] = {"serial_number": number} if number else {}
    done = await go_on(hass, form, **given)
    assert done["reason"] == "reconfigure_successful", done
    await settle(hass)
    assert _data(house).get("serial_number") == number


async def test_a_kill_right_after_the_exchange_loses_no_number(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await _add_read(hass, house)
    before = _data(house)
    await _exchange(hass, 5, "NEW", 1350)
    await _start(hass, house, before)
    assert _data(house)["serial_number"] == "NEW"
    # Killed again before Home Assistant has written the entry.
    await _start(hass, house, before)
    assert _data(house)["serial_number"] == "NEW"
    await _start(hass, house, _data(house))
    assert _data(house)["serial_number"] == "NEW"
    assert renumbered(house.runtime_data.loaded.journal) == {}
    # Only what an exchange was answered for comes back: now the entry's word counts.
    await _start(hass, house, before)
    assert _data(house)["serial_number"] == "OLD"


@pytest.mark.parametrize("stored", [0, 1])
async def test_of_two_exchanges_the_last_number_comes_back(
    hass: HomeAssistant, house: NkConfigEntry, stored: int
) -> None:
    await _add_read(hass, house)
    versions = [_data(house)]
    await _exchange(hass, 5, "NEW", 1350)
    await settle(hass)
    versions.append(_data(house))
    await _exchange(hass, 6, "NEWEST", 7)
    await _start(hass, house, versions[stored])
    assert _data(house)["serial_number"] == "NEWEST"


@pytest.mark.parametrize("number", ["FORM", "OLD", None])
@pytest.mark.parametrize("written", [False, True])
async def test_what_the_form_says_later_wins(
    hass: HomeAssistant, house: NkConfigEntry, number: str | None, written: bool
) -> None:
    await _add_read(hass, house)
    before = _data(house)
    await _exchange(hass, 5, "NEW", 1350)
    await settle(hass)
    await _change_in_form(hass, house, number)
    await _start(hass, house, _data(house) if written else before)
    assert _data(house).get("serial_number") == number


async def test_a_number_given_in_the_form_and_written_ends_the_exchanges(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await _add_read(hass, house)
    await _exchange(hass, 5, "NEW", 1350)
    await settle(hass)
    await _start(hass, house, {**_data(house), "serial_number": "FORM"})
    assert _data(house)["serial_number"] == "FORM"
    assert renumbered(house.runtime_data.loaded.journal) == {}


async def test_an_exchange_that_is_refused_leaves_no_number(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await _add_read(hass, house)
    with pytest.raises(HomeAssistantError):
        await _exchange(hass, 5, "NEW", -1)
    assert _data(house)["serial_number"] == "OLD"
    assert renumbered(house.runtime_data.loaded.journal) == {}
