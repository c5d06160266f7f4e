"""How is a physical meter added and changed, and how is it read by clicking?"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from homeassistant.config_entries import ConfigSubentryFlow, SubentryFlowResult
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.selector import SelectOptionDict
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonObjectType

from ..const import DOMAIN
from ..data import meter_of, meters_of
from ..engine import units
from ..texts import shown, writes_comma
from .checks import SourceError, async_checked_source, id_from, meter_errors
from .offers import async_offers
from .schemas import MORE, SOURCE_COLUMNS, choose_schema, meter_schema, reading_schema

_LISTED = 100


class PhysicalMeterFlow(ConfigSubentryFlow):
    """Add a meter; later enter readings, correct them, change the settings."""

    _reading: dict[str, Any]
    _preview: JsonObjectType
    _chosen: JsonObjectType

    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Add a meter."""
        rows = (user_input or {}).get("sources") or []
        offers = await async_offers(self.hass, self._get_entry(), rows)
        schema = meter_schema(self._others(None), offers, new=True)
        if user_input is None:
            return self.async_show_form(step_id="user", data_schema=schema)
        meter_id = user_input.get("meter_id") or id_from(user_input["name"])
        data, errors, source = await self._async_checked(user_input, meter_id, None)
        if errors:
            return self.async_show_form(
                step_id="user",
                data_schema=self.add_suggested_values_to_schema(schema, user_input),
                errors=errors,
                description_placeholders={"source": source},
            )
        return self.async_create_entry(
            title=user_input["name"], data=data, unique_id=meter_id.lower()
        )

    async def async_step_reconfigure(
        self, _user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Show what can be done with the meter."""
        return self.async_show_menu(
            step_id="reconfigure",
            menu_options=["enter_reading", "correct_reading", "settings"],
        )

    async def async_step_settings(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Change a meter; its id stays."""
        subentry = self._get_reconfigure_subentry()
        known = _as_form(subentry.title, subentry.data)
        offers = await async_offers(self.hass, self._get_entry(), known["sources"])
        schema = meter_schema(self._others(subentry.unique_id), offers, new=False)
        if user_input is None:
            return self.async_show_form(
                step_id="settings",
                data_schema=self.add_suggested_values_to_schema(schema, known),
            )
        data, errors, source = await self._async_checked(
            user_input, subentry.data["meter_id"], subentry.unique_id
        )
        if errors:
            return self.async_show_form(
                step_id="settings",
                data_schema=self.add_suggested_values_to_schema(schema, user_input),
                errors=errors,
                description_placeholders={"source": source},
            )
        return self.async_update_and_abort(
            self._get_entry(), subentry, title=user_input["name"], data=data
        )

    async def async_step_enter_reading(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Take a reading and look what it gives."""
        errors = {}
        if user_input is not None:
            self._reading = {"meter_id": self._meter_id, **user_input}
            try:
                self._preview = await self._call(
                    "add_reading", {**self._reading, "dry_run": True}
                )
            except HomeAssistantError as error:
                errors["base"] = error.translation_key or "unknown"
            else:
                return await self.async_step_confirm_reading()
        schema = reading_schema(existing=False)
        suggested = user_input or {"time": f"{dt_util.now():%Y-%m-%d %H:%M:%S}"}
        return self.async_show_form(
            step_id="enter_reading",
            data_schema=self.add_suggested_values_to_schema(schema, suggested),
            errors=errors,
            description_placeholders={"unit": self._unit},
        )

    async def async_step_confirm_reading(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Show what the reading gives before it is kept."""
        if user_input is not None:
            try:
                await self._call("add_reading", self._reading)
            except HomeAssistantError as error:
                return self.async_abort(reason=error.translation_key or "unknown")
            return self.async_abort(reason="reading_saved")
        return self.async_show_form(
            step_id="confirm_reading",
            description_placeholders=self._in_words(self._preview),
        )

    async def async_step_correct_reading(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Choose one of the last readings."""
        response = await self._call("get_readings", {"meter_id": self._meter_id})
        meters = cast(dict[str, dict[str, list[JsonObjectType]]], response["meters"])
        valid = {
            str(reading["id"]): reading
            for reading in meters[self._meter_id]["readings"]
            if reading["status"] in ("used", "quarantined")
        }
        if not valid:
            return self.async_abort(reason="no_readings")
        if user_input is not None:
            self._chosen = valid[user_input["reading"]]
            return await self.async_step_edit_reading()
        options = [
            SelectOptionDict(value=key, label=self._label(reading))
            for key, reading in list(valid.items())[: -_LISTED - 1 : -1]
        ]
        return self.async_show_form(
            step_id="correct_reading", data_schema=choose_schema(options)
        )

    async def async_step_edit_reading(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Change or delete the chosen reading; the old value stays readable."""
        errors = {}
        if user_input is not None:
            chosen = {"reading_id": self._chosen["id"]}
            delete = user_input.pop("delete")
            try:
                if delete:
                    await self._call("delete_reading", chosen)
                else:
                    await self._call("edit_reading", {**chosen, **user_input})
            except HomeAssistantError as error:
                errors["base"] = error.translation_key or "unknown"
            else:
                return self.async_abort(
                    reason="reading_deleted" if delete else "reading_saved"
                )
        suggested = user_input or {
            "value": self._number(self._chosen["value"]),
            "time": f"{_moment(self._chosen):%Y-%m-%d %H:%M:%S}",
            "kind": self._chosen["kind"],
            "note": self._chosen["note"] or "",
        }
        return self.async_show_form(
            step_id="edit_reading",
            data_schema=self.add_suggested_values_to_schema(
                reading_schema(existing=True), suggested
            ),
            errors=errors,
            description_placeholders={"unit": self._unit},
        )

    # --- what the steps share ----------------------------------------------------

    @property
    def _meter_id(self) -> str:
        return str(self._get_reconfigure_subentry().data["meter_id"])

    @property
    def _unit(self) -> str:
        return str(self._get_reconfigure_subentry().data["unit"])

    async def _call(self, action: str, data: dict[str, Any]) -> JsonObjectType:
        """Do what the action does: one way in for readings, with one set of checks."""
        response = await self.hass.services.async_call(
            DOMAIN, action, data, blocking=True, return_response=True
        )
        return cast(JsonObjectType, response or {})

    def _others(self, own: str | None) -> dict[str, str]:
        return {
            meter_of(subentry).meter_id: subentry.title
            for subentry in meters_of(self._get_entry())
            if subentry.unique_id != own
        }

    async def _async_checked(
        self, values: dict[str, Any], meter_id: str, own: str | None
    ) -> tuple[dict[str, Any], dict[str, str], str]:
        """Return the data to keep, errors by field, and the source that is wrong."""
        taken = {s.unique_id for s in self._get_entry().subentries.values()} - {own}
        errors = meter_errors(values, meter_id, {str(key) for key in taken})
        unit = units.canonical(values["unit"])
        sources: list[dict[str, str]] = []
        wrong = ""
        try:
            rows = values.get("sources") or ()
            sources = [await async_checked_source(self.hass, row, unit) for row in rows]
        except SourceError as error:
            errors["sources"] = error.key
            wrong = error.reference
        data = {
            "meter_id": meter_id,
            "medium": values["medium"],
            "unit": unit,
            "installed": values.get("installed"),
            "removed": values.get("removed"),
            "sources": sources,
            **_more(values.get(MORE, {})),
        }
        return {k: v for k, v in data.items() if v is not None}, errors, wrong

    def _number(self, value: object) -> str:
        comma = writes_comma(self.hass.config.language)
        return shown(float(str(value)), comma=comma)

    def _label(self, reading: JsonObjectType) -> str:
        unit = reading["unit"] or self._unit
        value = self._number(reading["value"])
        return f"{_moment(reading):%d.%m.%Y %H:%M} · {value} {unit}"

    def _in_words(self, preview: JsonObjectType) -> dict[str, str]:
        use, days = preview["use"], preview["days"]
        findings = cast(list[JsonObjectType], preview["findings"])
        per_day = (
            None if use is None or not days else float(str(use)) / float(str(days))
        )
        return {
            "value": self._number(preview["value"]),
            "unit": self._unit,
            "time": f"{_moment(preview):%d.%m.%Y %H:%M}",
            "use": "–" if use is None else self._number(use),
            "days": "–" if days is None else self._number(round(float(str(days)), 1)),
            "per_day": "–" if per_day is None else self._number(per_day),
            "findings": "\n".join(f"- {finding['text']}" for finding in findings),
        }


def _moment(answer: JsonObjectType) -> datetime:
    """Return the time in an action's response."""
    return datetime.fromisoformat(str(answer["time"]))


def _more(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the rarely used fields; numbers of the form come as floats."""
    return {
        key: int(value) if key in ("digits", "decimals") else value
        for key, value in values.items()
        if value not in (None, "")
    }


def _as_form(name: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return a meter's data as its form shows it."""
    rare = ("role", "part_of", "serial_number", "model", "digits", "decimals")
    return {
        "name": name,
        **{key: value for key, value in data.items() if key not in rare},
        "sources": [_source_row(source) for source in data.get("sources", ())],
        MORE: {key: data[key] for key in rare if key in data},
    }


def _source_row(source: Mapping[str, Any]) -> dict[str, str]:
    column = next(name for name, k in SOURCE_COLUMNS.items() if k == source["kind"])
    dates = {name: source[name] for name in ("from", "to") if source.get(name)}
    return {column: source["reference"], **dates}
