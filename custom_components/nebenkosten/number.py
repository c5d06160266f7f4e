"""The box into which a hand-read meter's reading is typed."""

from collections.abc import Iterable
from typing import Final, override

from homeassistant.components.number import (
    NumberEntity,
    NumberEntityDescription,
    NumberMode,
)
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import DOMAIN
from .engine.domain.meters import AnyMeter, Meter
from .entity import MeterEntity, async_add_of_meters
from .runtime import NkConfigEntry, Runtime

PARALLEL_UPDATES = 0

# What a dial may show whose digits nobody has counted.
_LARGEST: Final = 1e9
_STEP: Final = 0.001

NEW_READING = NumberEntityDescription(key="new_reading", translation_key="new_reading")


async def async_setup_entry(
    hass: HomeAssistant,
    entry: NkConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add a box for each meter that nothing reads automatically."""
    runtime = entry.runtime_data

    def boxes(meter: AnyMeter) -> Iterable[NewReadingNumber]:
        if isinstance(meter, Meter) and meter.is_read_by_hand:
            yield NewReadingNumber(runtime, meter, NEW_READING)

    await async_add_of_meters(runtime, Platform.NUMBER, async_add_entities, boxes)


class NewReadingNumber(MeterEntity, NumberEntity):
    """Shows the last reading and takes the next one, read just now."""

    _attr_mode = NumberMode.BOX

    def __init__(
        self, runtime: Runtime, meter: Meter, description: NumberEntityDescription
    ) -> None:
        """Allow what the dial can show."""
        super().__init__(runtime, meter, description)
        self._attr_native_min_value = 0
        self._attr_native_max_value = meter.full or _LARGEST
        self._attr_native_step = meter.resolution or _STEP
        self._attr_native_unit_of_measurement = meter.unit

    @property
    @override
    def available(self) -> bool:
        """Return True: the first reading of all is typed here too."""
        return True

    @property
    @override
    def native_value(self) -> float | None:
        """Return the last reading."""
        return None if self.snapshot is None else self.snapshot.reading

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Keep the reading as read now, by the action; refuse what does not fit."""
        await self.hass.services.async_call(
            DOMAIN,
            "add_reading",
            {"meter_id": self.meter.meter_id, "value": value, "confirmed": False},
            blocking=True,
            context=self._context,
        )
