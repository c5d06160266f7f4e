"""The repair of an energy dashboard that counts something twice."""

from typing import Any

from homeassistant.components.repairs import RepairsFlowResult
import probatio as vol

from ..configuration import house_of
from ..energy_dashboard.preferences import async_change, async_plan
from .answering import HouseRepairFlow


class WiringFlow(HouseRepairFlow):
    """Take the entries out that are counted twice; nothing else is changed."""

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Name them, and take them out."""
        if user_input is not None and "issue_id" not in user_input:
            found = await async_plan(self.hass, house_of(self.hass, self._entry))
            if found is not None:
                await async_change(self.hass, (), [f.entry for f in found.findings])
            return self.async_create_entry(data={})
        return self.async_show_form(
            step_id="init",
            data_schema=vol.Schema({}),
            description_placeholders=self._said,
        )
