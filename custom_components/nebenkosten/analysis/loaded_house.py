"""A house as it was loaded; it does not change until it is loaded anew."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.core import HomeAssistant

from ..configuration import Settings, house_of, meters_of, settings_of
from ..engine.domain.meters import AnyMeter, House, Meter
from ..journal.records import JournalError
from ..journal.store import Journal
from ..messages.errors import broken


@dataclass(frozen=True, slots=True)
class LoadedHouse:
    """An entry's house and journal, its meters by key, and what the user chose.

    An error in place of the journal says why it cannot be used: nothing is computed.
    """

    hass: HomeAssistant
    entry: ConfigEntry
    house: House
    settings: Settings
    opened: Journal | JournalError
    meters: Mapping[str, AnyMeter] = field(init=False)
    physical: Mapping[str, Meter] = field(init=False)
    _subentries: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        """Lay out what is asked for with each state that is written."""
        ids = {str(s.unique_id): s.subentry_id for s in meters_of(self.entry)}
        object.__setattr__(self, "meters", {m.key: m for m in self.house.all_meters})
        object.__setattr__(self, "physical", {m.key: m for m in self.house.meters})
        object.__setattr__(self, "_subentries", ids)

    @property
    def zone(self) -> ZoneInfo:
        """Return the house's time zone."""
        return ZoneInfo(self.house.time_zone)

    @property
    def has_journal(self) -> bool:
        """Return whether the house's journal is open."""
        return isinstance(self.opened, Journal)

    @property
    def journal(self) -> Journal:
        """Return the journal; raises a translated error while there is none."""
        if isinstance(self.opened, JournalError):
            raise broken(self.opened.key)
        return self.opened

    def subentry(self, key: str) -> ConfigSubentry:
        """Return the subentry that describes a meter."""
        return self.entry.subentries[self._subentries[key]]

    def by_subentry(self) -> list[tuple[str, AnyMeter]]:
        """Return subentry id and meter of those that are still there."""
        return [
            (self._subentries[meter.key], meter)
            for meter in self.house.all_meters
            if self._subentries[meter.key] in self.entry.subentries
        ]


def loaded_house(
    hass: HomeAssistant, entry: ConfigEntry, opened: Journal | JournalError
) -> LoadedHouse:
    """Return the house that an entry describes, with its journal."""
    return LoadedHouse(hass, entry, house_of(hass, entry), settings_of(entry), opened)
