"""Repairs a clock that lies behind what is known, or lets the user vouch for it."""

from typing import Any

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.helpers import issue_registry as ir

from ..data import NkConfigEntry


class ClockFlow(RepairsFlow):
    """Look again once the clock was set, or believe it."""

    def __init__(self, entry: NkConfigEntry) -> None:
        """Remember the house."""
        self._entry = entry

    async def async_step_init(
        self, _user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Offer both."""
        issue = ir.async_get(self.hass).async_get_issue(self.handler, self.issue_id)
        return self.async_show_menu(
            step_id="init",
            menu_options=["look_again", "clock_is_right"],
            description_placeholders=issue.translation_placeholders if issue else None,
        )

    async def async_step_look_again(
        self, _user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Go on if the clock was set meanwhile."""
        analytics = self._entry.runtime_data
        if not await analytics.clock_check.async_is_right():
            return self.async_abort(reason="still_behind")
        return await self._async_go_on()

    async def async_step_clock_is_right(
        self, _user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Note that it was ahead before, and is right now."""
        await self._entry.runtime_data.clock_check.async_confirm()
        return await self._async_go_on()

    async def _async_go_on(self) -> RepairsFlowResult:
        await self._entry.runtime_data.watching.async_go_on()
        return self.async_create_entry(data={})
