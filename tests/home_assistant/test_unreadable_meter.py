"""A meter whose settings nobody understands keeps no other one from working."""

from types import MappingProxyType
from typing import Any

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest

from custom_components.nebenkosten.const import DOMAIN, SUBENTRY_VIRTUAL
from custom_components.nebenkosten.runtime import NkConfigEntry

from .conftest import act, add_meter, settle
from .reading_back import published

_READ = (("2026-01-31", 1000), ("2026-03-01", 1290))

GARBAGE: tuple[dict[str, Any], ...] = (
    {},
    {"medium": "plasma"},
    {"unit": None},
    {"unit": 5},
    {"sources": "all"},
    {"sources": [5]},
    {"sources": [{"kind": "magic", "reference": "x"}]},
    {"installed": "yesterday"},
    {"digits": "many"},
    {"meter_id": "another"},
    {"sensitivity": "wild"},
)


def _stored(hass: HomeAssistant, house: NkConfigEntry, name: str, data: Any) -> None:
    """Change a meter's data as a foreign hand would."""
    (subentry,) = (s for s in house.subentries.values() if s.unique_id == name)
    hass.config_entries.async_update_subentry(house, subentry, data=data)


@pytest.mark.parametrize("garbage", GARBAGE, ids=str)
async def test_one_bad_meter_stops_no_other_and_loses_nothing(
    hass: HomeAssistant, house: NkConfigEntry, garbage: dict[str, Any]
) -> None:
    await add_meter(hass, house, name="Strom")
    await add_meter(hass, house, name="Wasser", medium="water", unit="m³")
    sums = ConfigSubentry(
        data=MappingProxyType(
            {
                "meter_id": "summe",
                "medium": "electricity",
                "unit": "kWh",
                "terms": [{"meter_id": "strom"}],
            }
        ),
        subentry_type=SUBENTRY_VIRTUAL,
        title="Summe",
        unique_id="summe",
    )
    hass.config_entries.async_add_subentry(house, sums)
    await settle(hass)
    for meter in ("strom", "wasser"):
        for time, value in _READ:
            await act(hass, "add_reading", meter_id=meter, time=time, value=value)
    await act(hass, "run_analytics")
    before = {one: await published(hass, one) for one in ("strom", "wasser", "summe")}
    assert all(before.values())
    (bad,) = (s for s in house.subentries.values() if s.unique_id == "strom")
    good = dict(bad.data)
    _stored(hass, house, "strom", garbage and good | garbage)
    await settle(hass)
    issues = ir.async_get(hass).issues
    told = [one for domain, one in issues if domain == DOMAIN and "strom" in one]
    assert told == ["unreadable_strom"], told
    await act(hass, "add_reading", meter_id="wasser", time="2026-03-05", value=1300)
    assert (await act(hass, "run_analytics"))["meters"].keys() == {"wasser"}
    after = {one: await published(hass, one) for one in before}
    assert after["wasser"] != before["wasser"]
    assert (after["strom"], after["summe"]) == (before["strom"], before["summe"])
    # Mended: all is as before, and the repair is gone.
    _stored(hass, house, "strom", good)
    await settle(hass)
    assert not [one for domain, one in ir.async_get(hass).issues if domain == DOMAIN]
    await act(hass, "run_analytics")
    assert {one: await published(hass, one) for one in ("strom", "summe")} == {
        one: before[one] for one in ("strom", "summe")
    }
