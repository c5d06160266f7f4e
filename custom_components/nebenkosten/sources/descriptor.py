"""The descriptor of a kind of source: all that the house knows of it.

A new kind is a file that describes it, and a line in the registry.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.selector import ObjectSelectorField, SelectOptionDict

from ..influx.model import Asks
from .collected import Source
from .tibber_api import AsksTibber


class Cadence(Enum):
    """When a dense source is read again, beside each night.

    HOURLY is with the end of each hour, ANNOUNCED once its server was asked for news.
    """

    HOURLY = auto()
    ANNOUNCED = auto()


class SourceError(ValueError):
    """A source that cannot feed a meter; `key` names the sentence of the form."""

    def __init__(self, key: str, reference: str) -> None:
        """Keep the key and the source's name."""
        super().__init__(key)
        self.key = key
        self.reference = reference


@dataclass(frozen=True, slots=True)
class CheckedSource:
    """A reference that can feed a meter: the kind it is kept as, and its unit."""

    kind: str
    unit: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What sources are opened with: this Home Assistant, and the house's servers.

    `raw` is who asks the InfluxDB, and the place of its raw values.
    """

    hass: HomeAssistant
    raw: tuple[Asks, str] | None = None
    tibber: AsksTibber | None = None


def always(_reference: str) -> bool:
    """Return True, whatever is read."""
    return True


def never(_reference: str) -> bool:
    """Return False, whatever is read."""
    return False


def no_entity(_reference: str) -> str | None:
    """Return None: nothing in Home Assistant shows it."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceDescriptor:
    """One kind of source.

    `kind` is what meters and the journal keep, for ever. `column` is the field of the
    meter's form; its name is a text of the translations.

    `async_offer(hass, entry, chosen)` returns that field, None where there is nothing
    to choose; `chosen` are the references that a meter has already.
    `async_check(hass, reference)` raises SourceError for what cannot feed a meter.
    `open(access)` returns the reader of all of the kind, None without its server.

    `is_dense(reference)` says whether it reports by itself: its hours are worth
    showing. `entity_of(reference)` names the entity whose state it is. What
    `is_passed_on(reference)` is written to the InfluxDB's raw values as well.
    """

    kind: str
    column: str
    async_offer: Callable[
        [HomeAssistant, ConfigEntry, Sequence[str]],
        Awaitable[ObjectSelectorField | None],
    ]
    async_check: Callable[[HomeAssistant, str], Awaitable[CheckedSource]]
    open: Callable[[Access], Source | None]
    cadence: Cadence = Cadence.HOURLY
    is_dense: Callable[[str], bool] = always
    entity_of: Callable[[str], str | None] = no_entity
    is_passed_on: Callable[[str], bool] = never


def listed(
    options: Sequence[SelectOptionDict], chosen: Sequence[str] = ()
) -> ObjectSelectorField | None:
    """Return a field that lists options, None without any.

    What is chosen already stays so when nobody offers it any more.
    """
    known = {option["value"] for option in options}
    kept = [SelectOptionDict(value=r, label=r) for r in chosen if r not in known]
    if not options and not kept:
        return None
    # A list that takes other values, too, is one that can be searched.
    return {
        "selector": {
            "select": {
                "options": [*options, *kept],
                "mode": "dropdown",
                "custom_value": True,
            }
        }
    }
