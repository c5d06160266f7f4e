"""Repairs of a meter whose readings or settings do not fit."""

from collections.abc import Mapping
from typing import Any, override

from homeassistant.components.repairs import RepairsFlowResult
from homeassistant.components.repairs.const import FlowType
from homeassistant.components.repairs.models import RepairsFlowContext
from homeassistant.config_entries import SOURCE_RECONFIGURE, ConfigSubentry
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util
import probatio as vol

from ..flows.exchange import ExchangeSteps
from ..flows.reading_forms import (
    given_reading,
    is_confirmed,
    reading_schema,
    value_schema,
)
from ..flows.session import acting_user, async_administration, async_session
from ..intake.understanding import GivenReading
from ..journal.readings import confirm
from ..messages.errors import DOUBTED, async_in_journal, error_key, placeholders, refuse
from ..runtime import NkConfigEntry
from .answering import HouseRepairFlow


class MeterRepairFlow(HouseRepairFlow):
    """What the flows of one meter share."""

    def __init__(self, entry: NkConfigEntry, data: Mapping[str, Any]) -> None:
        """Mend one trouble of a house's meter."""
        super().__init__(entry)
        self._trouble = data

    @override
    def expect(self) -> None:
        """Raise HomeAssistantError without a house, or when its meter was removed."""
        super().expect()
        _ = self._subentry

    @property
    def _subentry(self) -> ConfigSubentry:
        wanted = self._trouble["meter"]
        for subentry in self._entry.subentries.values():
            if str(subentry.unique_id) == wanted:
                return subentry
        raise refuse("meter_gone")

    @property
    def _meter_id(self) -> str:
        return str(self._subentry.data["meter_id"])

    @property
    def _unit(self) -> str:
        return str(self._subentry.data["unit"])

    async def _async_hand_over(self) -> RepairsFlowResult:
        """Go on in the meter's own forms; the issue ends with its cause."""
        subentry = self._subentry
        flow = await self.hass.config_entries.subentries.async_init(
            (self._entry.entry_id, subentry.subentry_type),
            context={
                "source": SOURCE_RECONFIGURE,
                "subentry_id": subentry.subentry_id,
            },
        )
        return self.async_abort(
            reason="go_on",
            next_flow=(FlowType.CONFIG_SUBENTRIES_FLOW, flow["flow_id"]),
        )


class SettingsFlow(MeterRepairFlow):
    """Say what is wrong and open the meter's settings."""

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Say it."""
        if user_input is not None and "issue_id" not in user_input:
            return await self._async_hand_over()
        return self.async_show_form(
            step_id="init",
            data_schema=vol.Schema({}),
            description_placeholders=self._said,
        )


class ExchangeFlow(
    ExchangeSteps[RepairsFlowContext, RepairsFlowResult, str], MeterRepairFlow
):
    """Enter the exchange that a fall of the counter looks like, or mend a reading."""

    async def async_step_init(
        self, _user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Ask what it was."""
        return self.async_show_menu(
            step_id="init",
            menu_options=["replace_meter", "correct"],
            description_placeholders=self._said,
        )

    async def async_step_correct(
        self, _user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Open the meter's forms: a reading is wrong."""
        return await self._async_hand_over()

    @property
    @override
    def _house(self) -> NkConfigEntry:
        return self._entry

    @property
    @override
    def _exchanged(self) -> tuple[str, str]:
        return self._meter_id, self._unit

    @override
    def _likely_exchange(self) -> dict[str, Any]:
        return {
            "time": f"{self._trouble['day']} 00:00:00",
            "final_value": str(self._trouble["before"]),
            "first_value": "0",
        }

    @override
    def _exchange_kept(self) -> RepairsFlowResult:
        return self.async_create_entry(data={})


class TypoFlow(MeterRepairFlow):
    """Accept the likely value, keep the one read, or type another one."""

    async def async_step_init(
        self, _user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Offer all three."""
        return self.async_show_menu(
            step_id="init",
            menu_options=["accept", "keep", "edit"],
            description_placeholders=self._said,
        )

    async def async_step_accept(
        self, _user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Put the likely value in its place; the old one stays readable."""
        likely = round(float(self._trouble["likely"]), 3)
        return await self._async_edit(GivenReading(value=likely), confirmed=None)

    async def async_step_keep(
        self, _user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Vouch for the reading: nobody doubts it any more."""
        runtime = self._runtime
        reading_id = self._trouble["reading_id"]
        journal = runtime.loaded.journal.signed(acting_user())
        meter = await async_in_journal(self.hass, confirm, journal, reading_id)
        runtime.queue.request([meter])
        return self.async_create_entry(data={})

    async def async_step_edit(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Take another value."""
        errors, said = {}, dict[str, str]()
        if user_input is not None:
            try:
                done = await self._async_edit(
                    given_reading(user_input), confirmed=is_confirmed(user_input)
                )
            except HomeAssistantError as error:
                errors["base"], said = error_key(error), placeholders(error)
            else:
                return done
        return self.async_show_form(
            step_id="edit",
            data_schema=self.add_suggested_values_to_schema(
                value_schema(doubted=DOUBTED in errors.values()),
                user_input or {"value": str(self._trouble["value"])},
            ),
            errors=errors,
            description_placeholders={"unit": self._unit, **(self._said or {}), **said},
        )

    async def _async_edit(
        self, given: GivenReading, *, confirmed: bool | None
    ) -> RepairsFlowResult:
        session = await async_administration(self.hass, self._entry)
        await session.runtime.desk.async_edit(
            self._trouble["reading_id"], given, session.caller, confirmed=confirmed
        )
        return self.async_create_entry(data={})


class OverdueFlow(MeterRepairFlow):
    """Enter the reading that is overdue."""

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Take it."""
        errors, said = {}, dict[str, str]()
        if user_input is not None and "issue_id" not in user_input:
            try:
                session = await async_session(self.hass, self._entry)
                await session.async_enter(
                    self._meter_id,
                    given_reading(user_input),
                    confirmed=is_confirmed(user_input),
                )
            except HomeAssistantError as error:
                errors["base"], said = error_key(error), placeholders(error)
            else:
                return self.async_create_entry(data={})
        now = {"time": f"{dt_util.now():%Y-%m-%d %H:%M:%S}"}
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(
                reading_schema(existing=False, doubted=DOUBTED in errors.values()),
                user_input if errors else now,
            ),
            errors=errors,
            description_placeholders={"unit": self._unit, **(self._said or {}), **said},
        )
