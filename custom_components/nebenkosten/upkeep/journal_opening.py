"""The opening of the house's journal, and its comparison with the house's meters."""

import logging
from pathlib import Path

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.util.hass_dict import HassKey

from ..analysis.loaded_house import LoadedHouse
from ..configuration import meters_of, read_meters
from ..const import (
    CONF_JOURNAL_ID,
    CONF_JOURNAL_REVISION,
    DOMAIN,
    ISSUE_JOURNAL,
    ISSUE_METER_REMOVED,
    JOURNAL_FILE,
)
from ..engine.domain.serialization import meter_data
from ..journal.definitions import Definition, known_meters, remember_meters
from ..journal.house_options import HouseOptions, remember_house
from ..journal.records import JournalError
from ..journal.settled import settled_in, settled_revision
from ..journal.store import Journal, create_journal, open_journal

_LOGGER = logging.getLogger(__name__)
# Journals that were read whole since the start, and what was wrong with one.
_CHECKED: HassKey[set[str]] = HassKey(f"{DOMAIN}_checked")
_DAMAGED: HassKey[dict[str, JournalError]] = HassKey(f"{DOMAIN}_damaged")
# The user can do something about these: restore the file, or start anew.
_FIXABLE = ("journal_missing", "journal_older", "journal_other", "journal_unreadable")


async def async_journal_of(
    hass: HomeAssistant, entry: ConfigEntry
) -> Journal | JournalError:
    """Open the house's own journal, or say in a repair issue why that cannot be."""
    path = Path(hass.config.path(JOURNAL_FILE))
    expected = entry.data.get(CONF_JOURNAL_ID)
    found = await hass.async_add_executor_job(
        _open,
        path,
        expected,
        entry.data.get(CONF_JOURNAL_REVISION),
        bool(meters_of(entry)),
    )
    if isinstance(found, Journal):
        damaged = hass.data.get(_DAMAGED, {}).pop(found.journal_id, None)
        if damaged is not None:
            await hass.async_add_executor_job(found.close)
            found = damaged
    if isinstance(found, JournalError):
        report_journal(hass, entry, found)
        return found
    ir.async_delete_issue(hass, DOMAIN, ISSUE_JOURNAL)
    if found.journal_id != expected:
        hass.config_entries.async_update_entry(
            entry, data={**entry.data, CONF_JOURNAL_ID: found.journal_id}
        )
    return found


def report_journal(
    hass: HomeAssistant, entry: ConfigEntry, error: JournalError
) -> None:
    """Tell the user in a repair issue why nothing goes on."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        ISSUE_JOURNAL,
        is_fixable=error.key in _FIXABLE,
        severity=ir.IssueSeverity.CRITICAL,
        translation_key=error.key,
        translation_placeholders={"path": JOURNAL_FILE, "missing": error.detail},
        data={"entry_id": entry.entry_id, "key": error.key},
    )


async def async_note_revision(loaded: LoadedHouse) -> None:
    """Keep in the entry how far the journal has come, to know an older one by it.

    Called now and then: after a kill an older number is there, which does no harm.
    """
    hass, entry, journal = loaded.hass, loaded.entry, loaded.opened
    if isinstance(journal, JournalError):
        return
    try:
        settled = await hass.async_add_executor_job(settled_revision, journal)
    except JournalError as error:
        _LOGGER.warning("The journal's revision cannot be kept: %s", error)
        return
    if settled and settled != entry.data.get(CONF_JOURNAL_REVISION):
        hass.config_entries.async_update_entry(
            entry, data={**entry.data, CONF_JOURNAL_REVISION: settled}
        )


async def async_is_whole(loaded: LoadedHouse) -> bool:
    """Read the whole journal once a start; a damaged one is used no more.

    The house is loaded anew then, without it.
    """
    hass, journal = loaded.hass, loaded.journal
    checked = hass.data.setdefault(_CHECKED, set())
    if journal.journal_id in checked:
        return True
    try:
        await hass.async_add_executor_job(journal.check)
    except JournalError as error:
        hass.data.setdefault(_DAMAGED, {})[journal.journal_id] = error
        hass.config_entries.async_schedule_reload(loaded.entry.entry_id)
        return False
    checked.add(journal.journal_id)
    return True


def _open(
    path: Path, expected: str | None, revision: int | None, has_meters: bool
) -> Journal | JournalError:
    """Open the file; a house with meters never gets an empty or older one unasked."""
    if revision and path.exists():
        # Before it is opened: a log beside it that is not its own would be taken over.
        there = settled_in(path)
        if there is not None and there.journal_id == expected:
            missing = revision - there.revision
            if missing > 0:
                return JournalError("journal_older", str(missing))
    try:
        if not path.exists() and not (expected and has_meters):
            return create_journal(path)
        journal = open_journal(path)
    except JournalError as error:
        return error
    if expected and journal.journal_id != expected and has_meters:
        journal.close()
        return JournalError("journal_other", str(path))
    return journal


async def async_remember_options(
    hass: HomeAssistant, entry: ConfigEntry, journal: Journal
) -> None:
    """Note in the journal what changes numbers: who takes it over gets it back."""
    house = HouseOptions(options=dict(entry.options), time_zone=hass.config.time_zone)
    await hass.async_add_executor_job(remember_house, journal, house)


async def async_compare_meters(
    hass: HomeAssistant, entry: ConfigEntry, journal: Journal
) -> None:
    """Note today's meters in the journal; ask what becomes of those removed."""
    known = await hass.async_add_executor_job(known_meters, journal)
    subentries = {str(subentry.unique_id): subentry for subentry in meters_of(entry)}
    # What cannot be read today stays known as it was.
    today: dict[str, Definition] = {
        meter.key: {
            "name": subentries[meter.key].title,
            "type": subentries[meter.key].subentry_type,
            **meter_data(meter),
        }
        for meter in read_meters(entry).understood
    }
    changed = {
        key: definition
        for key, definition in today.items()
        if key not in known or known[key].definition != definition or known[key].kept
    }
    if changed:
        await hass.async_add_executor_job(remember_meters, journal, changed)
    for key in subentries:
        ir.async_delete_issue(hass, DOMAIN, f"{ISSUE_METER_REMOVED}_{key}")
    for key, meter in known.items():
        if key not in subentries and not meter.kept:
            ir.async_create_issue(
                hass,
                DOMAIN,
                f"{ISSUE_METER_REMOVED}_{key}",
                is_fixable=True,
                severity=ir.IssueSeverity.WARNING,
                translation_key=ISSUE_METER_REMOVED,
                translation_placeholders={
                    "name": str(meter.definition.get("name", key))
                },
                data={"entry_id": entry.entry_id, "meter": key},
            )
