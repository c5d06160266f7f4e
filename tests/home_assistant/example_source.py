"""A kind of source as a newcomer writes it: counters that somebody keeps in memory."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.selector import ObjectSelectorField, SelectOptionDict

from custom_components.nebenkosten.engine.domain.meters import SourceRef
from custom_components.nebenkosten.sources.collected import Collected, Sample
from custom_components.nebenkosten.sources.descriptor import (
    Access,
    CheckedSource,
    SourceDescriptor,
    SourceError,
    listed,
)

# Samples by reference.
COUNTERS: Final[Mapping[str, tuple[Sample, ...]]] = {
    "cellar": (
        Sample(1_772_000_000.0, 100.0),
        Sample(1_772_600_000.0, 120.5),
        Sample(1_773_100_000.0, 131.25),
    )
}


class CounterSource:
    """Counters by name."""

    async def async_read(
        self, source: SourceRef, since: float | None, now: float
    ) -> AsyncIterator[Collected]:
        """Yield what is new, in one part."""
        new = [
            one
            for one in COUNTERS[source.reference]
            if (since is None or one.instant > since) and one.instant <= now
        ]
        if new:
            yield Collected(
                samples=tuple(new),
                amounts=(),
                amount_unit=None,
                until=new[-1].instant,
            )


async def _async_offer(
    _hass: HomeAssistant, _entry: ConfigEntry, chosen: Sequence[str]
) -> ObjectSelectorField | None:
    return listed([SelectOptionDict(value=n, label=n) for n in COUNTERS], chosen)


async def _async_check(_hass: HomeAssistant, reference: str) -> CheckedSource:
    if reference not in COUNTERS:
        raise SourceError("source_unknown", reference)
    return CheckedSource("counter", "m³")


def _open(_access: Access) -> CounterSource:
    return CounterSource()


COUNTER: Final = SourceDescriptor(
    kind="counter",
    column="counter",
    async_offer=_async_offer,
    async_check=_async_check,
    open=_open,
)
