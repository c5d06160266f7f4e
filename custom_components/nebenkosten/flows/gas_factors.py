"""The rows of gas factors in the form of the house."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, override

from homeassistant.core import HomeAssistant
from homeassistant.helpers.selector import (
    DateSelector,
    ObjectSelector,
    ObjectSelectorConfig,
    ObjectSelectorField,
    TextSelector,
)

from ..const import CONF_GAS
from ..engine.domain.gas_factor_bounds import Verdict, is_possible, verdict
from ..engine.domain.serialization import gas_data, gas_factor
from ..messages.texts import writes_comma
from .checks import FieldError


class _NumberAsText(TextSelector):
    """A box for a number with a decimal comma or point; numbers are taken too."""

    @override
    def __call__(self, data: Any) -> str:
        return str(super().__call__(str(data)))


_NUMBER: Final[ObjectSelectorField] = {"selector": _NumberAsText(), "required": True}
GAS_ROWS: Final = ObjectSelector(
    ObjectSelectorConfig(
        multiple=True,
        label_field="valid_from",
        description_field="energy_content",
        translation_key="gas",
        fields={
            "valid_from": {"selector": DateSelector()},
            "energy_content": _NUMBER,
            "z_factor": _NUMBER,
        },
    )
)


def gas_rows(given: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return rows as the options keep them; raises FieldError for what cannot be."""
    rows = []
    for row in given:
        if not (row.get("energy_content") and row.get("z_factor")):
            raise FieldError(CONF_GAS, "gas_incomplete")
        try:
            factor = gas_factor(dict(row))
        except (TypeError, ValueError) as error:
            raise FieldError(CONF_GAS, "gas_incomplete") from error
        if not is_possible(factor):
            raise FieldError(CONF_GAS, "gas_impossible")
        rows.append(gas_data(factor))
    days = [row.get("valid_from") for row in rows]
    if len(set(days)) < len(days):
        raise FieldError(CONF_GAS, "gas_twice")
    return rows


def is_unusual(rows: Iterable[Mapping[str, Any]]) -> bool:
    """Return whether one of the rows is not what a supplier's bill usually says."""
    return any(verdict(gas_factor(dict(row))) is not Verdict.USUAL for row in rows)


def gas_as_form(
    hass: HomeAssistant, rows: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return kept rows as the form shows them."""
    comma = writes_comma(hass.config.language)
    return [
        {
            name: value if name == "valid_from" else _written(value, comma=comma)
            for name, value in row.items()
        }
        for row in rows
    ]


def _written(value: object, *, comma: bool) -> str:
    return str(value).replace(".", ",") if comma else str(value)
