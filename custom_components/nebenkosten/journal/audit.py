"""What a record was before it changed: every old version stays readable."""

import json
import sqlite3


def remember(
    connection: sqlite3.Connection,
    revision: int,
    row: sqlite3.Row,
    record: str = "reading",
) -> None:
    """Keep a row as it is before a revision changes it."""
    connection.execute(
        "INSERT INTO audit VALUES (?, ?, ?, ?)",
        (revision, record, row["id"], json.dumps(dict(row))),
    )
