"""Nebenkosten: utility meters that can be trusted."""

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import (
    config_validation as cv,
    device_registry as dr,
    issue_registry as ir,
)
from homeassistant.helpers.typing import ConfigType
from homeassistant.util.hass_dict import HassKey

from .configuration import meters_of
from .const import CONF_JOURNAL_REVISION, DOMAIN, ENTRY_VERSION, ISSUE_LEFT, ISSUE_NEWER
from .entity import add_meter_devices, remove_empty_devices
from .intake.late_box import async_keep_late_readings
from .journal.records import JournalError
from .journal.store import Journal
from .outside import OutOfReachError
from .panel.dashboard import async_offer_dashboard
from .publication.statistics import async_clear
from .runtime import NkConfigEntry, async_build
from .services import async_setup_services
from .statistic_catalog import statistic_ids
from .upkeep.ended_issues import withdraw_ended_issues
from .upkeep.journal_opening import (
    async_compare_meters,
    async_journal_of,
    async_remember_options,
)
from .upkeep.serial_numbers import async_restore_numbers
from .upkeep.storage_files import async_remove_stored

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)
PLATFORMS = [
    Platform.BINARY_SENSOR,
    Platform.BUTTON,
    Platform.EVENT,
    Platform.NUMBER,
    Platform.SENSOR,
    Platform.SWITCH,
]

_MADE_OF: HassKey[dict[str, object]] = HassKey(f"{DOMAIN}_made_of")
_RELOADING: HassKey[set[str]] = HassKey(f"{DOMAIN}_reloading")


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Register the actions and offer the dashboard."""
    async_setup_services(hass)
    async_keep_late_readings(hass)
    _tell_of_newer_houses(hass)
    await async_offer_dashboard(hass)
    return True


@callback
def _tell_of_newer_houses(hass: HomeAssistant) -> None:
    """Say why Home Assistant refuses a house that a newer version has set up."""
    entries = hass.config_entries.async_entries(DOMAIN)
    if all(entry.version <= ENTRY_VERSION for entry in entries):
        ir.async_delete_issue(hass, DOMAIN, ISSUE_NEWER)
        return
    ir.async_create_issue(
        hass,
        DOMAIN,
        ISSUE_NEWER,
        is_fixable=False,
        severity=ir.IssueSeverity.CRITICAL,
        translation_key=ISSUE_NEWER,
    )


async def async_setup_entry(hass: HomeAssistant, entry: NkConfigEntry) -> bool:
    """Open the journal and show the last results; the first run follows by itself."""
    journal = await async_journal_of(hass, entry)
    if isinstance(journal, Journal):
        await async_restore_numbers(hass, entry, journal)
    _made_of(hass)[entry.entry_id] = _substance(entry)
    # From here on a changed meter reloads the house, also while this goes on.
    entry.async_on_unload(entry.add_update_listener(_async_reload_once))
    withdraw_ended_issues(hass, entry)
    try:
        entry.runtime_data = await async_build(hass, entry, journal)
        await _async_begin(hass, entry, journal)
    except BaseException:
        # Whoever tries again opens the journal anew.
        if isinstance(journal, Journal):
            await hass.async_add_executor_job(journal.close)
        raise
    return True


async def _async_begin(
    hass: HomeAssistant, entry: NkConfigEntry, journal: Journal | JournalError
) -> None:
    dr.async_get(hass).async_get_or_create(
        config_entry_id=entry.entry_id,
        identifiers={(DOMAIN, entry.entry_id)},
        name=entry.title,
        entry_type=dr.DeviceEntryType.SERVICE,
    )
    if isinstance(journal, Journal):
        await async_compare_meters(hass, entry, journal)
        await async_remember_options(hass, entry, journal)
    await entry.runtime_data.async_start()
    add_meter_devices(entry.runtime_data)
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    remove_empty_devices(hass, entry)


async def async_unload_entry(hass: HomeAssistant, entry: NkConfigEntry) -> bool:
    """Take the entities away and close the journal."""
    unloaded = await hass.config_entries.async_unload_platforms(entry, PLATFORMS)
    if unloaded:
        await entry.runtime_data.async_close()
    return unloaded


async def async_remove_entry(hass: HomeAssistant, entry: NkConfigEntry) -> None:
    """Clear the house's statistics; the journal stays, with all it knows."""
    keys = [str(subentry.unique_id) for subentry in meters_of(entry)]
    ids = [one for key in keys for one in statistic_ids(key)]
    # First: whoever comes after a kill must not believe that all is still there.
    await async_remove_stored(hass)
    for issue in [i for d, i in ir.async_get(hass).issues if d == DOMAIN]:
        ir.async_delete_issue(hass, DOMAIN, issue)
    try:
        await async_clear(hass, ids)
    except OutOfReachError:
        ir.async_create_issue(
            hass,
            DOMAIN,
            ISSUE_LEFT,
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key=ISSUE_LEFT,
            translation_placeholders={"statistics": ", ".join(ids)},
        )


def _made_of(hass: HomeAssistant) -> dict[str, object]:
    """Return what each loaded house was set up from."""
    return hass.data.setdefault(_MADE_OF, {})


def _substance(entry: NkConfigEntry) -> object:
    """Return what of an entry makes another house when it changes."""
    data = {k: v for k, v in entry.data.items() if k != CONF_JOURNAL_REVISION}
    meters = {key: (one.title, dict(one.data)) for key, one in entry.subentries.items()}
    return entry.title, data, dict(entry.options), meters


async def _async_reload_once(hass: HomeAssistant, entry: NkConfigEntry) -> None:
    """Reload once, however many subentries change in one go."""
    if _made_of(hass).get(entry.entry_id) == _substance(entry):
        return
    reloading = hass.data.setdefault(_RELOADING, set())
    if entry.entry_id in reloading:
        return
    reloading.add(entry.entry_id)

    @callback
    def reload() -> None:
        reloading.discard(entry.entry_id)
        hass.config_entries.async_schedule_reload(entry.entry_id)

    hass.loop.call_soon(reload)
