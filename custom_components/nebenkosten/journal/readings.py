"""Append, edit, delete and find readings; every old value stays readable."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
import json
import sqlite3
import time

from ..engine.model import ReadingKind
from .records import Added, JournalError, NewReading, StoredReading
from .store import Journal, micros, seconds, transactional

# The same dial at the same instant, whoever read it; an exchange is read twice.
_TWIN = """
FROM readings WHERE meter = :meter AND instant = :instant AND value = :value
AND unit IS :unit AND source <> :source AND NOT deleted AND (kind = :kind
OR kind IN ('actual', 'remote') AND :kind IN ('actual', 'remote'))
"""
_WITNESS = (
    "FROM witnesses WHERE meter = :meter AND source = :source AND origin = :origin"
)
_KNOWN = """
SELECT * FROM readings WHERE meter = :meter AND source = :source AND origin = :origin
UNION ALL
SELECT r.* FROM readings r JOIN witnesses w ON w.reading = r.id
WHERE w.meter = :meter AND w.source = :source AND w.origin = :origin
"""
_INSERT = f"""
INSERT INTO readings (meter, instant, zone, value_text, value, unit, kind, source,
                      received, note, revision, origin)
SELECT :meter, :instant, :zone, :value_text, :value, :unit, :kind, :source,
       :received, :note, :revision, :origin
WHERE NOT EXISTS (SELECT 1 {_TWIN}) AND NOT EXISTS (SELECT 1 {_WITNESS})
ON CONFLICT (meter, source, origin) DO NOTHING
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What an edit gives a reading; None leaves a field as it is."""

    instant: float | None = None
    zone: str | None = None
    value_text: str | None = None
    value: float | None = None
    unit: str | None = None
    kind: ReadingKind | None = None
    note: str | None = None


@transactional("append")
def append(
    connection: sqlite3.Connection,
    revision: int,
    readings: Iterable[NewReading],
    *,
    revive: bool = False,
) -> Added:
    """Keep readings; one that is known already is not kept twice.

    Given again by the same source it changes nothing; by another one, that one vouches
    for it, too. With `revive` a reading that was deleted comes back when it is given
    again.
    """
    received = micros(time.time())
    ids, duplicates = [], 0
    for reading in readings:
        columns = _columns(reading, received, revision)
        cursor = connection.execute(_INSERT, columns)
        if cursor.rowcount:
            ids.append(int(cursor.lastrowid or 0))
            continue
        known = _known(connection, columns) or _vouched(connection, columns)
        if revive and known["deleted"]:
            _remember(connection, revision, known)
            connection.execute(
                "UPDATE readings SET seal = NULL, deleted = 0, revision = ?"
                " WHERE id = ?",
                (revision, known["id"]),
            )
        else:
            duplicates += 1
        ids.append(int(known["id"]))
    return Added(ids=tuple(ids), duplicates=duplicates)


def _known(
    connection: sqlite3.Connection, columns: Mapping[str, object]
) -> sqlite3.Row | None:
    """Return what a source gave before, as its own record or as a witness."""
    row: sqlite3.Row | None = connection.execute(_KNOWN, columns).fetchone()
    return row


def _vouched(
    connection: sqlite3.Connection, columns: Mapping[str, object]
) -> sqlite3.Row:
    """Note that another source gave the same reading and return it."""
    row: sqlite3.Row = connection.execute(
        f"SELECT * {_TWIN} ORDER BY id", columns
    ).fetchone()
    connection.execute(
        "INSERT INTO witnesses VALUES (:id, :meter, :source, :origin, :received, :note,"
        " :revision)",
        {**columns, "id": row["id"]},
    )
    return row


@transactional("edit")
def edit(
    connection: sqlite3.Connection, revision: int, reading_id: int, change: Change
) -> StoredReading:
    """Change a reading; raises JournalError("reading_unknown") if there is none."""
    row = _row(connection, reading_id)
    _remember(connection, revision, row)
    connection.execute(
        """UPDATE readings SET seal = NULL,
           instant = coalesce(?, instant), zone = coalesce(?, zone),
           value_text = coalesce(?, value_text), value = coalesce(?, value),
           unit = coalesce(?, unit), kind = coalesce(?, kind), note = coalesce(?, note),
           confirmed = 0, revision = ? WHERE id = ?""",
        (
            None if change.instant is None else micros(change.instant),
            change.zone,
            change.value_text,
            change.value,
            change.unit,
            change.kind,
            change.note,
            revision,
            reading_id,
        ),
    )
    return _stored(dict(_row(connection, reading_id)))


@transactional("confirm")
def confirm(connection: sqlite3.Connection, revision: int, reading_id: int) -> str:
    """Note that somebody vouches for a reading and return its meter."""
    row = _row(connection, reading_id)
    _remember(connection, revision, row)
    connection.execute(
        "UPDATE readings SET seal = NULL, confirmed = 1, revision = ? WHERE id = ?",
        (revision, reading_id),
    )
    return str(row["meter"])


@transactional("delete")
def delete(connection: sqlite3.Connection, revision: int, reading_id: int) -> str:
    """Mark a reading as deleted and return its meter; it stays readable."""
    row = _row(connection, reading_id)
    _remember(connection, revision, row)
    connection.execute(
        "UPDATE readings SET seal = NULL, deleted = 1, revision = ? WHERE id = ?",
        (revision, reading_id),
    )
    return str(row["meter"])


@transactional("delete")
def delete_all(connection: sqlite3.Connection, revision: int, meter: str) -> None:
    """Mark all that is known of a meter as deleted and forget its definition."""
    for row in connection.execute(
        "SELECT * FROM readings WHERE meter = ? AND NOT deleted", (meter,)
    ).fetchall():
        _remember(connection, revision, row)
    connection.execute(
        "UPDATE readings SET seal = NULL, deleted = 1, revision = ? WHERE meter = ?",
        (revision, meter),
    )
    connection.execute(
        "UPDATE amounts SET seal = NULL, deleted = 1, revision = ? WHERE meter = ?",
        (revision, meter),
    )
    for table in ("meters", "collections", "acknowledgements"):
        connection.execute(
            " ".join(("DELETE FROM", table, "WHERE meter = ?")), (meter,)
        )


def get(journal: Journal, reading_id: int) -> StoredReading:
    """Return one reading; raises JournalError("reading_unknown") if there is none."""
    with journal.reading() as connection:
        return _stored(dict(_row(connection, reading_id)))


def find(
    journal: Journal,
    meter: str,
    start: float | None = None,
    end: float | None = None,
    *,
    history: bool = False,
) -> list[StoredReading]:
    """Return a meter's readings from start to before end [s], ordered by time.

    With `history` the deleted ones and the values before each edit come too.
    """
    low = -(2**62) if start is None else micros(start)
    high = 2**62 if end is None else micros(end)
    others = _witnesses(journal, meter)
    found = [
        _stored(dict(row), witnesses=others.get(row["id"], ()))
        for row in journal.rows(
            "SELECT r.*, v.user FROM readings r JOIN revisions v USING (revision)"
            " WHERE meter = ? AND instant >= ? AND instant < ?"
            " AND (NOT deleted OR ?) ORDER BY instant, id",
            (meter, low, high, history),
        )
    ]
    if history:
        found += _edited(journal, meter, low, high)
        found.sort(key=lambda r: (r.instant, r.reading_id, r.revision))
    return found


def _witnesses(journal: Journal, meter: str) -> dict[int, tuple[str, ...]]:
    """Return which other sources gave a meter's readings, by their ids."""
    found: dict[int, tuple[str, ...]] = {}
    for row in journal.rows(
        "SELECT reading, source FROM witnesses WHERE meter = ? ORDER BY source",
        (meter,),
    ):
        found[row["reading"]] = (*found.get(row["reading"], ()), row["source"])
    return found


