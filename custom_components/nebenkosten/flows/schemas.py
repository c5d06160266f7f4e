"""Which fields do the forms of a meter and of a reading have?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
    ObjectSelectorField,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
import probatio as vol

from ..engine.meter import Medium, Role, SourceKind
from ..engine.model import ReadingKind
from ..sources.water_temperature import STATIONS

UNITS = ["kWh", "Wh", "MWh", "GJ", "m³", "L"]
MORE = "more"
OTHER = "other"

# The columns of a source's row; each row fills one of the first four.
SOURCE_COLUMNS = {
    "entity": SourceKind.ENTITY,
    "statistic": SourceKind.STATISTIC,
    "series": SourceKind.INFLUXDB,
    "tibber": SourceKind.TIBBER,
}


@dataclass(frozen=True, slots=True)
class Offers:
    """What servers outside have to offer as sources."""

    series: tuple[SelectOptionDict, ...] = ()
    tibber: tuple[SelectOptionDict, ...] = ()


def _sources(offers: Offers) -> ObjectSelector:
    """Return the rows of sources; servers that are not there have no column."""
    helpers = {"filter": [{"domain": ["sensor", "input_number", "number"]}]}
    fields: dict[str, ObjectSelectorField] = {
        "entity": {"selector": {"entity": helpers}},
        "statistic": {"selector": {"statistic": {}}},
    }
    for column, options in (("series", offers.series), ("tibber", offers.tibber)):
        if options:
            fields[column] = {"selector": {"select": _listed(options)}}
    fields |= {"from": {"selector": {"date": {}}}, "to": {"selector": {"date": {}}}}
    return ObjectSelector(
        ObjectSelectorConfig(
            multiple=True,
            label_field="entity",
            description_field="statistic",
            translation_key="source",
            fields=fields,
        )
    )


def _listed(options: Sequence[SelectOptionDict]) -> dict[str, Any]:
    # A list that takes other values, too, is one that can be searched.
    return {"options": list(options), "mode": "dropdown", "custom_value": True}


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


def meter_schema(
    parents: Mapping[str, str], offers: Offers, *, new: bool
) -> vol.Schema:
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
        vol.Optional("sources"): _sources(offers),
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


def station_schema(*, new: bool) -> vol.Schema:
    """Return the form of a water temperature's station."""
    fields: dict[Any, Any] = {}
    if new:
        fields[vol.Required("station")] = SelectSelector(
            SelectSelectorConfig(options=[*STATIONS, OTHER], translation_key="station")
        )
    return vol.Schema(
        fields
        | {
            vol.Optional("name"): TextSelector(),
            vol.Optional("url"): TextSelector(
                TextSelectorConfig(type=TextSelectorType.URL)
            ),
        }
    )
