"""The flow that adds, changes and reads a physical meter."""

from collections.abc import Mapping
from datetime import date
from typing import Any, override

from homeassistant.config_entries import SubentryFlowContext, SubentryFlowResult
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.selector import SelectOptionDict
from homeassistant.util import dt as dt_util
import probatio as vol

from ..engine.domain import units
from ..intake.reading_desk import ReadingPreview
from ..intake.understanding import GivenReading
from ..messages.errors import DOUBTED, error_key, placeholders
from ..runtime import NkConfigEntry
from .correctable import Correctable, async_correctable
from .exchange import ExchangeSteps
from .import_readings import ImportReadings
from .meter import MeterFlow
from .reading_forms import choose_schema, given_reading, is_confirmed, reading_schema
from .schemas import MORE, physical_schema
from .session import async_administration, async_session
from .source_rows import async_kept, async_source_rows, row_of
from .words import async_preview_in_words, number_in_words

_TEXTS = ("serial_number", "model", "calibrated_until")
_NUMBERS = ("digits", "decimals")
_LIMIT = "overdue_after"


class PhysicalMeterFlow(
    ImportReadings[SubentryFlowContext, SubentryFlowResult, tuple[str, str]],
    ExchangeSteps[SubentryFlowContext, SubentryFlowResult, tuple[str, str]],
    MeterFlow,
):
    """Add a meter; later enter readings, correct them, change the settings."""

    _reading: GivenReading
    _is_confirmed: bool
    _preview: ReadingPreview
    _chosen: Correctable
    _listed: dict[str, Correctable]

    @override
    async def _async_schema(
        self, known: Mapping[str, Any], own: str | None
    ) -> vol.Schema:
        rows = known.get("sources") or []
        sources = await async_source_rows(self.hass, self._get_entry(), rows)
        return physical_schema(self._others(own), sources, new=own is None)

    @override
    async def _async_own(self, values: Mapping[str, Any]) -> dict[str, Any]:
        unit, rare = units.canonical(values["unit"]), values.get(MORE, {})
        rows = values.get("sources") or ()
        sources = [await async_kept(self.hass, row, unit) for row in rows]
        return {
            "installed": values.get("installed"),
            "removed": values.get("removed"),
            "sources": sources,
            **{name: rare.get(name) for name in _TEXTS},
            # Numbers of the form come as floats.
            **{name: int(rare[name]) for name in _NUMBERS if name in rare},
            # Overdue at once is no limit.
            _LIMIT: rare.get(_LIMIT) or None,
        }

    @override
    def _own_as_form(self, data: Mapping[str, Any]) -> dict[str, Any]:
        return {
            **{k: data[k] for k in ("installed", "removed") if data.get(k)},
            "sources": [row_of(source) for source in data.get("sources", ())],
            MORE: {name: data.get(name) for name in (*_TEXTS, *_NUMBERS, _LIMIT)},
        }

    async def async_step_reconfigure(
        self, _user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Show what can be done with the meter."""
        return self.async_show_menu(
            step_id="reconfigure",
            menu_options=[
                *("enter_reading", "correct_reading", "import_readings"),
                *("replace_meter", "settings"),
            ],
        )

    async def async_step_enter_reading(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Take a reading and look what it gives."""
        errors, said = {}, dict[str, str]()
        if user_input is not None:
            self._reading = given_reading(user_input)
            self._is_confirmed = is_confirmed(user_input)
            try:
                await self._async_look()
            except HomeAssistantError as error:
                errors["base"], said = error_key(error), placeholders(error)
            else:
                return await self.async_step_confirm_reading()
        schema = reading_schema(existing=False, doubted=DOUBTED in errors.values())
        suggested = user_input or {"time": f"{dt_util.now():%Y-%m-%d %H:%M:%S}"}
        return self.async_show_form(
            step_id="enter_reading",
            data_schema=self.add_suggested_values_to_schema(schema, suggested),
            errors=errors,
            description_placeholders={**said, "unit": self._unit},
        )

    async def async_step_confirm_reading(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Show what the reading gives before it is kept."""
        if user_input is not None:
            try:
                session = await async_session(self.hass, self._house)
                await session.async_enter(
                    self._meter_id, self._reading, confirmed=self._is_confirmed
                )
            except HomeAssistantError as error:
                return self.async_abort(reason=error_key(error))
            return self.async_abort(reason="reading_saved")
        return self.async_show_form(
            step_id="confirm_reading",
            description_placeholders=await async_preview_in_words(
                self.hass, self._preview, self._unit
            ),
        )

    async def _async_look(self) -> None:
        """Understand the reading, and look what it would bring."""
        session = await async_session(self.hass, self._house)
        meter, desk = session.controlled(self._meter_id), session.runtime.desk
        new = await desk.async_understand(meter, self._reading)
        self._preview = await desk.async_preview(
            meter, [new], confirmed=self._is_confirmed
        )

    async def async_step_correct_reading(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Choose one of the last readings, or of those up to a day."""
        given = user_input or {}
        errors: dict[str, str] = {}
        if "reading" in given:
            self._chosen = self._listed[given["reading"]]
            return await self.async_step_edit_reading()
        if user_input is not None and "day" not in given:
            errors["base"] = "reading_missing"
        self._listed = await self._async_listed(given.get("day"))
        if not self._listed:
            if "day" not in given:
                return self.async_abort(reason="no_readings")
            errors["day"] = "no_readings"
        options = [
            SelectOptionDict(value=key, label=self._label(reading))
            for key, reading in self._listed.items()
        ]
        return self.async_show_form(
            step_id="correct_reading",
            data_schema=self.add_suggested_values_to_schema(
                choose_schema(options), {k: v for k, v in given.items() if k == "day"}
            ),
            errors=errors,
        )

    async def _async_listed(self, day: str | None) -> dict[str, Correctable]:
        """Return what may be corrected, by id; with a day, of the time up to it."""
        session = await async_session(self.hass, self._house)
        until = None if day is None else date.fromisoformat(day)
        meter = session.seen(self._meter_id)
        return await async_correctable(session.runtime, meter, until)

    async def async_step_edit_reading(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Change or delete the chosen reading; the old value stays readable."""
        errors, said = {}, dict[str, str]()
        if user_input is not None:
            delete = user_input.pop("delete")
            try:
                await (self._async_delete() if delete else self._async_edit(user_input))
            except HomeAssistantError as error:
                errors["base"], said = error_key(error), placeholders(error)
            else:
                return self.async_abort(
                    reason="reading_deleted" if delete else "reading_saved"
                )
        suggested = user_input or {
            "value": number_in_words(self.hass, self._chosen.reading.value),
            "time": f"{self._chosen.at:%Y-%m-%d %H:%M:%S}",
            "kind": self._chosen.reading.kind.value,
            "note": next(iter(self._chosen.reading.notes), ""),
        }
        return self.async_show_form(
            step_id="edit_reading",
            data_schema=self.add_suggested_values_to_schema(
                reading_schema(existing=True, doubted=DOUBTED in errors.values()),
                suggested,
            ),
            errors=errors,
            description_placeholders={**said, "unit": self._unit},
        )

    async def _async_delete(self) -> None:
        session = await async_administration(self.hass, self._house)
        desk = session.runtime.desk
        await desk.async_delete(self._chosen.reading.reading_id, session.caller)

    async def _async_edit(self, values: Mapping[str, Any]) -> None:
        session = await async_administration(self.hass, self._house)
        await session.runtime.desk.async_edit(
            self._chosen.reading.reading_id,
            given_reading(values),
            session.caller,
            confirmed=is_confirmed(values),
        )

    @property
    @override
    def _exchanged(self) -> tuple[str, str]:
        return self._meter_id, self._unit

    @override
    def _likely_exchange(self) -> dict[str, Any]:
        return {"time": f"{dt_util.now():%Y-%m-%d %H:%M:%S}"}

    @override
    def _exchange_kept(self) -> SubentryFlowResult:
        return self.async_abort(reason="meter_replaced")

    async def async_step_import_readings(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Take a file of this meter's readings."""
        self._only = self._meter_id
        return await super().async_step_import_readings(user_input)

    # --- what the steps share ----------------------------------------------------

    @property
    @override
    def _house(self) -> NkConfigEntry:
        return self._get_entry()

    @property
    def _meter_id(self) -> str:
        return str(self._get_reconfigure_subentry().data["meter_id"])

    @property
    def _unit(self) -> str:
        return str(self._get_reconfigure_subentry().data["unit"])

    def _label(self, one: Correctable) -> str:
        value = number_in_words(self.hass, one.reading.value)
        unit = one.reading.unit or self._unit
        return f"{one.at:%d.%m.%Y %H:%M} · {value} {unit}"
