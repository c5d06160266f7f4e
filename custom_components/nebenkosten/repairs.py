"""The registry of repair flows by the trouble they mend."""

from typing import Any, Final

from homeassistant.components.repairs import RepairsFlow
from homeassistant.core import HomeAssistant

from .const import (
    ISSUE_CLOCK,
    ISSUE_METER_REMOVED,
    ISSUE_ORIGINAL,
    ISSUE_ORPHANED,
    ISSUE_WIRING,
)
from .repair_flows.answering import GoneFlow
from .repair_flows.clock import ClockFlow
from .repair_flows.energy_dashboard import WiringFlow
from .repair_flows.house import (
    JournalFlow,
    OlderJournalFlow,
    OriginalFlow,
    OrphansFlow,
    RemovedMeterFlow,
)
from .repair_flows.impossible import ImpossibleFlow
from .repair_flows.meter import ExchangeFlow, OverdueFlow, SettingsFlow, TypoFlow
from .runtime import NkConfigEntry

_BY_KIND: Final = {
    "exchange": ExchangeFlow,
    "typo": TypoFlow,
    "impossible": ImpossibleFlow,
    "units": SettingsFlow,
    "definition": SettingsFlow,
    "demand": SettingsFlow,
    "overdue": OverdueFlow,
    "silent": SettingsFlow,
    "unreadable": SettingsFlow,
}


_BY_ISSUE: Final = {
    ISSUE_CLOCK: ClockFlow,
    ISSUE_ORIGINAL: OriginalFlow,
    ISSUE_WIRING: WiringFlow,
}


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: dict[str, Any] | None
) -> RepairsFlow:
    """Return the flow that belongs to an issue."""
    data = data or {}
    entry: NkConfigEntry | None
    entry = hass.config_entries.async_get_entry(str(data.get("entry_id")))
    if entry is None:
        return GoneFlow()
    kind = data.get("kind")
    if kind in _BY_KIND:
        return _BY_KIND[kind](entry, data)
    if issue_id == ISSUE_ORPHANED:
        return OrphansFlow(entry, data["statistics"].split(","))
    if issue_id.startswith(ISSUE_METER_REMOVED):
        return RemovedMeterFlow(entry, data["meter"])
    if data.get("key") == "journal_older":
        return OlderJournalFlow(entry)
    return _BY_ISSUE.get(kind or issue_id, JournalFlow)(entry)
