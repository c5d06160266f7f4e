"""Tells of stored options that cannot be: they are not worked with."""

from datetime import date

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util

from ..const import CONF_RUN_TIME, DEFAULT_RUN_TIME, DOMAIN, ISSUE_GAS, ISSUE_RUN_TIME
from ..engine.domain.gas_factor_bounds import is_possible
from ..engine.domain.meters import GasFactor, House
from ..messages.texts import shown, writes_comma


@callback
def tell_gas(hass: HomeAssistant, house: House) -> None:
    """Tell of gas factors that no gas has: nothing is counted with them."""
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


@callback
def tell_run_time(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Tell of a time of day that is none: runs begin at the usual one instead."""
    given = str(entry.options.get(CONF_RUN_TIME, DEFAULT_RUN_TIME))
    if dt_util.parse_time(given) is not None:
        ir.async_delete_issue(hass, DOMAIN, ISSUE_RUN_TIME)
        return
    ir.async_create_issue(
        hass,
        DOMAIN,
        ISSUE_RUN_TIME,
        is_fixable=False,
        severity=ir.IssueSeverity.ERROR,
        translation_key=ISSUE_RUN_TIME,
        translation_placeholders={"given": given[:20], "usual": DEFAULT_RUN_TIME},
    )


def _row(factor: GasFactor, *, comma: bool) -> str:
    since = "" if factor.valid_from == date.min else f"{factor.valid_from}: "
    values = (shown(v, comma=comma) for v in (factor.brennwert, factor.zustandszahl))
    return since + " · ".join(values)
