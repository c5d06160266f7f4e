"""Keeps every reading ever said, in one SQLite file.

Every method blocks: call it in an executor. What a method returned without an error is
on the disk. Reads and writes of several threads take turns.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import wraps
from pathlib import Path
import sqlite3
from threading import Lock
import time
from typing import Concatenate, Final, Protocol
from uuid import uuid4

from . import schema, seal
from .leftover import check_log
from .records import JournalError

_BUSY_TIMEOUT: Final = 10.0
# Milliseconds.
_MOMENT: Final = 100
_MICRO: Final = 1_000_000
# So much unused room [bytes], and such a share of all, is worth a new file.
_WORTH_IT: Final = 1 << 20
_SHARE: Final = 0.2


def micros(seconds: float) -> int:
    """Return an instant [s] as whole microseconds."""
    return round(seconds * _MICRO)


def seconds(instant: int) -> float:
    """Return an instant [µs] in seconds."""
    return instant / _MICRO


class Journal:
    """An open journal file; `journal_id` tells it from any other one."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        """Take over an open connection; use `open_journal` or `create_journal`."""
        self.path = path
        self.connection = connection
        self._lock = Lock()
        self._held = 0
        self._closed = False
        self.journal_id = _read_id(connection)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Let nobody else at the file meanwhile; errors name what the user can do."""
        with self._lock:
            if self._closed:
                raise JournalError("house_reloading")
            try:
                yield self.connection
            except sqlite3.Error as error:
                raise JournalError(_key_of(error), str(error)) from error

    @contextmanager
    def writing(
        self, what: str, user: str | None = None
    ) -> Iterator[tuple[sqlite3.Connection, int]]:
        """Do all or nothing; yields the connection and the revision it makes."""
        with self.reading() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                cursor = connection.execute(
                    "INSERT INTO revisions (at, what, user) VALUES (?, ?, ?)",
                    (micros(time.time()), what, user),
                )
                before = connection.total_changes
                revision = int(cursor.lastrowid or 0)
                yield connection, revision
                # What changes nothing leaves no revision behind.
                changed = connection.total_changes > before
                seal.put_on(connection, revision)
                connection.execute("COMMIT" if changed else "ROLLBACK")
                self._settle()
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def signed(self, user: str | None) -> Signed:
        """Return the same journal, for changes by a user (an id; None: nobody's)."""
        return Signed(self, user)

    def rest(self) -> None:
        """Make the file itself complete and leave it alone: a backup may copy it.

        Later writes go to the write-ahead log only, whose valid part is always whole.
        """
        with self.reading() as connection:
            self._settle()
            self._held += 1
            connection.execute("PRAGMA wal_autocheckpoint = 0")

    def resume(self) -> None:
        """Let writes reach the file again after a backup."""
        with self.reading() as connection:
            self._held = max(self._held - 1, 0)
            connection.execute("PRAGMA wal_autocheckpoint = 1000")
            self._settle()

    def gather(self) -> None:
        """Let much be written in a row: what sources can give again settles later."""
        with self._lock:
            self._held += 1

    def gathered(self) -> None:
        """Settle what was written since."""
        with self.reading():
            self._held = max(self._held - 1, 0)
            self._settle()

    def _settle(self) -> None:
        """Leave nothing in the write-ahead log, unless that has to wait.

        SQLite takes a damaged one for a transaction that never was, and says nothing.
        Who reads the file meanwhile is not waited for, and where there is no room the
        log stays: what is in it is safe, and the next write settles it.
        """
        if self._held:
            return
        with suppress(sqlite3.Error):
            self.connection.execute(f"PRAGMA busy_timeout = {_MOMENT}")
            self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.connection.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT * 1000:.0f}")

    def compact(self) -> int:
        """Give back room that nothing uses any more; returns how many bytes.

        Only where it is worth it. SQLite puts the new file in the old one's place in
        one transaction: after a kill at any instant one of the two is there, whole.
        """
        with self.reading() as connection:
            pages, free, size = (
                int(connection.execute(f"PRAGMA {name}").fetchone()[0])
                for name in ("page_count", "freelist_count", "page_size")
            )
            if free * size < _WORTH_IT or free < _SHARE * pages:
                return 0
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return free * size

    def check(self) -> None:
        """Read the whole file; raises JournalError where it is damaged.

        Takes seconds for millions of records, on a connection of its own: others go on.
        """
        with _connected(self.path) as connection:
            found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
            broken = seal.broken(connection) if found == "ok" else 0
            connection.close()
        if found != "ok":
            raise JournalError("journal_unreadable", found)
        if broken:
            raise JournalError("journal_unreadable", f"{broken} records are damaged")

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._closed = True
            self.connection.close()

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[sqlite3.Row]:
        """Return what a query finds."""
        with self.reading() as connection:
            return connection.execute(sql, parameters).fetchall()

    def run(self, sql: str, parameters: Iterable[Sequence[object]]) -> None:
        """Do one statement for each set of parameters, all or nothing."""
        with self.reading() as connection, connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(sql, parameters)


