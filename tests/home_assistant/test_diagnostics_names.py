"""Diagnostics name nobody: not in values, not in keys, not in sentences."""

import json
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.util import slugify
from hypothesis import given, strategies as st

from custom_components.nebenkosten.diagnostics import (
    async_get_config_entry_diagnostics,
    async_get_device_diagnostics,
)
from custom_components.nebenkosten.runtime import NkConfigEntry
from custom_components.nebenkosten.upkeep.pseudonyms import Pseudonyms
from scripts.servers import Influxd

from ..tibber.stand_in import FakeTibber
from .alerts import LEAK
from .conftest import act, add_meter, settle
from .influx_house import Beside, connect
from .leaking_house import daily_rows
from .tibber_house import connect_tibber

# In each text that a person may fill.
TELLING = (
    *("Familie Zwetschgenberger", "Lindenstraße Siebzehn", "Erdgeschoss Überlinger"),
    *("Ablesenotiz Kanari", "Seriennummer Kanari", "Baureihe Kanari"),
)
SENSOR = "sensor.zaehler_frau_mirabellner"


async def test_nobody_is_named(
    hass: HomeAssistant, house: NkConfigEntry, fake: FakeTibber, influxd: Influxd
) -> None:
    beside = Beside(influxd.url)
    await connect(hass, house, beside.form())
    await connect_tibber(hass, house)
    hass.config_entries.async_update_entry(house, title=TELLING[1])
    await add_meter(
        hass,
        house,
        name=TELLING[0],
        medium="water",
        unit="m³",
        more={"serial_number": TELLING[4], "model": TELLING[5]},
    )
    hass.states.async_set(
        SENSOR, "5", {"unit_of_measurement": "m³", "state_class": "total_increasing"}
    )
    await add_meter(
        hass,
        house,
        name=TELLING[2],
        medium="water",
        unit="m³",
        sources=[{"entity": SENSOR}],
        more={"part_of": slugify(TELLING[0])},
    )
    await act(hass, "import_readings", content=daily_rows(slugify(TELLING[0]), LEAK))
    # Not used, since it contradicts the next one: a finding names the meter.
    await act(
        hass,
        "add_reading",
        meter_id=slugify(TELLING[0]),
        value=9999,
        time="2026-02-10 12:00",
        note=TELLING[3],
    )
    await act(hass, "run_analytics")
    await settle(hass)
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), house.entry_id)
    told: list[Any] = [
        await async_get_config_entry_diagnostics(hass, house),
        *[await async_get_device_diagnostics(hass, house, one) for one in devices],
    ]
    text = json.dumps(told, default=str, ensure_ascii=False).casefold()
    names = [*TELLING, SENSOR, "mirabellner", beside.raw, beside.processed]
    homes = house.runtime_data.servers.homes
    assert homes is not None
    names += [home.name for home in homes.data.values()]
    spellings = {s.casefold() for name in names for s in (name, slugify(name))}
    assert [one for one in spellings if one in text] == []
    whole = told[0]
    assert set(whole["meters"]) == {"meter_1", "meter_2"}
    assert whole["meters"]["meter_2"]["definition"]["part_of"] == "meter_1"
    assert whole["runs"][0]["meters"].keys() == {"meter_1", "meter_2"}
    assert whole["meters"]["meter_1"]["alerts"][0]["kind"] == "leak"


_NAMES = st.text("äbcßXyz9 -", min_size=3, max_size=12).filter(
    lambda name: (
        len(name.strip()) > 2 and len(slugify(name)) > 2 and any(map(str.isalnum, name))
    )
)


@given(
    names=st.lists(_NAMES, max_size=6),
    before=st.sampled_from(["", "sensor.", "of ", "(", "x_"]),
    after=st.sampled_from(["", "_consumption", ":", " is odd", ")"]),
)
def test_no_name_is_left_wherever_it_stands(
    names: list[str], before: str, after: str
) -> None:
    """Spelled as it is, in capitals, as a slug, as a key, deep in a list."""
    words = Pseudonyms()
    for name in names:
        words.add("meter", [name])
    for name in names:
        for spelling in (name, name.upper(), slugify(name)):
            said = f"{before}{spelling}{after}"
            hidden = repr(words.hidden({said: [said, {"x": said}]}))
            assert spelling.lower() not in hidden.lower()
            assert hidden.count("meter_") == 3
