"""The steps that enter a meter's exchange, with a preview."""

from abc import abstractmethod
from typing import Any

from homeassistant.data_entry_flow import FlowContext, FlowHandler, FlowResult
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util.json import JsonObjectType

from ..messages.errors import (
    DOUBTED,
    error_key,
    placeholders,
)
from .actions import async_act
from .reading_forms import asked_once, exchange_schema
from .words import preview_in_words


class ExchangeSteps[C: FlowContext, R: FlowResult[Any, Any], H](FlowHandler[C, R, H]):
    """Two steps: both readings, and what they give."""

    _exchange: dict[str, Any]
    _given: JsonObjectType

    @property
    @abstractmethod
    def _exchanged(self) -> tuple[str, str]:
        """Return id and unit of the meter."""

    @abstractmethod
    def _likely_exchange(self) -> dict[str, Any]:
        """Return what the form suggests."""

    @abstractmethod
    def _exchange_kept(self) -> R:
        """End the flow."""

    async def async_step_replace_meter(
        self, user_input: dict[str, Any] | None = None
    ) -> R:
        """Take the last reading of the old dial and the first of the new one."""
        errors, said = {}, dict[str, str]()
        meter_id, unit = self._exchanged
        if user_input is not None:
            self._exchange = {"meter_id": meter_id, **asked_once(user_input)}
            try:
                self._given = await self._replace(dry_run=True)
            except HomeAssistantError as error:
                errors["base"], said = error_key(error), placeholders(error)
            else:
                return await self.async_step_confirm_exchange()
        return self.async_show_form(
            step_id="replace_meter",
            data_schema=self.add_suggested_values_to_schema(
                exchange_schema(doubted=DOUBTED in errors.values()),
                user_input or self._likely_exchange(),
            ),
            errors=errors,
            description_placeholders={**said, "unit": unit},
        )

    async def async_step_confirm_exchange(
        self, user_input: dict[str, Any] | None = None
    ) -> R:
        """Show that nothing is lost before both readings are kept."""
        if user_input is not None:
            try:
                await self._replace(dry_run=False)
            except HomeAssistantError as error:
                return self.async_abort(reason=error_key(error))
            return self._exchange_kept()
        words = preview_in_words(self.hass, self._given, self._exchanged[1])
        return self.async_show_form(
            step_id="confirm_exchange",
            description_placeholders={"first": self._exchange["first_value"], **words},
        )

    async def _replace(self, *, dry_run: bool) -> JsonObjectType:
        data = {**self._exchange, "dry_run": dry_run}
        return await async_act(self.hass, "replace_meter", data)
