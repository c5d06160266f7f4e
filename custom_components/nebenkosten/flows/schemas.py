"""Which fields do the forms of a meter and of a reading have?"""

from collections.abc import Mapping, Sequence
from typing import Any

from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    BooleanSelector,
    DateSelector,
    DateTimeSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    ObjectSelector,
    ObjectSelectorConfig,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
)
import probatio as vol

from ..engine.meter import Medium, Role
from ..engine.model import ReadingKind

UNITS = ["kWh", "Wh", "MWh", "GJ", "m³", "L"]
MORE = "more"

_SOURCES = ObjectSelector(
    ObjectSelectorConfig(
        multiple=True,
        label_field="entity",
        description_field="statistic",
        translation_key="source",
        fields={
            "entity": {
                "selector": {
                    "entity": {
                        "filter": [{"domain": ["sensor", "input_number", "number"]}]
                    }
                }
            },
            "statistic": {"selector": {"statistic": {}}},
            "from": {"selector": {"date": {}}},
            "to": {"selector": {"date": {}}},
        },
    )
)


def _choice(options: Sequence[str], translation_key: str) -> SelectSelector:
    return SelectSelector(
        SelectSelectorConfig(
            options=list(options),
            translation_key=translation_key,
            mode=SelectSelectorMode.DROPDOWN,
        )
    )


def _whole(low: int, high: int) -> NumberSelector:
    return NumberSelector(
        NumberSelectorConfig(min=low, max=high, step=1, mode=NumberSelectorMode.BOX)
    )


def meter_schema(parents: Mapping[str, str], *, new: bool) -> vol.Schema:
    """Return a meter's form; the id is chosen once, `parents` are the other meters."""
    others = [SelectOptionDict(value=k, label=name) for k, name in parents.items()]
    fields: dict[Any, Any] = {vol.Required("name"): TextSelector()}
    if new:
        fields[vol.Optional("meter_id")] = TextSelector()
    fields |= {
        vol.Required("medium"): _choice(list(Medium), "medium"),
        vol.Required("unit"): SelectSelector(
            SelectSelectorConfig(
                options=UNITS, custom_value=True, mode=SelectSelectorMode.DROPDOWN
            )
        ),
        vol.Optional("installed"): DateSelector(),
        vol.Optional("removed"): DateSelector(),
        vol.Optional("sources"): _SOURCES,
    }
    more: dict[Any, Any] = {
        vol.Optional("role"): _choice(list(Role), "role"),
        vol.Optional("part_of"): SelectSelector(
            SelectSelectorConfig(options=others, mode=SelectSelectorMode.DROPDOWN)
        ),
        vol.Optional("serial_number"): TextSelector(),
        vol.Optional("model"): TextSelector(),
        vol.Optional("digits"): _whole(3, 12),
        vol.Optional("decimals"): _whole(0, 6),
    }
    fields[vol.Optional(MORE)] = section(vol.Schema(more), {"collapsed": True})
    return vol.Schema(fields)


def reading_schema(*, existing: bool) -> vol.Schema:
    """Return the form of one reading."""
    fields: dict[Any, Any] = {
        vol.Required("value"): TextSelector(),
        vol.Optional("time"): DateTimeSelector(),
        vol.Required("kind", default=ReadingKind.ACTUAL.value): _choice(
            list(ReadingKind), "kind"
        ),
        vol.Optional("note"): TextSelector(),
    }
    if existing:
        fields[vol.Required("delete", default=False)] = BooleanSelector()
    return vol.Schema(fields)


def choose_schema(options: Sequence[SelectOptionDict]) -> vol.Schema:
    """Return the form that picks one of a meter's readings."""
    return vol.Schema(
        {
            vol.Required("reading"): SelectSelector(
                SelectSelectorConfig(
                    options=list(options), mode=SelectSelectorMode.DROPDOWN
                )
            )
        }
    )
