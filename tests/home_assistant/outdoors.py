"""An outdoor temperature in the recorder, as a weather service would give it."""

from homeassistant.components.recorder.models import StatisticData, StatisticMeanType
from homeassistant.components.recorder.statistics import async_add_external_statistics
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)

OUTDOORS = "weather:outdoors"


async def measured_outdoors(hass: HomeAssistant, rows: list[StatisticData]) -> None:
    """Give the recorder these means."""
    async_add_external_statistics(
        hass,
        {
            "mean_type": StatisticMeanType.ARITHMETIC,
            "has_sum": False,
            "name": "Outdoors",
            "source": "weather",
            "statistic_id": OUTDOORS,
            "unit_class": "temperature",
            "unit_of_measurement": "°C",
        },
        rows,
    )
    await async_wait_recording_done(hass)
