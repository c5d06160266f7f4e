"""What becomes of a reading that comes in: a record of its own, or one known already.

Two rules hold, for who says something again means two different things by it.

A *person* who enters a value now says what is true now. Nothing but the same content,
standing today and counting at its instant, makes a new record needless: not a value
that was corrected or deleted meanwhile, and not one that a later entry displaced.

A *file or a source* that is read again says nothing new. It is known by what it gave
the first time (its `origin`), whatever became of that: what a person corrected or
deleted does not come back with each reading of the same file.
"""

from collections.abc import Mapping
from dataclasses import dataclass
import sqlite3
from typing import Final

from .audit import remember
from .records import in_one_line

# What a device and what a person read at one instant are readings of the same dial.
_SAME_DIAL: Final = """
FROM readings WHERE meter = :meter AND instant = :instant AND NOT deleted
AND (kind = :kind
     OR kind IN ('actual', 'remote') AND :kind IN ('actual', 'remote'))
"""
# As the engine weighs them: a person's before a device's, then the later change.
_STANDING: Final = f"""
SELECT * {_SAME_DIAL} ORDER BY kind = 'actual' DESC, revision DESC, id DESC
"""
_TWIN: Final = f"{_SAME_DIAL} AND value = :value AND unit IS :unit"
_DELETED: Final = """
SELECT * FROM readings WHERE meter = :meter AND instant = :instant AND kind = :kind
AND source = :source AND value = :value AND unit IS :unit AND deleted
ORDER BY revision DESC, id DESC
"""
_KNOWN: Final = """
SELECT * FROM readings WHERE meter = :meter AND source = :source AND origin = :origin
UNION ALL
SELECT r.* FROM readings r JOIN witnesses w ON w.reading = r.id
WHERE w.meter = :meter AND w.source = :source AND w.origin = :origin
"""
_WITNESSED: Final = """
FROM witnesses WHERE meter = :meter AND source = :source AND origin = :origin
"""
_INSERT: Final = """
INSERT INTO readings (meter, instant, zone, value_text, value, unit, kind, source,
                      received, note, revision, origin)
SELECT :meter, :instant, :zone, :value_text, :value, :unit, :kind, :source,
       :received, :note, :revision, :origin
"""
_ONCE: Final = "ON CONFLICT (meter, source, origin) DO NOTHING"
_ENTER: Final = f"{_INSERT} WHERE true {_ONCE}"
# In one statement: a source may give a hundred thousand at once.
_TAKE: Final = f"""
{_INSERT} WHERE NOT EXISTS (SELECT 1 {_TWIN})
AND NOT EXISTS (SELECT 1 {_WITNESSED}) {_ONCE}
"""
_WITNESS: Final = """
INSERT INTO witnesses VALUES (:id, :meter, :source, :origin, :received, :note,
                              :revision)
ON CONFLICT (meter, source, origin) DO NOTHING
"""
_NOTES: Final = """
SELECT note FROM readings WHERE id = :id AND note IS NOT NULL
UNION ALL
SELECT note FROM (SELECT note FROM witnesses WHERE reading = :id
                  AND note IS NOT NULL ORDER BY revision, origin)
"""

type Columns = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class KeptReading:
    """The record of a reading that came in, and whether it was known already."""

    reading_id: int
    known: bool


def entered(
    connection: sqlite3.Connection, columns: Columns, again: str
) -> KeptReading:
    """Keep what a person says now; `again` makes an origin that was used unique."""
    standing = _standing(connection, columns)
    if standing is not None:
        if standing["source"] != columns["source"]:
            _vouch(connection, columns, standing, columns["origin"])
        _note(connection, columns, standing, again)
        return KeptReading(standing["id"], known=True)
    deleted = connection.execute(_DELETED, columns).fetchone()
    if deleted is not None:
        remember(connection, int(str(columns["revision"])), deleted)
        connection.execute(
            "UPDATE readings SET seal = NULL, deleted = 0, revision = :revision"
            " WHERE id = :id",
            {**columns, "id": deleted["id"]},
        )
        _note(connection, columns, deleted, again)
        return KeptReading(deleted["id"], known=False)
    inserted = _insert(connection, _ENTER, columns) or _insert(
        connection, _ENTER, {**columns, "origin": f"{columns['origin']} {again}"}
    )
    return KeptReading(inserted, known=False)


def taken(connection: sqlite3.Connection, columns: Columns, again: str) -> KeptReading:
    """Keep what a file or a source gives; who gave it, too, vouches for it."""
    inserted = _insert(connection, _TAKE, columns)
    if inserted:
        return KeptReading(inserted, known=False)
    known = connection.execute(_KNOWN, columns).fetchone()
    if known is None:
        known = connection.execute(f"SELECT * {_TWIN} ORDER BY id", columns).fetchone()
        _vouch(connection, columns, known, columns["origin"])
    _note(connection, columns, known, again)
    return KeptReading(known["id"], known=True)


def _standing(connection: sqlite3.Connection, columns: Columns) -> sqlite3.Row | None:
    """Return the record that counts at the instant, if it says the same.

    A device's value never displaces a person's: beside one, the last device's counts.
    """
    rows = connection.execute(_STANDING, columns).fetchall()
    last = list({row["kind"]: row for row in reversed(rows)}.values())
    candidates = last if columns["kind"] == "remote" else rows[:1]
    content = columns["value"], columns["unit"]
    same = (row for row in candidates if (row["value"], row["unit"]) == content)
    return next(same, None)


def _insert(connection: sqlite3.Connection, sql: str, columns: Columns) -> int:
    """Add a record and return its id; 0 where there is one already."""
    cursor = connection.execute(sql, columns)
    return int(cursor.lastrowid or 0) if cursor.rowcount else 0


def _vouch(
    connection: sqlite3.Connection, columns: Columns, row: sqlite3.Row, origin: object
) -> None:
    """Note that somebody else gave the same reading."""
    connection.execute(_WITNESS, {**columns, "id": row["id"], "origin": origin})


def _note(
    connection: sqlite3.Connection, columns: Columns, row: sqlite3.Row, again: str
) -> None:
    """Keep a note that a known reading is given with, unless it has been noted."""
    if columns["note"] is None:
        return
    notes = [str(r[0]) for r in connection.execute(_NOTES, {"id": row["id"]})]
    noted = {note.strip() for note in (*notes, in_one_line(notes))}
    if str(columns["note"]).strip() not in noted:
        _vouch(connection, columns, row, f"{columns['origin']} {again}")