class Writable(Protocol):
    """A journal, signed or not."""

    def writing(
        self, what: str
    ) -> AbstractContextManager[tuple[sqlite3.Connection, int]]:
        """Do all or nothing; yields the connection and the revision it makes."""


class Signed:
    """A journal whose changes name the user who made them."""

    def __init__(self, journal: Journal, user: str | None) -> None:
        """Sign changes with a user's name."""
        self._journal = journal
        self._user = user

    def writing(
        self, what: str
    ) -> AbstractContextManager[tuple[sqlite3.Connection, int]]:
        """Do all or nothing; yields the connection and the revision it makes."""
        return self._journal.writing(what, self._user)


def create_journal(path: Path) -> Journal:
    """Make a new journal; raises JournalError if the file exists or cannot be made.

    It gets its name only when it is complete: a kill never leaves half a journal.
    """
    if path.exists():
        raise JournalError("journal_exists", str(path))
    unfinished = path.with_name(f"{path.name}.new")
    unfinished.unlink(missing_ok=True)
    with _connected(unfinished) as connection:
        schema.migrate(connection)
        connection.execute("INSERT INTO meta VALUES ('journal_id', ?)", (uuid4().hex,))
        connection.close()
    unfinished.rename(path)
    return open_journal(path)


def open_journal(path: Path) -> Journal:
    """Open a journal; raises JournalError with the reason if that is not possible."""
    if not path.exists():
        raise JournalError("journal_missing", str(path))
    check_log(path)
    with _connected(path) as connection:
        version = schema.version_of(connection)
        if version > schema.VERSION:
            raise JournalError("journal_newer", str(path))
        if version == 0:
            raise JournalError("journal_unreadable", "it is empty")
        schema.migrate(connection)
        return Journal(path, connection)


def set_aside(path: Path) -> Path:
    """Rename a journal and its log so that a new one can be made; returns the name."""
    stamp = time.strftime("%Y%m%d-%H%M%S")
    target = path.with_name(f"{path.name}.{stamp}.{uuid4().hex[:6]}")
    for suffix in ("", "-wal", "-shm"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(target.with_name(target.name + suffix))
    return target


@contextmanager
def _connected(path: Path) -> Iterator[sqlite3.Connection]:
    """Yield a connection; it is closed, and the error named, when something fails."""
    connection: sqlite3.Connection | None = None
    try:
        connection = sqlite3.connect(
            path, timeout=_BUSY_TIMEOUT, isolation_level=None, check_same_thread=False
        )
        connection.row_factory = sqlite3.Row
        seal.teach(connection)
        connection.execute("PRAGMA journal_mode = WAL")
        # FULL: what was acknowledged also survives a power cut, not only a kill.
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        yield connection
    except BaseException as error:
        if connection is not None:
            connection.close()
        if isinstance(error, sqlite3.Error):
            raise JournalError(_key_of(error), str(error)) from error
        raise


def last_revision(journal: Journal) -> int:
    """Return the number of the last change; 0 where nothing has been said yet.

    It never falls in the life of a journal: a smaller one than was seen before means an
    older copy of the file.
    """
    (row,) = journal.rows("SELECT coalesce(max(revision), 0) FROM revisions")
    return int(row[0])


def _read_id(connection: sqlite3.Connection) -> str:
    row = connection.execute("SELECT value FROM meta WHERE key='journal_id'").fetchone()
    if row is None:
        raise JournalError("journal_unreadable", "it has no id")
    return str(row[0])


def _key_of(error: sqlite3.Error) -> str:
    """Return the sentence's key for what went wrong."""
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith("SQLITE_FULL"):
        return "disk_full"
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        return "disk_read_only"
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return "journal_locked"
    if name.startswith("SQLITE_IOERR"):
        return "disk_failed"
    return "journal_unreadable"


def transactional[**P, R](
    what: str,
) -> Callable[
    [Callable[Concatenate[sqlite3.Connection, int, P], R]],
    Callable[Concatenate[Writable, P], R],
]:
    """Run a function of (connection, revision, …) as one change of a journal."""

    def decorate(
        change: Callable[Concatenate[sqlite3.Connection, int, P], R],
    ) -> Callable[Concatenate[Writable, P], R]:
        @wraps(change)
        def changed(journal: Writable, /, *args: P.args, **kwargs: P.kwargs) -> R:
            with journal.writing(what) as (connection, revision):
                return change(connection, revision, *args, **kwargs)

        return changed

    return decorate
