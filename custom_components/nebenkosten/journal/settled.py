"""How far a journal's file itself has come, without the log beside it."""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
import sqlite3

from .store import Journal


@dataclass(frozen=True, slots=True)
class Settled:
    """Which journal a file is, and the newest revision in it."""

    journal_id: str
    revision: int


def settled_in(path: Path) -> Settled | None:
    """Return what a file holds by itself; None where it cannot be read. Blocks.

    Nothing is changed, and a write-ahead log beside it is not looked at: one that was
    left there by a newer file would be taken for its own.
    """
    try:
        with closing(
            sqlite3.connect(f"{path.absolute().as_uri()}?immutable=1", uri=True)
        ) as connection:
            (revision,) = connection.execute(
                "SELECT max(revision) FROM revisions"
            ).fetchone()
            row = connection.execute(
                "SELECT value FROM meta WHERE key = 'journal_id'"
            ).fetchone()
    except sqlite3.Error:
        return None
    return None if row is None else Settled(str(row[0]), int(revision or 0))


def settled_revision(journal: Journal) -> int | None:
    """Return how far the file of an open journal has come. Blocks."""
    with journal.reading():
        found = settled_in(journal.path)
    return None if found is None else found.revision


def put_log_aside(path: Path) -> None:
    """Take a write-ahead log away that does not belong to a restored file. Blocks."""
    for suffix in ("-wal", "-shm"):
        log = path.with_name(path.name + suffix)
        if log.exists():
            log.rename(path.with_name(f"{path.name}.older{suffix}"))
