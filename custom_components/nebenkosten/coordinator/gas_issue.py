"""Tells of stored gas factors that no gas has: nothing is counted with them."""

from datetime import date

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ..const import DOMAIN, ISSUE_GAS
from ..engine.gas_bounds import is_possible
from ..engine.meter import GasFactor, House
from ..texts import shown, writes_comma


@callback
def tell_gas(hass: HomeAssistant, house: House) -> None:
    """Raise the issue, or take it back once all factors can be."""
    wrong = [factor for factor in house.gas if not is_possible(factor)]
    if not wrong:
        ir.async_delete_issue(hass, DOMAIN, ISSUE_GAS)
        return
    comma = writes_comma(hass.config.language)
    ir.async_create_issue(
        hass,
        DOMAIN,
        ISSUE_GAS,
        is_fixable=False,
        severity=ir.IssueSeverity.ERROR,
        translation_key=ISSUE_GAS,
        translation_placeholders={
            "factors": "\n".join(f"- {_row(one, comma=comma)}" for one in wrong)
        },
    )


def _row(factor: GasFactor, *, comma: bool) -> str:
    since = "" if factor.valid_from == date.min else f"{factor.valid_from}: "
    values = (shown(v, comma=comma) for v in (factor.brennwert, factor.zustandszahl))
    return since + " · ".join(values)
