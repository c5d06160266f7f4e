"""The check of a write-ahead log that lies beside a journal when it is opened.

SQLite takes any log that is whole in itself, whatever it lies beside. Beside a file
of later date an older log takes readings back, beside an older file a later one leaves
pages of two times; and closing writes that into the file for good. So this is looked at
before anything is opened for writing. Without a log, as nearly always, there is nothing
to look at.
"""

from collections.abc import Iterator
from contextlib import contextmanager
import logging
from pathlib import Path
import sqlite3

from . import schema, seal
from .records import JournalError

_LOGGER = logging.getLogger(__name__)
_LAST = "SELECT coalesce(max(revision), 0), count(*) FROM revisions"


def check_log(path: Path) -> None:
    """Raise JournalError where the log beside a journal belongs to another state of it.

    Reads the whole file then; changes nothing.
    """
    log = path.with_name(f"{path.name}-wal")
    if not log.exists() or not log.stat().st_size:
        return
    alone = _last_alone(path)
    try:
        trouble = _trouble(path, alone)
    except sqlite3.DatabaseError as error:
        # Busy, read-only or failing: opening says so with the right words.
        if getattr(error, "sqlite_errorname", "SQLITE_CORRUPT") != "SQLITE_CORRUPT":
            return
        trouble = str(error)
    if trouble:
        _LOGGER.error(
            "%s does not belong to %s (%s). Restore both from one backup",
            log.name,
            path.name,
            trouble,
        )
        raise JournalError("journal_unreadable", f"{log.name}: {trouble}")


def _last_alone(path: Path) -> int:
    """Return the last revision in the file itself; 0 where it needs its log."""
    try:
        with _opened(path, "immutable=1") as connection:
            return int(connection.execute(_LAST).fetchone()[0])
    except sqlite3.DatabaseError:
        return 0


def _trouble(path: Path, alone: int) -> str | None:
    """Return what is wrong with file and log together."""
    with _opened(path, "mode=ro") as connection:
        found = str(connection.execute("PRAGMA integrity_check(1)").fetchone()[0])
        if found != "ok":
            return found
        last, count = connection.execute(_LAST).fetchone()
        if last < alone:
            return f"it ends with change {last}, the file with {alone}"
        # No change is ever taken out: a gap is a page of another time.
        if last != count:
            return f"{last - count} changes are missing"
        if schema.version_of(connection) == schema.VERSION:
            broken = seal.broken(connection)
            return f"{broken} records are damaged" if broken else None
    return None


@contextmanager
def _opened(path: Path, how: str) -> Iterator[sqlite3.Connection]:
    """Yield a connection that writes nothing, and close it."""
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?{how}", uri=True)
    try:
        seal.teach(connection)
        yield connection
    finally:
        connection.close()
