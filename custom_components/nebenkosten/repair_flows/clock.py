"""Repairs a clock that lies behind what is known, or lets the user vouch for it."""

from typing import Any

from homeassistant.components.repairs import RepairsFlowResult

from .answering import HouseRepairFlow


class ClockFlow(HouseRepairFlow):
    """Look again once the clock was set, or believe it."""

    async def async_step_init(
        self, _user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Offer both."""
        return self.async_show_menu(
            step_id="init",
            menu_options=["look_again", "clock_is_right"],
            description_placeholders=self._said,
        )

    async def async_step_look_again(
        self, _user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Go on if the clock was set meanwhile."""
        runtime = self._runtime
        if not await runtime.clock_check.async_is_right():
            return self.async_abort(reason="still_behind")
        return await self._async_go_on()

    async def async_step_clock_is_right(
        self, _user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Note that it was ahead before, and is right now."""
        await self._runtime.clock_check.async_confirm()
        return await self._async_go_on()

    async def _async_go_on(self) -> RepairsFlowResult:
        await self._runtime.watching.async_go_on()
        return self.async_create_entry(data={})
