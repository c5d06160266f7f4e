"""Issues end with what they are about: a meter, a server, a station."""

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ..configuration import meters_of
from ..connections.water_stations import station_of
from ..const import (
    CONF_INFLUXDB,
    CONF_TIBBER,
    DOMAIN,
    ISSUE_COLUMN,
    ISSUE_ORIGINAL,
    ISSUE_SHORT,
    SUBENTRY_WATER,
)

_SERVERS = (CONF_INFLUXDB, CONF_TIBBER)
_OF_RESULTS = (ISSUE_COLUMN, ISSUE_ORIGINAL, ISSUE_SHORT)


@callback
def withdraw_ended_issues(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Withdraw what is asked about meters, servers and stations that are gone.

    Called at each set-up: whatever removes one of them loads the house anew.
    """
    meters = {str(subentry.unique_id) for subentry in meters_of(entry)}
    servers = {name for name in _SERVERS if entry.data.get(name)}
    stations = {
        station_of(subentry).unique_id
        for subentry in entry.get_subentries_of_type(SUBENTRY_WATER)
    }
    for (domain, issue_id), issue in list(ir.async_get(hass).issues.items()):
        if domain != DOMAIN:
            continue
        data = issue.data or {}
        of_meter = data.get("meter") if "kind" in data else None
        ended = (
            (of_meter and of_meter not in meters)
            or (issue_id in _SERVERS and issue_id not in servers)
            or (issue_id in _OF_RESULTS and CONF_INFLUXDB not in servers)
            or (issue_id.startswith(f"{SUBENTRY_WATER}_") and issue_id not in stations)
        )
        if ended:
            ir.async_delete_issue(hass, DOMAIN, issue_id)
