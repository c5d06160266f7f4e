"""The flows that Home Assistant looks for; the rooms lie in `flows/`."""

from typing import Any, override

from homeassistant.config_entries import (
    ConfigEntry,
    ConfigFlowResult,
    ConfigSubentryFlow,
    OptionsFlow,
)
from homeassistant.core import callback

from .const import (
    DOMAIN,
    ENTRY_VERSION,
    SUBENTRY_MASTER,
    SUBENTRY_PHYSICAL,
    SUBENTRY_VIRTUAL,
    SUBENTRY_WATER,
)
from .flows.computed_meter import MasterMeterFlow, VirtualMeterFlow
from .flows.house import HouseFlow, HouseOptionsFlow
from .flows.physical_meter import PhysicalMeterFlow
from .flows.water_temperature import WaterTemperatureFlow


class NebenkostenConfigFlow(HouseFlow, domain=DOMAIN):
    """Set up a house."""

    VERSION = ENTRY_VERSION
    MINOR_VERSION = 1

    @override
    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Begin."""
        return await self.async_step_house(user_input)

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> OptionsFlow:
        """Return the flow of the house's options."""
        return HouseOptionsFlow()

    @classmethod
    @callback
    @override
    def async_get_supported_subentry_types(
        cls, config_entry: ConfigEntry
    ) -> dict[str, type[ConfigSubentryFlow]]:
        """Return the kinds of meters, and stations."""
        return {
            SUBENTRY_PHYSICAL: PhysicalMeterFlow,
            SUBENTRY_MASTER: MasterMeterFlow,
            SUBENTRY_VIRTUAL: VirtualMeterFlow,
            SUBENTRY_WATER: WaterTemperatureFlow,
        }
