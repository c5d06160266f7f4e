"""Append, edit, delete and find readings; every old value stays readable."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
import json
import math
import sqlite3
import time
from typing import Final

from ..engine.domain.reading_bounds import EARLIEST, LARGEST, LATEST
from ..engine.domain.report import ReadingKind
from .audit import remember
from .entering import entered, taken
from .records import Added, JournalError, NewReading, StoredReading
from .serial_numbers import NewNumber, renumber
from .store import Journal, micros, seconds, transactional

_DELETE_ALL: Final = (
    """UPDATE readings SET seal = NULL, deleted = 1, revision = :revision,
       origin = origin || ' freed ' || :revision WHERE meter = :meter""",
    """UPDATE witnesses SET origin = origin || ' freed ' || :revision
       WHERE meter = :meter""",
    """UPDATE amounts SET seal = NULL, deleted = 1, revision = :revision
       WHERE meter = :meter""",
    "DELETE FROM meters WHERE meter = :meter",
    "DELETE FROM collections WHERE meter = :meter",
    "DELETE FROM acknowledgements WHERE meter = :meter",
)


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

    def applied(self, stored: StoredReading) -> NewReading:
        """Return what a reading would be after the edit."""
        return NewReading(
            meter=stored.meter,
            instant=stored.instant if self.instant is None else self.instant,
            zone=self.zone or stored.zone,
            value_text=self.value_text or stored.value_text,
            value=stored.value if self.value is None else self.value,
            unit=self.unit or stored.unit,
            kind=self.kind or stored.kind,
            source=stored.source,
            note=stored.note if self.note is None else self.note,
        )


@transactional("append")
def append(
    connection: sqlite3.Connection,
    revision: int,
    readings: Iterable[NewReading],
    *,
    revive: bool = False,
    number: NewNumber | None = None,
) -> Added:
    """Keep readings; one that is known already is not kept twice.

    What a person enters now comes with `revive`, what a file or a source gives without:
    see `entering` for what is known to whom. A note is never dropped. The serial number
    of an exchange is kept with its readings, or they are not either.
    """
    received = micros(time.time())
    ids, duplicates = [], 0
    keep = entered if revive else taken
    for place, reading in enumerate(readings):
        columns = _columns(reading, received, revision)
        kept = keep(connection, columns, f"{revision}.{place}")
        duplicates += kept.known
        ids.append(kept.reading_id)
    if number is not None:
        renumber(connection, number)
    return Added(ids=tuple(ids), duplicates=duplicates)


@transactional("edit")
def edit(
    connection: sqlite3.Connection, revision: int, reading_id: int, change: Change
) -> StoredReading:
    """Change a reading; raises JournalError("reading_unknown") if there is none."""
    row = _row(connection, reading_id)
    remember(connection, revision, row)
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
    remember(connection, revision, row)
    connection.execute(
        "UPDATE readings SET seal = NULL, confirmed = 1, revision = ? WHERE id = ?",
        (revision, reading_id),
    )
    return str(row["meter"])


@transactional("delete")
def delete(connection: sqlite3.Connection, revision: int, reading_id: int) -> str:
    """Mark a reading as deleted and return its meter; it stays readable."""
    row = _row(connection, reading_id)
    remember(connection, revision, row)
    connection.execute(
        "UPDATE readings SET seal = NULL, deleted = 1, revision = ? WHERE id = ?",
        (revision, reading_id),
    )
    return str(row["meter"])


@transactional("delete")
def delete_all(connection: sqlite3.Connection, revision: int, meter: str) -> None:
    """Mark all that is known of a meter as deleted and forget its definition.

    What its sources gave is known no more: a meter of the same name that is added later
    is filled by the same file, and by the same sensor from its beginning. The records
    stay readable under origins that nothing gives.
    """
    for row in connection.execute(
        "SELECT * FROM readings WHERE meter = ? AND NOT deleted", (meter,)
    ).fetchall():
        remember(connection, revision, row)
    for sql in _DELETE_ALL:
        connection.execute(sql, {"meter": meter, "revision": revision})


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
    low = -math.inf if start is None else micros(start)
    high = math.inf if end is None else micros(end)
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


def _witnesses(journal: Journal, meter: str) -> dict[int, list[sqlite3.Row]]:
    """Return who else gave a meter's readings and what they noted, by their ids."""
    found: dict[int, list[sqlite3.Row]] = {}
    for row in journal.rows(
        "SELECT reading, source, note FROM witnesses WHERE meter = ?"
        " ORDER BY source, revision, origin",
        (meter,),
    ):
        found.setdefault(row["reading"], []).append(row)
    return found


def last_before(journal: Journal, meter: str, instant: float) -> StoredReading | None:
    """Return the last reading before an instant [s]."""
    rows = journal.rows(
        "SELECT * FROM readings WHERE meter = ? AND instant < ? AND NOT deleted"
        " AND instant >= ? AND abs(value) < ? ORDER BY instant DESC, id DESC LIMIT 1",
        (meter, micros(instant), micros(EARLIEST), LARGEST),
    )
    return _stored(dict(rows[0])) if rows else None


def first_after(journal: Journal, meter: str, instant: float) -> StoredReading | None:
    """Return the first reading after an instant [s]."""
    rows = journal.rows(
        "SELECT * FROM readings WHERE meter = ? AND instant > ? AND NOT deleted"
        " AND instant <= ? AND abs(value) < ? ORDER BY instant, id LIMIT 1",
        (meter, micros(instant), micros(LATEST), LARGEST),
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
    journal: Journal, meter: str, low: float, high: float
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


def _stored(
    row: dict[str, object],
    *,
    superseded: bool = False,
    witnesses: Sequence[sqlite3.Row] = (),
) -> StoredReading:
    others = dict.fromkeys(w["source"] for w in witnesses)
    notes = (row["note"], *(w["note"] for w in witnesses))
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
        witnesses=tuple(other for other in others if other != row["source"]),
        notes=tuple(dict.fromkeys(str(note) for note in notes if note is not None)),
        user=None if row.get("user") is None else str(row["user"]),
    )
