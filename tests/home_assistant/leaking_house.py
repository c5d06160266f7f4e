"""A house whose water meter is read every day and leaks from some day on."""

from datetime import date, timedelta
from typing import Any

from homeassistant.core import HomeAssistant

from custom_components.nebenkosten.runtime import NkConfigEntry

from .conftest import act, add_meter

# The clock of the tests stands on 2026-03-10, noon.
FIRST = date(2025, 10, 1)
LAST = date(2026, 3, 10)


def daily_rows(meter: str, leak: dict[date, float], last: date = LAST) -> str:
    """Return a file of readings at each midnight; leak [m³/day] from days on."""
    rows, value, extra = ["meter_id,time,value"], 100.0, 0.0
    for number in range((last - FIRST).days + 1):
        day = FIRST + timedelta(days=number)
        rows.append(f"{meter},{day} 00:00,{value:.4f}")
        extra = leak.get(day, extra)
        value += 0.3 + 0.02 * (number * 7 % 5) + extra
    return "\n".join(rows) + "\n"


async def leaking(
    hass: HomeAssistant, house: NkConfigEntry, leak: dict[date, float], **form: Any
) -> None:
    """Add the meter with its readings and run."""
    await add_meter(hass, house, name="Wasser", medium="water", unit="m³", **form)
    await act(hass, "import_readings", content=daily_rows("wasser", leak))
    await act(hass, "run_analytics")
