"""The fields of the forms of meters."""

from collections.abc import Mapping, Sequence
from typing import Any

from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    BooleanSelector,
    DateSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    ObjectSelector,
    ObjectSelectorConfig,
    ObjectSelectorField,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
)
import probatio as vol

from ..engine.domain.meters import Medium, Role, Sensitivity

UNITS = ["kWh", "Wh", "MWh", "GJ", "m³", "L"]
MORE = "more"
LEARNED = "learned"
OWN = "own"
# The names that the engine knows, what nothing is known of, and one's own shares.
PROFILES = [
    LEARNED,
    "none",
    "heating",
    "heating_and_hot_water",
    "hot_water",
    "household",
    "water",
    "solar",
    OWN,
]

type Fields = dict[Any, Any]


def physical_schema(
    others: Mapping[str, str], sources: ObjectSelector, *, new: bool
) -> vol.Schema:
    """Return a physical meter's form; `others` are the house's other meters."""
    return _schema(
        {
            vol.Optional("installed"): DateSelector(),
            vol.Optional("removed"): DateSelector(),
            vol.Optional("sources"): sources,
        },
        {
            vol.Optional("serial_number"): TextSelector(),
            vol.Optional("model"): TextSelector(),
            vol.Optional("digits"): whole(3, 12),
            vol.Optional("decimals"): whole(0, 6),
            vol.Optional("calibrated_until"): DateSelector(),
            vol.Optional("overdue_after"): _positive("d"),
        },
        others,
        new=new,
    )


def master_schema(others: Mapping[str, str], *, new: bool) -> vol.Schema:
    """Return a master meter's form: which meters count from when to when."""
    several = _listed(_options(others)) | {"multiple": True}
    fields: dict[str, ObjectSelectorField] = {
        "start_date": {"selector": {"date": {}}, "required": True},
        "end_date": {"selector": {"date": {}}},
        "source_meters": {"selector": {"select": several}, "required": True},
    }
    rows = rows_of(fields, "period", label="start_date", described="source_meters")
    return _schema({vol.Required("periods"): rows}, {}, others, new=new)


def virtual_schema(others: Mapping[str, str], *, new: bool) -> vol.Schema:
    """Return a virtual meter's form: what is added and what is taken off."""
    number = {"step": "any", "mode": "box"}
    fields: dict[str, ObjectSelectorField] = {
        "meter_id": {
            "selector": {"select": _listed(_options(others))},
            "required": True,
        },
        "factor": {"selector": {"number": number}},
        "zero_when_absent": {"selector": {"boolean": {}}},
    }
    rows = rows_of(fields, "term", label="meter_id", described="factor")
    return _schema({vol.Required("terms"): rows}, {}, others, new=new)


def _schema(
    own: Fields, rare: Fields, others: Mapping[str, str], *, new: bool
) -> vol.Schema:
    """Return what all meters have, around what is a kind's own."""
    fields: Fields = {vol.Required("name"): TextSelector()}
    if new:
        # Chosen once, never changed.
        fields[vol.Optional("meter_id")] = TextSelector()
    fields |= {
        vol.Required("medium"): choice(list(Medium), "medium"),
        vol.Required("unit"): SelectSelector(
            SelectSelectorConfig(
                options=UNITS, custom_value=True, mode=SelectSelectorMode.DROPDOWN
            )
        ),
    }
    more: Fields = {
        vol.Optional("role"): choice(list(Role), "role"),
        vol.Optional("part_of"): picked(_options(others)),
        **rare,
        vol.Optional("profile"): choice(PROFILES, "profile"),
        vol.Optional("shares"): TextSelector(),
        vol.Optional("sensitivity"): choice(list(Sensitivity), "sensitivity"),
        vol.Optional("muted"): BooleanSelector(),
        vol.Optional("billing_year_start"): TextSelector(),
        vol.Optional("daily_limit"): _positive(),
        vol.Optional("rises_in_winter"): BooleanSelector(),
    }
    fields |= own
    fields[vol.Optional(MORE)] = section(vol.Schema(more), {"collapsed": True})
    return vol.Schema(fields)


def rows_of(
    fields: dict[str, ObjectSelectorField],
    translation_key: str,
    *,
    label: str,
    described: str,
) -> ObjectSelector:
    """Return a list of rows with these fields, of which two name a row."""
    return ObjectSelector(
        ObjectSelectorConfig(
            multiple=True,
            label_field=label,
            description_field=described,
            translation_key=translation_key,
            fields=fields,
        )
    )


def _options(others: Mapping[str, str]) -> list[SelectOptionDict]:
    return [SelectOptionDict(value=k, label=name) for k, name in others.items()]


def _listed(options: Sequence[SelectOptionDict]) -> dict[str, Any]:
    # A list that takes other values, too, is one that can be searched.
    return {"options": list(options), "mode": "dropdown", "custom_value": True}


def choice(options: Sequence[str], translation_key: str) -> SelectSelector:
    """Return a list of words that are translated."""
    return SelectSelector(
        SelectSelectorConfig(
            options=list(options),
            translation_key=translation_key,
            mode=SelectSelectorMode.DROPDOWN,
        )
    )


def picked(options: Sequence[SelectOptionDict]) -> SelectSelector:
    """Return a list of things that have names of their own."""
    return SelectSelector(
        SelectSelectorConfig(options=list(options), mode=SelectSelectorMode.DROPDOWN)
    )


def _positive(unit: str | None = None) -> NumberSelector:
    config = NumberSelectorConfig(min=0, step="any", mode=NumberSelectorMode.BOX)
    if unit is not None:
        config["unit_of_measurement"] = unit
    return NumberSelector(config)


def whole(low: int, high: int) -> NumberSelector:
    """Return a box for a whole number."""
    return NumberSelector(
        NumberSelectorConfig(min=low, max=high, step=1, mode=NumberSelectorMode.BOX)
    )
