"""A sensor of a dial, as an integration of Home Assistant would bring it."""

from datetime import datetime, timedelta

from homeassistant.components import sensor
from homeassistant.components.recorder.models import StatisticData, StatisticMeanType
from homeassistant.components.recorder.statistics import async_import_statistics
from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorStateClass,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)

DIAL = "sensor.dial"


class Dial(SensorEntity):
    """A counter that is registered, so that its unit can be chosen."""

    _attr_name = "Dial"
    _attr_unique_id = "dial"
    _attr_should_poll = False
    _attr_state_class = SensorStateClass.TOTAL_INCREASING

    def __init__(self, unit: str, device_class: SensorDeviceClass) -> None:
        self._attr_native_unit_of_measurement = unit
        self._attr_device_class = device_class
        self._attr_native_value: float | None = None

    async def async_show(self, value: float) -> None:
        """Show a value and let it be recorded."""
        self._attr_native_value = value
        self.async_write_ha_state()
        await async_wait_recording_done(self.hass)


async def add_dial(
    hass: HomeAssistant,
    unit: str = "kWh",
    device_class: SensorDeviceClass = SensorDeviceClass.ENERGY,
) -> Dial:
    dial = Dial(unit, device_class)
    await hass.data[sensor.DATA_COMPONENT].async_add_entities([dial])
    return dial


async def show_in(hass: HomeAssistant, unit: str, entity_id: str = DIAL) -> None:
    """Choose the unit of a sensor, as its settings in Home Assistant do."""
    er.async_get(hass).async_update_entity_options(
        entity_id, "sensor", {"unit_of_measurement": unit}
    )
    await hass.async_block_till_done()
    state = hass.states.get(entity_id)
    assert state is not None
    assert state.attributes["unit_of_measurement"] == unit
    await async_wait_recording_done(hass)


async def past_of_dial(
    hass: HomeAssistant, start: datetime, sums: list[float], unit: str = "kWh"
) -> None:
    """Give the recorder hours of the dial's own statistic."""
    async_import_statistics(
        hass,
        {
            "mean_type": StatisticMeanType.NONE,
            "has_sum": True,
            "name": None,
            "source": "recorder",
            "statistic_id": DIAL,
            "unit_class": "energy" if unit.endswith("Wh") else "volume",
            "unit_of_measurement": unit,
        },
        [
            StatisticData(start=start + timedelta(hours=n), sum=total, state=total)
            for n, total in enumerate(sums)
        ],
    )
    await async_wait_recording_done(hass)
