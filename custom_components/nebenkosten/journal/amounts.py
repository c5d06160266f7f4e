"""Keep use between two instants; a corrected amount supersedes one record only."""

from collections.abc import Sequence
import sqlite3
import time

from .audit import remember
from .records import ChangedAmount, NewAmount
from .store import Journal, micros, seconds, transactional


@transactional("collect")
def record(
    connection: sqlite3.Connection, revision: int, amounts: Sequence[NewAmount]
) -> int:
    """Keep amounts and return how many are new or changed."""
    received = micros(time.time())
    changed = 0
    for amount in amounts:
        key = (amount.meter, amount.source, micros(amount.start), micros(amount.end))
        content = _content(amount)
        known = connection.execute(
            "SELECT * FROM amounts WHERE meter = ? AND source = ? AND start = ?"
            ' AND "end" = ?',
            key,
        ).fetchone()
        if known is None:
            connection.execute(
                'INSERT INTO amounts (meter, source, start, "end", value, unit, cost,'
                " unit_price, vat, smallest_flow, received, revision)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*key, *content, received, revision),
            )
        elif (
            tuple(known[name] for name in _CONTENT) == content and not known["deleted"]
        ):
            continue
        else:
            # One that was deleted with its whole meter comes back with a new one.
            remember(connection, revision, known, "amount")
            connection.execute(
                "UPDATE amounts SET seal = NULL, deleted = 0, value = ?, unit = ?,"
                " cost = ?, unit_price = ?, vat = ?, smallest_flow = ?, received = ?,"
                " revision = ? WHERE id = ?",
                (*content, received, revision, known["id"]),
            )
        changed += 1
    return changed


_CONTENT = ("value", "unit", "cost", "unit_price", "vat", "smallest_flow")


def _content(amount: NewAmount) -> tuple[object, ...]:
    return tuple(getattr(amount, name) for name in _CONTENT)


def extent(
    journal: Journal, meter: str, source: str
) -> tuple[int, float | None, float | None]:
    """Return how many amounts a source gave, and their first and last instant [s]."""
    (row,) = journal.rows(
        'SELECT count(*) AS n, min(start) AS first, max("end") AS last FROM amounts'
        " WHERE meter = ? AND source = ? AND NOT deleted",
        (meter, source),
    )
    if not row["n"]:
        return 0, None, None
    return int(row["n"]), seconds(row["first"]), seconds(row["last"])


def changed_since(
    journal: Journal, meter: str, source: str, revision: int
) -> list[ChangedAmount]:
    """Return what a source gave or corrected after a revision, in that order."""
    return [
        ChangedAmount(
            start=seconds(row["start"]),
            value=row["value"],
            cost=row["cost"],
            unit_price=row["unit_price"],
            vat=row["vat"],
            revision=row["revision"],
        )
        for row in journal.rows(
            "SELECT * FROM amounts WHERE meter = ? AND source = ? AND revision > ?"
            " AND NOT deleted ORDER BY revision, start",
            (meter, source, revision),
        )
    ]
