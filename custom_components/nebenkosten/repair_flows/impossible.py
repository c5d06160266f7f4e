"""What the user can do about a reading that no dial can have shown."""

from typing import Any

from homeassistant.components.repairs import RepairsFlowResult
import probatio as vol

from ..flows.session import async_administration
from .meter import MeterRepairFlow


class ImpossibleFlow(MeterRepairFlow):
    """Delete it: it counts nowhere, and stays readable."""

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Ask first."""
        if user_input is None or "issue_id" in user_input:
            return self.async_show_form(
                step_id="init",
                data_schema=vol.Schema({}),
                description_placeholders=self._said,
            )
        session = await async_administration(self.hass, self._entry)
        await session.runtime.desk.async_delete(
            self._trouble["reading_id"], session.caller
        )
        return self.async_create_entry(data={})
