"""The steps that enter a meter's exchange, with a preview."""

from abc import abstractmethod
from typing import Any

from homeassistant.data_entry_flow import FlowContext, FlowHandler, FlowResult
from homeassistant.exceptions import HomeAssistantError

from ..intake.reading_desk import ReadingPreview
from ..intake.understanding import GivenExchange
from ..messages.errors import DOUBTED, error_key, placeholders
from ..runtime import NkConfigEntry
from .reading_forms import exchange_schema, given_exchange, is_confirmed
from .session import async_administration
from .words import async_preview_in_words


class ExchangeSteps[C: FlowContext, R: FlowResult[Any, Any], H](FlowHandler[C, R, H]):
    """Two steps: both readings, and what they give."""

    _exchange: GivenExchange
    _is_confirmed: bool
    _exchange_preview: ReadingPreview

    @property
    @abstractmethod
    def _house(self) -> NkConfigEntry:
        """Return the entry of the house."""

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
        _, unit = self._exchanged
        if user_input is not None:
            self._exchange = given_exchange(user_input)
            self._is_confirmed = is_confirmed(user_input)
            try:
                await self._async_preview_exchange()
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
                await self._async_keep_exchange()
            except HomeAssistantError as error:
                return self.async_abort(reason=error_key(error))
            return self._exchange_kept()
        words = await async_preview_in_words(
            self.hass, self._exchange_preview, self._exchanged[1]
        )
        return self.async_show_form(
            step_id="confirm_exchange",
            description_placeholders={"first": str(self._exchange.first), **words},
        )

    async def _async_preview_exchange(self) -> None:
        session = await async_administration(self.hass, self._house)
        meter, desk = session.controlled(self._exchanged[0]), session.runtime.desk
        pair = await desk.async_understand_exchange(meter, self._exchange)
        self._exchange_preview = await desk.async_preview(
            meter, pair, confirmed=self._is_confirmed
        )

    async def _async_keep_exchange(self) -> None:
        session = await async_administration(self.hass, self._house)
        meter = session.controlled(self._exchanged[0])
        await session.runtime.desk.async_exchange(
            meter, self._exchange, session.caller, confirmed=self._is_confirmed
        )
