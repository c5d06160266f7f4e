"""The flow that adds and changes a meter of any kind."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from homeassistant.config_entries import (
    ConfigSubentry,
    ConfigSubentryFlow,
    SubentryFlowResult,
)
import probatio as vol

from ..configuration import house_with, meter_from_data, read_meters
from ..engine.domain import units
from ..engine.domain.meters import AnyMeter, Sensitivity
from ..engine.domain.report import Severity
from ..engine.domain.validation import Check, Problem, problems
from ..messages.texts import async_sentences, problem_text, shown, writes_comma
from .checks import (
    FieldError,
    check_new_id,
    id_from,
    meter_errors,
    profile_of,
    year_start_of,
)
from .schemas import LEARNED, MORE, OWN, PROFILES
from .words import number_in_words

_KEPT = (
    *("role", "part_of", "muted", "billing_year_start"),
    *("daily_limit", "rises_in_winter"),
)
# Which field of its form a problem of a meter is shown at.
_FIELDS = {
    Check.PERIODS_GAP: "periods",
    Check.PERIODS_OVERLAP: "periods",
    Check.PERIOD_BACKWARDS: "periods",
    Check.SOURCE_COMPUTED: "periods",
    Check.TERM_TWICE: "terms",
    Check.UNITS: "unit",
}


@dataclass(slots=True)
class Checked:
    """What a form gives: the data to keep, or what is wrong at which field."""

    data: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    placeholders: dict[str, str] = field(default_factory=dict)


class MeterFlow(ConfigSubentryFlow):
    """Add a meter and change its settings; each kind has fields of its own."""

    @abstractmethod
    async def _async_schema(
        self, known: Mapping[str, Any], own: str | None
    ) -> vol.Schema:
        """Return the form; without a key of its `own` for a new meter."""

    @abstractmethod
    async def _async_own(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the kind keeps beside the rest; raises FieldError."""

    @abstractmethod
    def _own_as_form(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the kind keeps as its form shows it."""

    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Add a meter."""
        values = user_input or {}
        schema = await self._async_schema(values, None)
        if user_input is None:
            return self.async_show_form(step_id="user", data_schema=schema)
        meter_id = values.get("meter_id") or id_from(values["name"])
        checked = await self._async_checked(values, meter_id, None)
        if checked.errors:
            return self._again("user", schema, values, checked)
        return self.async_create_entry(
            title=values["name"], data=checked.data, unique_id=meter_id.lower()
        )

    async def async_step_settings(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Change a meter; its id stays."""
        subentry = self._get_reconfigure_subentry()
        try:
            known = self._as_form(subentry)
        except AttributeError, KeyError, TypeError, ValueError:
            # Nobody understands it: all is asked anew.
            known = {"name": str(subentry.title)}
        values = known if user_input is None else user_input
        schema = await self._async_schema(known, str(subentry.unique_id))
        if user_input is None:
            return self._again("settings", schema, known, Checked())
        checked = await self._async_checked(
            values, self._kept_id(subentry), str(subentry.unique_id)
        )
        if checked.errors:
            return self._again("settings", schema, values, checked)
        return self.async_update_and_abort(
            self._get_entry(), subentry, title=values["name"], data=checked.data
        )

    @staticmethod
    def _kept_id(subentry: ConfigSubentry) -> str:
        """Return the id that stays, as it was written; or the key that it gave."""
        meter_id, key = str(subentry.data.get("meter_id")), str(subentry.unique_id)
        return meter_id if meter_id.lower() == key else key

    def _again(
        self,
        step_id: str,
        schema: vol.Schema,
        values: Mapping[str, Any],
        checked: Checked,
    ) -> SubentryFlowResult:
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(schema, values),
            errors=checked.errors,
            description_placeholders=checked.placeholders,
        )

    def _others(self, own: str | None) -> dict[str, str]:
        """Return the names of the house's other meters, by id."""
        return {meter.meter_id: meter.name for meter in self._meters(own)}

    def _meters(self, own: str | None) -> list[AnyMeter]:
        understood = read_meters(self._get_entry()).understood
        return [meter for meter in understood if meter.key != own]

    # --- from the form to the data, and back -------------------------------------

    async def _async_checked(
        self, values: Mapping[str, Any], meter_id: str, own: str | None
    ) -> Checked:
        found = Checked(errors=meter_errors(values))
        rare = values.get(MORE, {})
        try:
            if own is None:
                others = self._get_entry().subentries.values()
                check_new_id(meter_id, [str(one.unique_id) for one in others])
            found.data = {
                "meter_id": meter_id,
                "medium": values["medium"],
                "unit": units.canonical(values["unit"]),
                **await self._async_own(values),
                **{name: rare.get(name) for name in ("role", "part_of")},
                "profile": profile_of(rare.get("profile"), rare.get("shares")),
                "sensitivity": rare.get("sensitivity"),
                "muted": rare.get("muted") or None,
                "billing_year_start": year_start_of(rare.get("billing_year_start")),
                "daily_limit": rare.get("daily_limit"),
                "rises_in_winter": rare.get("rises_in_winter") or None,
            }
        except FieldError as error:
            found.errors[error.field] = error.key
            found.placeholders |= error.placeholders
        found.data = {k: v for k, v in found.data.items() if v not in (None, "")}
        if not found.errors:
            await self._async_check_house(found, values["name"], own)
        return found

    async def _async_check_house(
        self, found: Checked, name: str, own: str | None
    ) -> None:
        """Refuse what would not fit together with the house's other meters."""
        others = self._meters(own)
        meter = meter_from_data(self._subentry_type, name, found.data)
        entry, zone = self._get_entry(), self.hass.config.time_zone
        known = problems(house_with(zone, entry, self._meters(None)))
        after = [
            problem
            for problem in problems(house_with(zone, entry, [*others, meter]))
            if problem.severity is Severity.ERROR
        ]
        own_first = sorted(after, key=lambda one: one.meter_id != meter.meter_id)
        for problem in own_first:
            if problem.meter_id == meter.meter_id:
                at = _FIELDS.get(problem.code, "base")
                found.errors[at] = f"check_{problem.code}"
                found.placeholders |= self._filling(problem)
                return
            if problem not in known:
                text = problem_text(problem, await async_sentences(self.hass))
                found.errors["base"] = "check_elsewhere"
                found.placeholders |= {"meter": problem.meter_id, "text": text}
                return

    def _filling(self, problem: Problem) -> dict[str, str]:
        comma = writes_comma(self.hass.config.language)
        return {key: shown(value, comma=comma) for key, value in problem.data.items()}

    def _as_form(self, subentry: ConfigSubentry) -> dict[str, Any]:
        """Return a meter's data as its form shows it."""
        data = subentry.data
        profile = data.get("profile")
        shares = None
        if isinstance(profile, (list, tuple)):
            shares = "; ".join(number_in_words(self.hass, share) for share in profile)
            profile = OWN
        more = {
            "profile": profile if profile in PROFILES else LEARNED,
            "shares": shares,
            "sensitivity": data.get("sensitivity", Sensitivity.NORMAL.value),
            **{name: data.get(name) for name in _KEPT},
        }
        own = self._own_as_form(data)
        more |= own.pop(MORE, {})
        return {
            "name": subentry.title,
            "medium": data["medium"],
            "unit": data["unit"],
            **own,
            MORE: {name: value for name, value in more.items() if value is not None},
        }
