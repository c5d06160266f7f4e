"""A journal that a set-up finds: which meters and options would come with it."""

from dataclasses import dataclass, field
from pathlib import Path

from homeassistant.config_entries import ConfigSubentryData

from ..configuration import meter_from_data
from ..const import SUBENTRY_PHYSICAL
from ..journal.definitions import Definition, KnownMeter, known_meters
from ..journal.house_options import HouseOptions, known_house
from ..journal.records import JournalError
from ..journal.store import open_journal
from ..messages.texts import Sentences


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundJournal:
    """What a journal holds; without an id it is damaged and can only make room."""

    journal_id: str | None = None
    coming: tuple[ConfigSubentryData, ...] = ()
    kept: tuple[str, ...] = ()
    invalid: tuple[str, ...] = ()
    house: HouseOptions = field(default_factory=HouseOptions)

    def said(self, time_zone: str, sentences: Sentences) -> str:
        """Return what would not come as it was, a line each, empty without any."""
        lines = [
            sentences["take_over_kept"].format(name=name) for name in self.kept
        ] + [sentences["take_over_invalid"].format(name=name) for name in self.invalid]
        if self.house.time_zone not in (None, time_zone):
            zones = {"then": self.house.time_zone, "now": time_zone}
            lines.append(sentences["take_over_zone"].format(**zones))
        return "".join(f"\n- {line}" for line in lines)


def look(path: Path) -> FoundJournal | None:
    """Return what lies there; None for nothing, and for what set-up must tell of.

    That is one of a newer version, or one in use. Blocks, and changes nothing.
    """
    if not path.exists():
        return None
    try:
        journal = open_journal(path)
        try:
            journal.check()
            meters, house = known_meters(journal), known_house(journal)
        finally:
            journal.close()
    except JournalError as error:
        return FoundJournal() if error.key == "journal_unreadable" else None
    coming, kept, invalid = [], [], []
    for key, known in meters.items():
        name = str(known.definition.get("name", key))
        subentry = _subentry(key, known)
        if known.kept:
            kept.append(name)
        elif subentry is None:
            invalid.append(name)
        else:
            coming.append(subentry)
    return FoundJournal(
        journal_id=journal.journal_id,
        coming=tuple(coming),
        kept=tuple(kept),
        invalid=tuple(invalid),
        house=house,
    )


def _subentry(key: str, known: KnownMeter) -> ConfigSubentryData | None:
    """Return a meter as an entry keeps it, None where its definition is none."""
    data: Definition = dict(known.definition)
    kind = str(data.pop("type", SUBENTRY_PHYSICAL))
    title = str(data.pop("name", key))
    try:
        meter = meter_from_data(kind, title, data)
    except KeyError, TypeError, ValueError:
        return None
    if meter.key != key:
        return None
    return ConfigSubentryData(subentry_type=kind, title=title, data=data, unique_id=key)
