"""Statistics of others that a meter can read from."""

from datetime import UTC, datetime, timedelta

from homeassistant.components.recorder.models import StatisticData, StatisticMeanType
from homeassistant.components.recorder.statistics import async_add_external_statistics
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)

UTC_MIDNIGHT = datetime(2026, 3, 8, 23, 0, tzinfo=UTC)  # 9 March in Berlin


def hourly(start: datetime, sums: list[float], state: float = 0) -> list[StatisticData]:
    return [
        StatisticData(start=start + timedelta(hours=i), sum=total, state=state + total)
        for i, total in enumerate(sums)
    ]


async def external(
    hass: HomeAssistant, rows: list[StatisticData], unit: str = "kWh"
) -> None:
    async_add_external_statistics(
        hass,
        {
            "mean_type": StatisticMeanType.NONE,
            "has_sum": True,
            "name": "Utility",
            "source": "utility",
            "statistic_id": "utility:electricity",
            "unit_class": "energy" if unit == "kWh" else "volume",
            "unit_of_measurement": unit,
        },
        rows,
    )
    await async_wait_recording_done(hass)
