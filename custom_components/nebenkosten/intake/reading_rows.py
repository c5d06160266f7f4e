"""The readings of a file as columns, and the rows that cannot be read."""

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Self

from ..engine.domain.meters import Meter
from ..engine.domain.report import ReadingKind


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that cannot be taken: where, and why.

    `code` names the sentence, `data` fills it.
    """

    line: int
    column: str
    code: str
    cell: str = ""
    data: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingRow:
    """A reading as a file gives it, in the file's own words and understood."""

    line: int
    meter: Meter
    instant: float
    zone: str
    value_text: str
    value: float
    unit: str | None
    kind: ReadingKind
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingRows:
    """Readings as columns of equal length, in the file's order.

    A row is made when somebody asks for it: a large file's rows would fill the memory.
    """

    lines: array[int]
    meters: Sequence[Meter]
    instants: array[float]
    zones: Sequence[str]
    value_texts: Sequence[str]
    values: array[float]
    units: Sequence[str | None]
    kinds: Sequence[ReadingKind]
    notes: Sequence[str | None]

    @classmethod
    def of(cls, rows: Sequence[ReadingRow]) -> Self:
        """Return rows as columns."""
        return cls(
            lines=array("q", [row.line for row in rows]),
            meters=[row.meter for row in rows],
            instants=array("d", [row.instant for row in rows]),
            zones=[row.zone for row in rows],
            value_texts=[row.value_text for row in rows],
            values=array("d", [row.value for row in rows]),
            units=[row.unit for row in rows],
            kinds=[row.kind for row in rows],
            notes=[row.note for row in rows],
        )

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.lines)

    def __iter__(self) -> Iterator[ReadingRow]:
        """Yield row after row."""
        for place, line in enumerate(self.lines):
            yield ReadingRow(
                line=line,
                meter=self.meters[place],
                instant=self.instants[place],
                zone=self.zones[place],
                value_text=self.value_texts[place],
                value=self.values[place],
                unit=self.units[place],
                kind=self.kinds[place],
                note=self.notes[place],
            )


@dataclass(frozen=True, slots=True)
class Parsed:
    """The readings of a file, and its rows that are none."""

    rows: ReadingRows
    rejected: tuple[Rejected, ...]
