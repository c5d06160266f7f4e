"""What lies in an InfluxDB: series of raw values, and points of results."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

# Times of an InfluxDB are counted in nanoseconds.
SECOND: Final = 1_000_000_000
# Values and results lie before it: servers count nanoseconds in 63 bits.
FAR: Final = 7_258_118_400 * SECOND
# Clocks of two machines differ by less [ns].
_SOON: Final = 3600 * SECOND

type Field = float | int | str


@dataclass(frozen=True, slots=True)
class Place:
    """A bucket or database; `keeps` is how long points stay [ns], None for ever."""

    keeps: int | None = None

    def since(self, now: int) -> int | None:
        """Return from when on [ns] it takes points; what it drops soon is none."""
        return None if self.keeps is None else now - self.keeps + _SOON


@dataclass(frozen=True, slots=True)
class RawSeries:
    """Values of one entity as Home Assistant writes them; the unit is a measurement."""

    unit: str
    domain: str
    entity_id: str

    @property
    def reference(self) -> str:
        """Return the text that names the series in a meter's sources."""
        return f"{self.unit}:{self.domain}.{self.entity_id}"


def days_text(keeps: int) -> str:
    """Return a time [ns] in days, as sentences have it."""
    return f"{keeps / (86400 * SECOND):.3g}"


def series_from(reference: str) -> RawSeries:
    """Return the series of a reference; raises ValueError for any other text."""
    unit, colon, rest = reference.partition(":")
    domain, dot, entity_id = rest.partition(".")
    if not (colon and dot and unit and entity_id):
        raise ValueError(f"{reference} names no series")
    return RawSeries(unit, domain, entity_id)


@dataclass(frozen=True, slots=True)
class Extent:
    """How many values a series has in a time, and when the first and last are [ns]."""

    count: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Value:
    """A raw value at an instant [ns]."""

    time: int
    value: float


@dataclass(frozen=True, slots=True)
class Reduced:
    """The first and last value of each step, and more.

    `falls` are steps [ns] in which a value falls and not both sides of it are there.
    """

    values: Sequence[Value]
    falls: Sequence[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One point; `time` in ns."""

    measurement: str
    tags: Mapping[str, str]
    fields: Mapping[str, Field]
    time: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Doomed:
    """Points of one series to delete: all between the first and the last time [ns]."""

    measurement: str
    tags: Mapping[str, str]
    times: Sequence[int]

    @property
    def first(self) -> int:
        """Return the first time, included."""
        return self.times[0]

    @property
    def last(self) -> int:
        """Return the last time, included."""
        return self.times[-1]


class Server(Protocol):
    """What we ask of an InfluxDB, whatever its version. Every method blocks.

    Every one raises InfluxError. Times are ns; a range holds its start and not its end.
    """

    def close(self) -> None:
        """Let go of the server."""

    def place(self, place: str) -> Place | None:
        """Return a bucket or database, None where there is none that may be seen."""

    def create(self, place: str) -> None:
        """Make a bucket or database."""

    def may_write(self, place: str) -> None:
        """Raise InfluxError where nothing may be written; changes nothing."""

    def found(self, place: str, units: Sequence[str]) -> list[tuple[RawSeries, Extent]]:
        """Return the series measured in these units."""

    def extent(self, place: str, series: RawSeries, start: int, end: int) -> Extent:
        """Return how much a series holds in a range."""

    def before(self, place: str, series: RawSeries, instant: int) -> Value | None:
        """Return the last value before an instant."""

    def values(
        self, place: str, series: RawSeries, start: int, end: int
    ) -> list[Value]:
        """Return all values in a range, in order of time."""

    def reduced(
        self, place: str, series: RawSeries, start: int, end: int, step: int
    ) -> Reduced:
        """Return what matters of each step [s] of a range; the server does the work."""

    def points(
        self, place: str, measurement: str, meter_id: str, start: int
    ) -> list[Point]:
        """Return a meter's results from an instant on."""

    def write(self, place: str, points: Sequence[Point]) -> None:
        """Write points; an equal series and time replaces the fields."""

    def delete(self, place: str, doomed: Doomed) -> bool:
        """Delete points; returns False where the server cannot."""

    def untagged(self, place: str, measurement: str) -> bool:
        """Return whether a measurement holds points without a unit."""

    def worded(self, place: str, measurement: str, field: str) -> list[str]:
        """Return the meters of which a measurement holds a text field."""

    def drop(self, place: str, measurement: str) -> None:
        """Delete all points of a measurement."""


class Asks(Protocol):
    """Somebody who may be asked to ask the server, and to tell it something.

    `about` names whom it concerns: what is refused stops nobody else.
    """

    async def async_ask[R](self, work: Callable[[Server], R], about: str = "") -> R:
        """Ask the server something; raises OutOfReachError."""

    async def async_tell[R](self, work: Callable[[Server], R], about: str = "") -> R:
        """Have the server change something; raises OutOfReachError."""
