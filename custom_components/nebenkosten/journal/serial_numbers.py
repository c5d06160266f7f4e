"""Serial numbers of new dials, until what keeps the meters has them on its disk.

A house keeps a meter's serial number in its entry, which is written down seconds after
a change. What an exchange was answered for stands here, beside its readings.
"""

from dataclasses import asdict, dataclass
import json
import sqlite3

from .store import Journal

_KEY = "serial_numbers"
_KEEP = (
    "INSERT INTO meta VALUES (?, ?)"
    " ON CONFLICT (key) DO UPDATE SET value = excluded.value"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Renumbered:
    """A meter's serial number, and those that an older entry may still hold."""

    number: str | None
    instead_of: tuple[str | None, ...]

    def then(self, number: str | None) -> Renumbered:
        """Return what is true once the meter has a number that was given later."""
        olds = dict.fromkeys((*self.instead_of, self.number))
        return Renumbered(
            number=number, instead_of=tuple(old for old in olds if old != number)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NewNumber:
    """The serial number that an exchange gives a meter, and the one it has."""

    meter: str
    old: str | None
    new: str


def renumbered(journal: Journal) -> dict[str, Renumbered]:
    """Return the meters whose serial numbers may not be on the entry's disk yet."""
    return _read(journal.rows("SELECT value FROM meta WHERE key = ?", (_KEY,)))


def remember_renumbered(journal: Journal, meters: dict[str, Renumbered]) -> None:
    """Keep these and no others."""
    journal.run(_KEEP, [(_KEY, _text(meters))])


def renumber(connection: sqlite3.Connection, given: NewNumber) -> None:
    """Keep a meter's new number in the transaction of its exchange."""
    sql = "SELECT value FROM meta WHERE key = ?"
    meters = _read(connection.execute(sql, (_KEY,)).fetchall())
    before = meters.get(given.meter, Renumbered(number=given.old, instead_of=()))
    if before.number != given.old:
        before = before.then(given.old)
    meters[given.meter] = before.then(given.new)
    connection.execute(_KEEP, (_KEY, _text(meters)))


def _read(rows: list[sqlite3.Row]) -> dict[str, Renumbered]:
    return {
        meter: Renumbered(number=one["number"], instead_of=tuple(one["instead_of"]))
        for row in rows
        for meter, one in json.loads(row["value"]).items()
    }


def _text(meters: dict[str, Renumbered]) -> str:
    return json.dumps({meter: asdict(one) for meter, one in meters.items()})
