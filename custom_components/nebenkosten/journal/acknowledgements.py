"""Which odd days does somebody know of already?"""

from datetime import date
import sqlite3
import time

from .store import Journal, micros, transactional


@transactional("acknowledge")
def acknowledge(
    connection: sqlite3.Connection,
    revision: int,
    meter: str,
    anomaly_id: str,
    days: tuple[date, date],
    note: str | None,
) -> None:
    """Keep that an event of these days, first to last included, is known."""
    first, last = days
    connection.execute(
        "INSERT INTO acknowledgements VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (meter, anomaly_id) DO UPDATE SET first = excluded.first,"
        " last = excluded.last, note = coalesce(excluded.note, note),"
        " revision = excluded.revision",
        (
            meter,
            anomaly_id,
            first.isoformat(),
            last.isoformat(),
            note,
            micros(time.time()),
            revision,
        ),
    )


def acknowledged(journal: Journal, meter: str) -> list[tuple[date, date]]:
    """Return the days, first to last included, that a meter's user knows of."""
    return [
        (date.fromisoformat(row["first"]), date.fromisoformat(row["last"]))
        for row in journal.rows(
            "SELECT first, last FROM acknowledgements WHERE meter = ?", (meter,)
        )
    ]
