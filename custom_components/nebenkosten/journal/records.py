"""The records of readings and amounts in the journal."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from ..engine.domain.reading_bounds import is_possible
from ..engine.domain.report import ReadingKind


class Status(StrEnum):
    """What became of a reading."""

    USED = "used"
    QUARANTINED = "quarantined"
    DELETED = "deleted"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReading:
    """A reading as it comes in: `value_text` as given, `instant` UTC [s]."""

    meter: str
    instant: float
    zone: str
    value_text: str
    value: float
    unit: str | None = None
    kind: ReadingKind = ReadingKind.ACTUAL
    source: str
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredReading:
    """A reading in the journal; `superseded` marks the value before an edit.

    `witnesses` are the other sources that gave the same one, `notes` all that was
    noted of it, its own note first, `user` is the id of who made it what it is.
    """

    reading_id: int
    meter: str
    instant: float
    zone: str
    value_text: str
    value: float
    unit: str | None
    kind: ReadingKind
    source: str
    received: float
    note: str | None
    revision: int
    deleted: bool
    superseded: bool = False
    witnesses: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    user: str | None = None

    @property
    def is_possible(self) -> bool:
        """Return whether a dial can have shown it; an older version kept anything."""
        return is_possible(self.instant, self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAmount:
    """Use between two instants (UTC) [s], with what the source knows of its price."""

    meter: str
    start: float
    end: float
    value: float
    unit: str | None = None
    source: str
    cost: float | None = None
    unit_price: float | None = None
    vat: float | None = None
    smallest_flow: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedAmount:
    """An amount that begins at an instant [epoch s], as a revision left it."""

    start: float
    value: float
    cost: float | None
    unit_price: float | None
    vat: float | None
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """What an append did: ids in the order given, how many of them were known."""

    ids: tuple[int, ...]
    duplicates: int

    @property
    def new(self) -> int:
        """Return how many were not known before."""
        return len(self.ids) - self.duplicates


def in_one_line(notes: Iterable[str]) -> str:
    """Return the notes of a reading as one text, as a file has room for."""
    return " · ".join(dict.fromkeys(notes))


class JournalError(Exception):
    """The journal cannot do what was asked; `key` names the sentence for the user."""

    def __init__(self, key: str, detail: str = "") -> None:
        """Keep the key and a detail for the log."""
        super().__init__(f"{key}: {detail}" if detail else key)
        self.key = key
        self.detail = detail
