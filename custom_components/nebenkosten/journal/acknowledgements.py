"""Which odd days somebody knows of, and what was known of them at that time."""

from dataclasses import dataclass
from datetime import date
import json
import sqlite3
import time
from typing import Final

from .store import Journal, micros, transactional

_OVERLAPPING: Final = (
    "SELECT * FROM acknowledgements WHERE meter = ? AND first <= ? AND last >= ?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """Days, first to last included, of an event that somebody knows of.

    `kind` and `excess` [unit/day] are what it was then; None where an older version
    kept it. `note` is what was said of it, and only kept.
    """

    first: date
    last: date
    kind: str | None = None
    excess: float | None = None
    note: str | None = None


@transactional("acknowledge")
def acknowledge(
    connection: sqlite3.Connection,
    revision: int,
    meter: str,
    anomaly_id: str,
    known: Acknowledgement,
) -> None:
    """Keep that an event is known; what was said of these days before, in the audit."""
    _keep_in_audit(connection, revision, meter, known)
    connection.execute(
        "INSERT INTO acknowledgements"
        " (meter, anomaly_id, first, last, note, at, revision, kind, excess)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (meter, anomaly_id) DO UPDATE SET first = excluded.first,"
        " last = excluded.last, note = coalesce(excluded.note, note),"
        " at = excluded.at, revision = excluded.revision, kind = excluded.kind,"
        " excess = excluded.excess",
        (
            meter,
            anomaly_id,
            known.first.isoformat(),
            known.last.isoformat(),
            known.note,
            micros(time.time()),
            revision,
            known.kind,
            known.excess,
        ),
    )


@transactional("withdraw acknowledgement")
def withdraw(
    connection: sqlite3.Connection, revision: int, meter: str, known: Acknowledgement
) -> None:
    """Forget what was said of an event's days; the audit keeps it."""
    _keep_in_audit(connection, revision, meter, known)
    connection.execute(
        "DELETE FROM acknowledgements WHERE meter = ? AND first <= ? AND last >= ?",
        (meter, known.last.isoformat(), known.first.isoformat()),
    )


def acknowledged(journal: Journal, meter: str) -> list[Acknowledgement]:
    """Return what a meter's user knows of."""
    return [
        Acknowledgement(
            first=date.fromisoformat(row["first"]),
            last=date.fromisoformat(row["last"]),
            kind=row["kind"],
            excess=row["excess"],
        )
        for row in journal.rows(
            "SELECT first, last, kind, excess FROM acknowledgements WHERE meter = ?",
            (meter,),
        )
    ]


def _keep_in_audit(
    connection: sqlite3.Connection, revision: int, meter: str, days: Acknowledgement
) -> None:
    found = connection.execute(
        _OVERLAPPING, (meter, days.last.isoformat(), days.first.isoformat())
    ).fetchall()
    connection.executemany(
        "INSERT INTO audit VALUES (?, 'acknowledgement', ?, ?)",
        [(revision, n, json.dumps(dict(row))) for n, row in enumerate(found)],
    )
