"""The kinds of sources that there are, in the order of the form's columns."""

from collections.abc import Mapping
from typing import Final

from ..engine.domain.meters import Meter, SourceRef
from ..engine.domain.serialization import Plain, meter_from
from .collected import Source
from .descriptor import Access, Cadence, SourceDescriptor
from .entity import ENTITY
from .influxdb import INFLUXDB
from .statistic import STATISTIC
from .tibber import TIBBER

SOURCES: Final[dict[str, SourceDescriptor]] = {
    one.kind: one for one in (ENTITY, STATISTIC, INFLUXDB, TIBBER)
}


def described_meter(name: str, data: Mapping[str, Plain]) -> Meter:
    """Return the meter of a name and a subentry's data.

    Raises what `meter_from` does, and ValueError for a source of an unknown kind.
    """
    meter = meter_from(name, data)
    for source in meter.sources:
        if source.kind not in SOURCES:
            raise ValueError(f"{source.kind!r} is no kind of source")
    return meter


def open_sources(access: Access) -> dict[str, Source]:
    """Return the readers by kind; of a server that is not set up there is none."""
    opened = {kind: one.open(access) for kind, one in SOURCES.items()}
    return {kind: source for kind, source in opened.items() if source is not None}


def is_dense(source: SourceRef) -> bool:
    """Return whether a source reports by itself: its hours are worth showing."""
    return SOURCES[source.kind].is_dense(source.reference)


def entity_of(source: SourceRef) -> str | None:
    """Return the entity whose state a source is, None where it is none's."""
    return SOURCES[source.kind].entity_of(source.reference)


def is_passed_on(source: SourceRef) -> bool:
    """Return whether a source's hours are written to the raw values, too."""
    return SOURCES[source.kind].is_passed_on(source.reference)


def is_read(source: SourceRef, cadence: Cadence) -> bool:
    """Return whether a source is read at this cadence; by hand nothing is."""
    return is_dense(source) and SOURCES[source.kind].cadence is cadence
