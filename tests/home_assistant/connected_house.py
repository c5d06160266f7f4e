"""A house with one meter of an InfluxDB and one read by hand."""

from homeassistant.core import HomeAssistant

from custom_components.nebenkosten.runtime import NkConfigEntry

from .conftest import act, add_meter
from .influx_house import Beside, connect, hourly
from .raw_series import STROM


async def a_house(
    hass: HomeAssistant, house: NkConfigEntry, beside: Beside, url: str
) -> None:
    """Connect one meter with the InfluxDB; another one is read by hand."""
    beside.say(STROM, *hourly("2026-02-20T00:00:00", 24 * 18 + 12, 0.5))
    await connect(hass, house, beside.form(url))
    await add_meter(hass, house, sources=[{"series": "kWh:sensor.strom"}])
    await add_meter(hass, house, name="Wasser", medium="water", unit="m³")
    for time, value in (("2026-02-01", 1), ("2026-03-08", 36)):
        await act(hass, "add_reading", meter_id="wasser", time=time, value=value)
