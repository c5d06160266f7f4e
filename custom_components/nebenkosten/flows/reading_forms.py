"""The fields of the forms of a reading, an exchange and a station."""

from collections.abc import Mapping, Sequence
from typing import Any

from homeassistant.helpers.selector import (
    BooleanSelector,
    DateSelector,
    DateTimeSelector,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
import probatio as vol

from ..engine.domain.report import ReadingKind
from ..intake.understanding import GivenExchange, GivenReading
from ..sources.water_temperature import STATIONS
from .schemas import choice, picked

OTHER = "other"


def reading_schema(*, existing: bool, doubted: bool = False) -> vol.Schema:
    """Return the form of one reading."""
    fields: dict[Any, Any] = {
        vol.Required("value"): TextSelector(),
        vol.Optional("time"): DateTimeSelector(),
        vol.Required("kind", default=ReadingKind.ACTUAL.value): choice(
            list(ReadingKind), "kind"
        ),
        vol.Optional("note"): TextSelector(),
    }
    if existing:
        fields[vol.Required("delete", default=False)] = BooleanSelector()
    return vol.Schema(fields | _confirming(doubted=doubted))


def exchange_schema(*, doubted: bool) -> vol.Schema:
    """Return the form of an exchange."""
    fields: dict[Any, Any] = {
        vol.Required("time"): DateTimeSelector(),
        vol.Required("final_value"): TextSelector(),
        vol.Required("first_value", default="0"): TextSelector(),
        vol.Optional("serial_number"): TextSelector(),
        vol.Optional("note"): TextSelector(),
    }
    return vol.Schema(fields | _confirming(doubted=doubted))


def value_schema(*, doubted: bool) -> vol.Schema:
    """Return the form of another value of a reading."""
    fields: dict[Any, Any] = {vol.Required("value"): TextSelector()}
    return vol.Schema(fields | _confirming(doubted=doubted))


def _confirming(*, doubted: bool) -> dict[Any, Any]:
    """Return the box to tick where a reading does not fit and is right."""
    return (
        {vol.Required("confirmed", default=False): BooleanSelector()} if doubted else {}
    )


def given_reading(values: Mapping[str, Any]) -> GivenReading:
    """Return the reading of a filled form."""
    kind = values.get("kind")
    return GivenReading(
        value=values.get("value"),
        time=values.get("time"),
        kind=ReadingKind(kind) if kind else None,
        note=values.get("note"),
    )


def given_exchange(values: Mapping[str, Any]) -> GivenExchange:
    """Return the exchange of a filled form."""
    return GivenExchange(
        final=GivenReading(
            value=values["final_value"],
            time=values.get("time"),
            note=values.get("note"),
        ),
        first=values["first_value"],
        serial_number=values.get("serial_number"),
    )


def is_confirmed(values: Mapping[str, Any]) -> bool:
    """Return whether the box was ticked; unasked, what does not fit is refused."""
    return bool(values.get("confirmed"))


def choose_schema(options: Sequence[SelectOptionDict]) -> vol.Schema:
    """Return the form that picks one of a meter's readings, up to a day."""
    return vol.Schema(
        {vol.Optional("reading"): picked(options), vol.Optional("day"): DateSelector()}
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
