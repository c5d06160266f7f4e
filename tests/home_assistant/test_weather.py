"""Outdoor temperatures that cannot be read stop nothing."""

from datetime import UTC, date, datetime, timedelta
from math import cos
from typing import Any

from homeassistant.components.recorder.models import StatisticData
from homeassistant.core import HomeAssistant
import pytest
from sqlalchemy.exc import OperationalError

from custom_components.nebenkosten.runtime import NkConfigEntry
from custom_components.nebenkosten.sources import outdoor

from .conftest import act, add_meter, settle
from .outdoors import OUTDOORS, measured_outdoors


async def test_a_recorder_that_fails(
    hass: HomeAssistant,
    house: NkConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await add_meter(hass, house, name="Gas", medium="gas", unit="m³")
    for time, value in (("2026-01-01", 1), ("2026-03-01", 60)):
        await act(hass, "add_reading", meter_id="gas", time=time, value=value)
    hass.config_entries.async_update_entry(
        house, options={**house.options, "temperature": "sensor.outdoor"}
    )
    await settle(hass)

    def broken(*_: Any) -> None:
        raise OperationalError("select", {}, OSError("the disk is gone"))

    with monkeypatch.context() as patch:
        patch.setattr(outdoor, "statistics_during_period", broken)
        run = await act(hass, "run_analytics")
    assert run["status"] == "ok"
    assert "Outdoor temperatures cannot be read" in caplog.text
    assert (await act(hass, "run_analytics"))["status"] == "ok"


def _daily(first: date, days: int) -> list[StatisticData]:
    noon = datetime(first.year, first.month, first.day, 12, tzinfo=UTC)
    return [
        StatisticData(
            start=noon + timedelta(days=number), mean=10 - 9 * cos(number / 58.1)
        )
        for number in range(days)
    ]


async def _look(hass: HomeAssistant) -> Any:
    found = await act(hass, "get_daily_summary", date="2026-03-09")
    return found["degree_days"]


async def test_temperatures_that_come_late_count_from_the_next_run_on(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    hass.config_entries.async_update_entry(
        house, options={**house.options, "temperature": OUTDOORS}
    )
    await settle(hass)
    await add_meter(hass, house, name="Gas", medium="gas", unit="m³")
    first = date(2024, 1, 1)
    rows = ["time,value"]
    for month in range(26):
        day = first.replace(year=2024 + month // 12, month=month % 12 + 1)
        use = sum(max(0.0, row["mean"] or 0) for row in _daily(first, month * 30))
        rows.append(f"{day},{1000 + 300 * month - use / 10:.1f}")
    await act(hass, "import_readings", meter_id="gas", content="\n".join(rows))
    without = (await act(hass, "run_analytics"))["meters"]["gas"]
    assert await _look(hass) is None
    # The last days come later than the others, all of them later than the first run.
    await measured_outdoors(hass, _daily(first, 790))
    await act(hass, "run_analytics")
    short = await _look(hass)
    await measured_outdoors(hass, _daily(first, 799))
    assert await _look(hass) is not None
    assert short is None
    normal = (await act(hass, "run_analytics"))["meters"]["gas"]
    full = (await act(hass, "run_analytics", full=True))["meters"]["gas"]
    assert normal | {"changed_days": 0} == full
    assert normal["model"] != without["model"]
