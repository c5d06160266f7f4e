"""Raw series of an InfluxDB 2 whose values were of several types."""

from datetime import UTC, datetime, timedelta

from homeassistant.core import HomeAssistant
import pytest

from custom_components.nebenkosten.influx.model import Point
from custom_components.nebenkosten.runtime import NkConfigEntry

from ..influx.stand_in import StandIn
from .conftest import act, add_meter
from .influx_2_house import BesideV2, connect_v2
from .influx_house import NS


@pytest.fixture
def beside(stand_in: StandIn) -> BesideV2:
    return BesideV2(stand_in)


@pytest.mark.parametrize("old", ["integer", "text"])
async def test_a_raw_series_whose_type_changed(
    hass: HomeAssistant,
    house: NkConfigEntry,
    beside: BesideV2,
    stand_in: StandIn,
    old: str,
) -> None:
    monday = datetime(2025, 12, 1, tzinfo=UTC)
    for week in range(12):
        time = monday + timedelta(weeks=week, hours=6)
        value: float | str = 100.5 + week
        if week % 3 == 0:
            value = 100 + week if old == "integer" else f"{100 + week}"
        beside.server.write(
            "raw",
            [
                Point(
                    measurement="m³",
                    tags={"domain": "input_number", "entity_id": "gas_zaehler"},
                    fields={"value": value},
                    time=round(time.timestamp()) * NS,
                )
            ],
        )
    await connect_v2(hass, house, stand_in)
    await add_meter(
        hass,
        house,
        name="Gas",
        medium="gas",
        unit="m³",
        sources=[{"series": "m³:input_number.gas_zaehler"}],
    )
    run = await act(hass, "run_analytics")
    assert run["status"] == "ok"
    found = await act(hass, "get_readings", meter_id="gas")
    values = [one["value"] for one in found["meters"]["gas"]["readings"]]
    assert values == [100.0 + week + (week % 3 > 0) * 0.5 for week in range(12)]


async def test_a_dense_series_whose_type_changed(
    hass: HomeAssistant, house: NkConfigEntry, beside: BesideV2, stand_in: StandIn
) -> None:
    first = datetime(2026, 1, 5, tzinfo=UTC)
    for week, kind in enumerate((int, float, int)):
        times = [
            first + timedelta(weeks=week, minutes=2 * number) for number in range(5040)
        ]
        beside.server.write(
            "raw",
            [
                Point(
                    measurement="kWh",
                    tags={"domain": "sensor", "entity_id": "strom"},
                    fields={"value": kind((time - first).total_seconds() / 3600)},
                    time=round(time.timestamp()) * NS,
                )
                for time in times
            ],
        )
    await connect_v2(hass, house, stand_in)
    await add_meter(hass, house, sources=[{"series": "kWh:sensor.strom"}])
    run = await act(hass, "run_analytics")
    assert run["status"] == "ok"
    days = await act(
        hass, "get_consumption", meter_id="strom", start="2026-01-06", end="2026-01-24"
    )
    rows = days["meters"]["strom"]["rows"]
    assert {row["measured"] for row in rows} == {1.0}
    assert [row["value"] for row in rows] == pytest.approx([24] * 19, abs=1)
