"""The seal by which a record is known to be what was written.

SQLite notices a damaged page only where its order is broken: a bit that turns in the
middle of a number it reads as another number. Each record carries a sum of its content.
"""

import sqlite3
from typing import Final
import zlib

_READING: Final = (
    *("meter", "instant", "zone", "value_text", "value", "unit", "kind", "source"),
    *("received", "note", "revision", "deleted", "origin", "confirmed"),
)
_AMOUNT: Final = (
    *("meter", "start", '"end"', "value", "unit", "source", "cost", "unit_price"),
    *("vat", "smallest_flow", "received", "revision", "deleted"),
)
OF_READING: Final = f"seal({', '.join(_READING)})"
OF_AMOUNT: Final = f"seal({', '.join(_AMOUNT)})"

_SEAL: Final = tuple(
    " ".join(
        (
            "UPDATE",
            table,
            "SET seal =",
            content,
            "WHERE seal IS NULL",
            "AND revision = ?",
        )
    )
    for table, content in (("readings", OF_READING), ("amounts", OF_AMOUNT))
)
_BROKEN: Final = tuple(
    " ".join(("SELECT count(*) FROM", table, "WHERE seal IS NOT", content))
    for table, content in (("readings", OF_READING), ("amounts", OF_AMOUNT))
)


def teach(connection: sqlite3.Connection) -> None:
    """Let a connection compute seals."""
    connection.create_function("seal", -1, _sum, deterministic=True)


def _sum(*content: object) -> int:
    return zlib.crc32(repr(content).encode())


def put_on(connection: sqlite3.Connection, revision: int) -> None:
    """Seal the records that a revision has written; they come with no seal."""
    for sql in _SEAL:
        connection.execute(sql, (revision,))


def broken(connection: sqlite3.Connection) -> int:
    """Count the records that are not what was written."""
    return sum(int(connection.execute(sql).fetchone()[0]) for sql in _BROKEN)
