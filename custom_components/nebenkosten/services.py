"""The actions: which fields each takes, and who may call it."""

from functools import partial
from typing import Any, Final

from homeassistant.core import HomeAssistant, SupportsResponse, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.service import async_register_admin_service
import probatio as vol

from .actions import live, readings, results, upkeep
from .const import DOMAIN
from .engine.domain.report import ReadingKind

_LIMIT: Final = 10_000
_RUNS: Final = 20

_METERS: Final[dict[Any, Any]] = {
    vol.Optional("meter_id"): vol.All(cv.ensure_list, [cv.string]),
    vol.Optional("device_id"): vol.All(cv.ensure_list, [cv.string]),
}
_DAYS: Final[dict[Any, Any]] = {
    vol.Optional("start"): cv.date,
    vol.Optional("end"): cv.date,
}
_DAY: Final[dict[Any, Any]] = {vol.Optional("date"): cv.date}
_DRY: Final[dict[Any, Any]] = {vol.Optional("dry_run", default=False): cv.boolean}
_READING: Final[dict[Any, Any]] = {
    vol.Optional("time"): cv.string,
    vol.Optional("unit"): cv.string,
    vol.Optional("kind"): vol.In([kind.value for kind in ReadingKind]),
    vol.Optional("note"): cv.string,
}
_VALUE = vol.Any(float, int, str)
PERIODS: Final = ("day", "week", "month", "year", "billing_year")


_RUN: Final[dict[Any, Any]] = _DRY | {vol.Optional("full", default=False): cv.boolean}
# Left out, a reading that does not fit is kept and doubted; False refuses it.
_CONFIRMED: Final[dict[Any, Any]] = {vol.Optional("confirmed"): cv.boolean}
_ADD: Final[dict[Any, Any]] = _DRY | _CONFIRMED | {vol.Required("value"): _VALUE}
_NUMBER = vol.All(cv.positive_int, vol.Range(max=2**63 - 1))
_ID: Final[dict[Any, Any]] = {vol.Required("reading_id"): _NUMBER}
_EDIT: Final[dict[Any, Any]] = _ID | _CONFIRMED | {vol.Optional("value"): _VALUE}
_REPLACE: Final[dict[Any, Any]] = (
    _DRY
    | _CONFIRMED
    | {
        vol.Optional("time"): cv.string,
        vol.Required("final_value"): _VALUE,
        vol.Optional("first_value", default=0): _VALUE,
        vol.Optional("serial_number"): cv.string,
        vol.Optional("note"): cv.string,
    }
)
_PAGE: Final[dict[Any, Any]] = _DAYS | {
    vol.Optional("limit", default=_LIMIT): _NUMBER,
    vol.Optional("next"): _NUMBER,
}
_LISTED: Final[dict[Any, Any]] = _PAGE | {
    vol.Optional("order", default="oldest"): vol.In(("oldest", "newest")),
    vol.Optional("by_hand", default=False): cv.boolean,
}
_BY: Final[dict[Any, Any]] = _DAYS | {
    vol.Optional("period", default="day"): vol.In(PERIODS)
}
_AT: Final[dict[Any, Any]] = {vol.Required("at"): cv.string}
_ACKNOWLEDGE: Final[dict[Any, Any]] = {
    vol.Optional("id"): cv.string,
    vol.Optional("note"): cv.string,
    vol.Optional("undo", default=False): cv.boolean,
}
_IMPORT: Final[dict[Any, Any]] = _DRY | {
    vol.Exclusive("path", "file"): cv.string,
    vol.Exclusive("content", "file"): cv.string,
    vol.Optional("bare_dates"): vol.In(("start", "end")),
}
_YEARS: Final[dict[Any, Any]] = {
    vol.Required("years"): vol.All(vol.Coerce(int), vol.Range(min=1, max=10))
}
_EXPORT: Final[dict[Any, Any]] = {vol.Optional("path"): cv.string}
_MANY: Final[dict[Any, Any]] = {
    vol.Optional("limit", default=_RUNS): _NUMBER,
}
_WIPE: Final[dict[Any, Any]] = {vol.Optional("confirm", default=False): cv.boolean}


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register all actions; some only for administrators."""
    only, optional = SupportsResponse.ONLY, SupportsResponse.OPTIONAL
    for name, handler, fields, response in (
        ("run_analytics", upkeep.run_analytics, _METERS | _DAYS | _RUN, optional),
        ("add_reading", readings.add_reading, _METERS | _READING | _ADD, optional),
        (
            "acknowledge_anomaly",
            results.acknowledge_anomaly,
            _METERS | _ACKNOWLEDGE,
            optional,
        ),
        ("get_readings", readings.get_readings, _METERS | _LISTED, only),
        ("get_consumption", results.get_consumption, _METERS | _BY, only),
        ("get_anomalies", results.get_anomalies, _METERS | _DAYS, only),
        ("get_counter", results.get_counter, _METERS | _AT, only),
        ("get_daily_summary", results.get_daily_summary, _METERS | _DAY, only),
        ("get_intervals", results.get_intervals, _METERS | _DAYS, only),
        ("get_live", live.get_live, _METERS, only),
        ("get_runs", upkeep.get_runs, _MANY, only),
        ("explain", results.explain, _METERS | _DAY, only),
        ("check_config", upkeep.check_config, {}, only),
    ):
        hass.services.async_register(
            DOMAIN, name, partial(handler, hass), vol.Schema(fields), response
        )
    for name, handler, fields in (
        ("edit_reading", readings.edit_reading, _READING | _EDIT),
        ("delete_reading", readings.delete_reading, _ID),
        ("replace_meter", readings.replace_meter, _METERS | _REPLACE),
        ("import_readings", readings.import_readings, _METERS | _IMPORT),
        ("export_readings", readings.export_readings, _METERS | _DAYS | _EXPORT),
        ("import_tibber_history", upkeep.import_tibber_history, _YEARS),
        ("wipe_processed", upkeep.wipe_processed, _WIPE),
    ):
        async_register_admin_service(
            hass, DOMAIN, name, partial(handler, hass), vol.Schema(fields), optional
        )
