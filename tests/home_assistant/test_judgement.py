"""Anomalies, quality, forecasts and states through Home Assistant's actions."""

from datetime import UTC, datetime, timedelta
import math

from homeassistant.components.recorder.models import StatisticData
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)

from custom_components.nebenkosten.runtime import NkConfigEntry

from .conftest import act, add_meter, settle
from .outdoors import measured_outdoors


async def _days(hass: HomeAssistant, meter: str, fault: bool) -> None:
    """Import four months of daily readings; use triples for the last fortnight."""
    rows, value = ["meter_id,time,value"], 1000.0
    for number in range(120):
        month, day = divmod(number, 28)
        rows.append(f"{meter},2025-{month + 7:02}-{day + 1:02} 00:00,{value:.3f}")
        value += 10.0 + number % 7 + (30.0 if fault and number > 100 else 0.0)
    await act(hass, "import_readings", content="\n".join(rows) + "\n")


async def test_a_run_judges_and_anomalies_can_be_looked_up(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await add_meter(hass, house)
    await _days(hass, "strom", fault=False)
    run = await act(hass, "run_analytics")
    found = run["meters"]["strom"]
    assert 40 < found["quality"]["score"] < 100
    assert found["model"]["shape"] == "smooth"
    assert found["adjusted_yearly"] == {}
    response = await act(hass, "get_anomalies", meter_id="strom")
    events = response["meters"]["strom"]
    assert [one["id"] for one in found["anomalies"]] == [one["id"] for one in events]
    none = await act(
        hass, "get_anomalies", meter_id="strom", start="2024-01-01", end="2024-01-31"
    )
    assert none["meters"]["strom"] == []


async def test_an_event_is_told_in_a_sentence(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await add_meter(hass, house)
    seen = {f"{2022 + n // 12}-{n % 12 + 1:02}-01": 500 + n * 10 for n in range(24)}
    seen |= {"2024-01-01": 740, "2024-02-01": 850}
    rows = ["meter_id,time,value", *(f"strom,{day},{v}" for day, v in seen.items())]
    await act(hass, "import_readings", content="\n".join(rows) + "\n")
    response = await act(hass, "get_anomalies")
    (event,) = response["meters"]["strom"]
    assert event["kind"] == "high"
    assert event["actual"] == pytest.approx(110)
    assert "110" in event["reason"]
    assert event["acknowledged"] is False


async def test_the_counter_at_a_date(hass: HomeAssistant, house: NkConfigEntry) -> None:
    await add_meter(hass, house, more={"serial_number": "7"})
    for time, value in (("2026-01-01", 100), ("2026-02-01", 131)):
        await act(hass, "add_reading", meter_id="strom", time=time, value=value)
    found = await act(hass, "get_counter", meter_id="strom", at="15.01.2026")
    assert found["value"] == pytest.approx(114, abs=2)
    assert found["low"] < found["value"] < found["high"]
    assert found["provenance"] == "interpolated"
    assert found["before"]["value"] == 100
    assert found["after"]["value"] == 131
    assert found["serial_number"] == "7"
    exact = await act(hass, "get_counter", meter_id="strom", at="2026-02-01")
    assert exact["low"] == exact["value"] == exact["high"] == 131
    early = await act(hass, "get_counter", meter_id="strom", at="2025-06-01")
    assert early["value"] is None
    assert early["before"] is None
    for wrong in ("gestern", "2031-01-01"):
        with pytest.raises(ServiceValidationError):
            await act(hass, "get_counter", meter_id="strom", at=wrong)


async def test_parts_are_judged_beside_their_whole(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    more = {"part_of": "haus"}
    water = {"medium": "water", "unit": "m³"}
    await add_meter(hass, house, meter_id="haus", name="Haus", **water)
    await add_meter(hass, house, meter_id="teil", name="Teil", more=more, **water)
    for meter, values in (("haus", (0, 10, 20)), ("teil", (0, 30, 60))):
        for time, value in zip(
            ("2025-12-01", "2026-01-01", "2026-02-01"), values, strict=True
        ):
            await act(hass, "add_reading", meter_id=meter, time=time, value=value)
    run = await act(hass, "run_analytics", meter_id="haus")
    codes = [finding["code"] for finding in run["meters"]["haus"]["findings"]]
    assert "parts_exceed_whole" in codes


async def _reloaded(hass: HomeAssistant, house: NkConfigEntry) -> None:
    """Reload, and wait for what is looked up in the recorder meanwhile."""
    await hass.config_entries.async_reload(house.entry_id)
    await async_wait_recording_done(hass)
    await settle(hass)
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=2))
    await async_wait_recording_done(hass)
    await settle(hass)


async def test_the_outdoor_temperature_shapes_heating(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    start = datetime(2024, 1, 1, tzinfo=UTC)
    days = [start + timedelta(days=number) for number in range(760)]
    means = [10 - 9 * math.cos(2 * math.pi * n / 365.25) for n in range(760)]
    await measured_outdoors(
        hass,
        [
            StatisticData(
                start=day + timedelta(hours=12), mean=mean, min=mean, max=mean
            )
            for number, (day, mean) in enumerate(zip(days, means, strict=True))
            if number % 50 != 7
        ],
    )
    await add_meter(hass, house, meter_id="gas", name="Gas", medium="gas", unit="m³")
    rows, value = ["meter_id,time,value"], 100.0
    for number, (day, mean) in enumerate(zip(days, means, strict=True)):
        if number % 30 == 0:
            rows.append(f"gas,{day:%Y-%m-%d} 00:00,{value:.3f}")
        value += 1.0 + 0.5 * max(15.0 - mean, 0.0)
    await act(hass, "import_readings", content="\n".join(rows) + "\n")
    without = (await act(hass, "run_analytics"))["meters"]["gas"]
    assert without["model"]["shape"] != "degree_days"
    options = {"run_time": "03:30:00", "temperature": "weather:outdoors"}
    hass.config_entries.async_update_entry(house, options=options)
    await _reloaded(hass, house)
    found = (await act(hass, "run_analytics"))["meters"]["gas"]
    assert found["model"]["shape"] == "degree_days"
    assert set(found["adjusted_yearly"]) <= {"2024", "2025"}
    again = await act(hass, "run_analytics")
    assert again["written"]["statistics"] == 0
    options["temperature"] = "weather:nowhere"
    hass.config_entries.async_update_entry(house, options=options)
    await _reloaded(hass, house)
    lost = (await act(hass, "run_analytics"))["meters"]["gas"]
    assert lost["model"] == without["model"]