def last_before(journal: Journal, meter: str, instant: float) -> StoredReading | None:
    """Return the last reading before an instant [s]."""
    rows = journal.rows(
        "SELECT * FROM readings WHERE meter = ? AND instant < ? AND NOT deleted"
        " ORDER BY instant DESC, id DESC LIMIT 1",
        (meter, micros(instant)),
    )
    return _stored(dict(rows[0])) if rows else None


def first_after(journal: Journal, meter: str, instant: float) -> StoredReading | None:
    """Return the first reading after an instant [s]."""
    rows = journal.rows(
        "SELECT * FROM readings WHERE meter = ? AND instant > ? AND NOT deleted"
        " ORDER BY instant, id LIMIT 1",
        (meter, micros(instant)),
    )
    return _stored(dict(rows[0])) if rows else None


def at(journal: Journal, meter: str, instant: float) -> list[StoredReading]:
    """Return all that was ever said of an instant [s], deleted or not."""
    return [
        _stored(dict(row))
        for row in journal.rows(
            "SELECT * FROM readings WHERE meter = ? AND instant = ? ORDER BY id",
            (meter, micros(instant)),
        )
    ]


def _edited(
    journal: Journal, meter: str, low: int, high: int
) -> Iterator[StoredReading]:
    for row in journal.rows(
        "SELECT a.before, w.user FROM audit a JOIN readings r ON r.id = a.id"
        " JOIN revisions v ON v.revision = a.revision"
        " JOIN revisions w ON w.revision = json_extract(a.before, '$.revision')"
        " WHERE a.record = 'reading' AND v.what = 'edit' AND r.meter = ?",
        (meter,),
    ):
        before = json.loads(row["before"]) | {"user": row["user"]}
        if low <= before["instant"] < high:
            yield _stored(before, superseded=True)


def _columns(reading: NewReading, received: int, revision: int) -> dict[str, object]:
    instant = micros(reading.instant)
    return {
        "meter": reading.meter,
        "instant": instant,
        "zone": reading.zone,
        "value_text": reading.value_text,
        "value": reading.value,
        "unit": reading.unit,
        "kind": reading.kind,
        "source": reading.source,
        "received": received,
        "note": reading.note,
        "revision": revision,
        "origin": f"{instant} {reading.kind} {reading.value!r}",
    }


def _row(connection: sqlite3.Connection, reading_id: int) -> sqlite3.Row:
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM readings WHERE id = ? AND NOT deleted", (reading_id,)
    ).fetchone()
    if row is None:
        raise JournalError("reading_unknown", str(reading_id))
    return row


def _remember(connection: sqlite3.Connection, revision: int, row: sqlite3.Row) -> None:
    connection.execute(
        "INSERT INTO audit VALUES (?, 'reading', ?, ?)",
        (revision, row["id"], json.dumps(dict(row))),
    )


def _stored(
    row: dict[str, object],
    *,
    superseded: bool = False,
    witnesses: tuple[str, ...] = (),
) -> StoredReading:
    return StoredReading(
        reading_id=int(str(row["id"])),
        meter=str(row["meter"]),
        instant=seconds(int(str(row["instant"]))),
        zone=str(row["zone"]),
        value_text=str(row["value_text"]),
        value=float(str(row["value"])),
        unit=None if row["unit"] is None else str(row["unit"]),
        kind=ReadingKind(str(row["kind"])),
        source=str(row["source"]),
        received=seconds(int(str(row["received"]))),
        note=None if row["note"] is None else str(row["note"]),
        revision=int(str(row["revision"])),
        deleted=bool(row["deleted"]),
        superseded=superseded,
        witnesses=witnesses,
        user=None if row.get("user") is None else str(row["user"]),
    )
