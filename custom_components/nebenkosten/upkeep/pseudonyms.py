"""Numbered words in place of names, the same one wherever a name stands."""

from collections.abc import Iterable, Mapping
import re
from typing import Final

from homeassistant.util import slugify

from ..analysis.loaded_house import LoadedHouse
from ..connections.servers import Servers
from ..engine.domain.meters import Medium, Meter
from ..runs.run_log import RunLog

# Shorter names tell nothing, and would be found in every sentence.
_SHORTEST: Final = 3
# Names that are words of ours: they say nothing about anybody.
_COMMON: Final = frozenset(medium.value for medium in Medium)


class Pseudonyms:
    """Replaces names in texts, lists and the keys of objects, in any case and as slugs.

    A name is found where no letter or digit touches it: also as a part of an entity id
    or of a statistic's id.
    """

    def __init__(self) -> None:
        """Begin without any name."""
        self._counts: dict[str, int] = {}
        self._words: dict[str, str] = {}

    def add(self, word: str, names: Iterable[str]) -> None:
        """Let all these names of one thing be the word with the next number."""
        number = self._counts[word] = self._counts.get(word, 0) + 1
        for name in filter(_tells, names):
            # Folded: the capitals of a sharp s are two letters.
            for spelling in (name.lower(), name.casefold(), slugify(name)):
                if len(spelling) >= _SHORTEST and spelling not in _COMMON:
                    self._words.setdefault(spelling, f"{word}_{number}")

    def hidden(self, value: object) -> object:
        """Return a value (as JSON knows it) without the names."""
        if not self._words:
            return value
        # The longest first: names lie in other names.
        longest = sorted(self._words, key=len, reverse=True)
        either = "|".join(map(re.escape, longest))
        pattern = re.compile(rf"(?<![^\W_])(?:{either})(?![^\W_])", re.IGNORECASE)
        return self._without(pattern, value)

    def _without(self, pattern: re.Pattern[str], value: object) -> object:
        if isinstance(value, str):
            return pattern.sub(lambda found: self._words[found[0].lower()], value)
        if isinstance(value, Mapping):
            return {
                self._without(pattern, key): self._without(pattern, one)
                for key, one in value.items()
            }
        if isinstance(value, (list, tuple)):
            return [self._without(pattern, one) for one in value]
        return value


def pseudonyms_of(loaded: LoadedHouse, servers: Servers, run_log: RunLog) -> Pseudonyms:
    """Return the words for all that a house's owner has named."""
    found = Pseudonyms()
    title = loaded.entry.title
    found.add("house", [title, loaded.hass.config.location_name])
    for meter in loaded.house.all_meters:
        found.add("meter", [meter.meter_id, meter.name])
        if isinstance(meter, Meter):
            for source in meter.sources:
                found.add("source", _spellings(source.reference))
    for station in servers.stations.values():
        definition = station.definition
        found.add("station", [definition.name, definition.key])
    if servers.homes is not None:
        for home_id, home in servers.homes.data.items():
            found.add("home", [home_id, home.name])
    for key in sorted(_former(loaded, run_log)):
        found.add("former", [key])
    return found


def _former(loaded: LoadedHouse, run_log: RunLog) -> set[str]:
    """Return the keys of meters that only the records of old runs still know."""
    known: set[str] = set()
    for run in run_log.runs:
        if isinstance(meters := run["meters"], Mapping):
            known.update(meters)
    return known - loaded.meters.keys()


def _tells(name: str) -> bool:
    """Return whether a name has a letter or a digit: others have no slug."""
    return any(map(str.isalnum, name))


def _spellings(reference: str) -> list[str]:
    """Return a reference and what stands behind its dot and its colon."""
    return [reference, *(one for one in re.split(r"[.:]", reference)[1:] if one)]
