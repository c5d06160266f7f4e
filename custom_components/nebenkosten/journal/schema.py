"""The journal's layout, and the migration of older ones."""

import sqlite3
from typing import Final

from . import seal

# Instants are whole microseconds (UTC), so that equal ones compare equal.
_FIRST: Final = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE meters (
    meter TEXT PRIMARY KEY,      -- key in lower case
    definition TEXT NOT NULL,    -- the last one seen, as JSON
    kept INTEGER NOT NULL DEFAULT 0  -- 1: removed, and the user keeps its readings
) WITHOUT ROWID;
CREATE TABLE revisions (
    revision INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    what TEXT NOT NULL           -- append, edit, delete, restore, collect
);
CREATE TABLE readings (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    meter TEXT NOT NULL,
    instant INTEGER NOT NULL,
    zone TEXT NOT NULL,          -- the zone the instant was given in
    value_text TEXT NOT NULL,    -- exactly as given
    value REAL NOT NULL,
    unit TEXT,
    kind TEXT NOT NULL,
    source TEXT NOT NULL,
    received INTEGER NOT NULL,
    note TEXT,
    revision INTEGER NOT NULL REFERENCES revisions,
    deleted INTEGER NOT NULL DEFAULT 0,
    origin TEXT NOT NULL         -- instant, kind and value as first given
);
CREATE UNIQUE INDEX readings_once ON readings (meter, source, origin);
CREATE INDEX readings_by_time ON readings (meter, instant);
CREATE INDEX readings_by_revision ON readings (meter, revision);
CREATE TABLE amounts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    meter TEXT NOT NULL,
    start INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    value REAL NOT NULL,
    unit TEXT,
    source TEXT NOT NULL,
    cost REAL,
    unit_price REAL,
    vat REAL,
    smallest_flow REAL,
    received INTEGER NOT NULL,
    revision INTEGER NOT NULL REFERENCES revisions,
    deleted INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX amounts_once ON amounts (meter, source, start, "end");
CREATE INDEX amounts_by_revision ON amounts (meter, revision);
CREATE TABLE audit (             -- what a record was before an edit or a deletion
    revision INTEGER NOT NULL REFERENCES revisions,
    record TEXT NOT NULL,        -- reading or amount
    id INTEGER NOT NULL,
    before TEXT NOT NULL,        -- the whole row as JSON
    PRIMARY KEY (record, id, revision)
) WITHOUT ROWID;
CREATE TABLE collections (       -- how far a source has been read
    meter TEXT NOT NULL,
    source TEXT NOT NULL,
    since INTEGER NOT NULL,      -- when it was first read
    until INTEGER NOT NULL,
    PRIMARY KEY (meter, source)
) WITHOUT ROWID;
"""

# Which odd days somebody knows of: an event of the same days is no news again. Which
# readings somebody vouches for: nobody doubts them.
_WHAT_PEOPLE_SAID: Final = """
ALTER TABLE readings ADD COLUMN confirmed INTEGER NOT NULL DEFAULT 0;
CREATE TABLE acknowledgements (
    meter TEXT NOT NULL,
    anomaly_id TEXT NOT NULL,
    first TEXT NOT NULL,         -- local days, both included
    last TEXT NOT NULL,
    note TEXT,
    at INTEGER NOT NULL,
    revision INTEGER NOT NULL REFERENCES revisions,
    PRIMARY KEY (meter, anomaly_id)
) WITHOUT ROWID;
"""

# Who else gave the same reading: it is one record, with all that vouch for it. What a
# disk turns into something else is noticed by the seal.
_SEALS: Final = "".join(
    (
        "ALTER TABLE readings ADD COLUMN seal INTEGER;",
        "ALTER TABLE amounts ADD COLUMN seal INTEGER;",
        *("UPDATE readings SET seal = ", seal.OF_READING, ";"),
        *("UPDATE amounts SET seal = ", seal.OF_AMOUNT, ";"),
        "CREATE INDEX readings_unsealed ON readings (id) WHERE seal IS NULL;",
        "CREATE INDEX amounts_unsealed ON amounts (id) WHERE seal IS NULL;",
    )
)
_WITNESSES: Final = """
CREATE TABLE witnesses (
    reading INTEGER NOT NULL REFERENCES readings,
    meter TEXT NOT NULL,
    source TEXT NOT NULL,
    origin TEXT NOT NULL,        -- instant, kind and value as this source gave them
    received INTEGER NOT NULL,
    note TEXT,
    revision INTEGER NOT NULL REFERENCES revisions,
    PRIMARY KEY (meter, source, origin)
) WITHOUT ROWID;
CREATE INDEX witnesses_by_reading ON witnesses (reading);
"""

# A meter that was deleted with all that was known of it held on to what its files and
# sensors had given: nothing could fill it again. A reading deleted alone is one of its
# revision's; it stays known.
_OF_WHOLE_METERS: Final = """
SELECT revision FROM readings WHERE deleted GROUP BY revision HAVING count(*) > 1
UNION SELECT revision FROM amounts WHERE deleted
"""
_FREED: Final = "".join(
    (
        "UPDATE witnesses SET origin = origin || ' freed' WHERE reading IN",
        " (SELECT id FROM readings WHERE deleted AND revision IN (",
        *(_OF_WHOLE_METERS, "));"),
        "UPDATE readings SET origin = origin || ' freed', seal = NULL",
        *(" WHERE deleted AND revision IN (", _OF_WHOLE_METERS, ");"),
        *("UPDATE readings SET seal = ", seal.OF_READING, " WHERE seal IS NULL;"),
    )
)
# Who said it: the id of Home Assistant's user, none where nobody did.
_USERS: Final = "ALTER TABLE revisions ADD COLUMN user TEXT;"
# What an event was when somebody said to know it: worse or another one is news.
_KNOWN_AS: Final = """
ALTER TABLE acknowledgements ADD COLUMN kind TEXT;
ALTER TABLE acknowledgements ADD COLUMN excess REAL;  -- [unit/day]
"""

# One entry per version: the statements that lead to it from the one before.
MIGRATIONS: Final[tuple[str, ...]] = (
    _FIRST,
    _WHAT_PEOPLE_SAID,
    _SEALS + _WITNESSES,
    _FREED,
    _USERS,
    _KNOWN_AS,
)
VERSION: Final = len(MIGRATIONS)


def version_of(connection: sqlite3.Connection) -> int:
    """Return the layout's version; 0 is an empty file."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def migrate(connection: sqlite3.Connection) -> None:
    """Bring a journal to the current version, each step whole or not at all."""
    for version in range(version_of(connection), VERSION):
        statements = MIGRATIONS[version]
        connection.executescript(
            f"BEGIN IMMEDIATE;{statements};PRAGMA user_version = {version + 1};COMMIT;"
        )
