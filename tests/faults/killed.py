"""The process is killed, or starts and ends at the wrong moment."""

from contextlib import closing, suppress
from pathlib import Path
import random
import signal
import sqlite3
import threading
import time
from typing import Any

from custom_components.nebenkosten.journal import seal
from custom_components.nebenkosten.journal.schema import MIGRATIONS, VERSION
from scripts.home_assistant import HomeAssistantError

from .doing import meanwhile, quietly
from .subject import METERS, Subject
from .truth import WrongError


def killed_during_entry(subject: Subject, dice: random.Random) -> None:
    """One reading after the other, until the lights go out."""

    def enter() -> None:
        while subject.try_to_bring(dice.choice(METERS)):
            pass

    meanwhile(enter, subject, dice.uniform(0.0, 0.5))


def killed_during_import(subject: Subject, dice: random.Random) -> None:
    """A file comes in as a whole or not at all."""
    meanwhile(lambda: subject.bring("strom", 60), subject, dice.uniform(0.0, 0.25))


def killed_during_run(subject: Subject, dice: random.Random) -> None:
    """What is computed is computed again."""
    subject.try_to_bring("zwei")
    meanwhile(
        lambda: subject.server.act("run_analytics"),
        subject,
        dice.uniform(0.0, 0.6),
    )


def killed_during_publication(subject: Subject, dice: random.Random) -> None:
    """Half of the rows are there, and nobody knows which."""
    subject.server.act("wipe_processed", confirm=True)
    meanwhile(
        lambda: subject.server.act("run_analytics"), subject, dice.uniform(0.02, 0.8)
    )


def killed_during_migration(subject: Subject, dice: random.Random) -> None:
    """The journal is of an older layout when the process starts."""
    subject.server.stop()
    version = dice.randrange(2, VERSION)
    _become_older(subject.journal, version)
    for truth in subject.truth.values():
        truth.notes.clear()  # an older layout keeps no notes of a second source
    subject.server.launch()
    time.sleep(dice.uniform(1.0, 4.0))
    subject.restart()


def _become_older(journal: Path, version: int) -> None:
    """Lay a journal out as an older version did, with what that one could hold."""
    older = journal.with_name(f"{journal.name}.older")
    with closing(sqlite3.connect(older)) as connection:
        seal.teach(connection)
        for statements in MIGRATIONS[:version]:
            connection.executescript(statements)
        connection.execute(f"PRAGMA user_version = {version}")
        connection.execute("ATTACH ? AS newer", (str(journal),))
        tables = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table'"
            " AND name NOT LIKE 'sqlite%'"
        ).fetchall()
        for (table,) in tables:
            there, here = (
                [
                    row[1]
                    for row in connection.execute(f"PRAGMA {of}.table_info({table})")
                ]
                for of in ("newer", "main")
            )
            columns = ", ".join(f'"{name}"' for name in here if name in there)
            connection.execute(f"DELETE FROM main.{table}")
            connection.execute(
                f"INSERT INTO main.{table} ({columns})"
                f" SELECT {columns} FROM newer.{table}"
            )
        connection.commit()
    for suffix in ("-wal", "-shm"):
        journal.with_name(journal.name + suffix).unlink(missing_ok=True)
    older.replace(journal)


def killed_during_backup(subject: Subject, dice: random.Random) -> None:
    """Home Assistant's own backup is under way."""
    backup = {
        "type": "backup/generate",
        "agent_ids": ["backup.local"],
        "include_database": False,
        "include_homeassistant": True,
        "name": "fault",
    }

    def make() -> None:
        subject.server.websocket(backup)
        subject.try_to_bring("gas")

    meanwhile(make, subject, dice.uniform(0.0, 1.0))
    for path in (subject.folder / "backups").glob("*.tar"):
        path.unlink()


def killed_during_start(subject: Subject, dice: random.Random) -> None:
    """It is not even up when it goes down again."""
    subject.server.stop()
    subject.server.launch()
    time.sleep(dice.uniform(0.5, 4.5))
    subject.restart()


def killed_during_stop(subject: Subject, dice: random.Random) -> None:
    """It was asked to end, and somebody did not wait."""
    subject.try_to_bring("strom")
    process = subject.server.process
    assert process is not None
    process.send_signal(signal.SIGTERM)
    time.sleep(dice.uniform(0.0, 0.5))
    subject.restart()


def killed_during_compaction(subject: Subject, dice: random.Random) -> None:
    """The journal has room to give back, and gives it back at night."""
    subject.server.stop()
    with closing(sqlite3.connect(subject.journal)) as connection:
        connection.execute(
            "CREATE TABLE waste AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT"
            " i + 1 FROM n WHERE i < 20000) SELECT i, hex(randomblob(100)) FROM n"
        )
        connection.execute("DROP TABLE waste")
        connection.commit()
    values = subject.stored("last_values")
    values.unlink(missing_ok=True)  # the night's work is due at once
    subject.server.launch()
    time.sleep(dice.uniform(2.5, 6.0))
    subject.restart()


def reloaded(subject: Subject, dice: random.Random) -> None:
    """The house is loaded anew in the middle of an entry and a run."""
    path = f"/api/config/config_entries/entry/{subject.entry_id}/reload"
    worker = threading.Thread(
        target=lambda: quietly(lambda: subject.server.act("run_analytics"))
    )
    worker.start()
    time.sleep(dice.uniform(0.0, 0.3))
    entry = threading.Thread(target=lambda: subject.try_to_bring("gas"))
    entry.start()
    quietly(lambda: subject.server.post(path, {}))
    worker.join()
    entry.join()
    subject.server.wait_loaded(subject.entry_id)


def nonsense(subject: Subject, dice: random.Random) -> None:
    """Somebody calls actions with what makes no sense."""
    wrong: list[dict[str, Any]] = [
        {"value": "abc"},
        {"value": -5},
        {"value": 1, "time": "31.02.2024"},
        {"value": 1, "time": "2099-01-01"},
        {"value": 1, "unit": "°C"},
        {"value": 1, "kind": "guess"},
        {"value": [1]},
    ]
    for data in dice.sample(wrong, 3):
        try:
            subject.server.act("add_reading", meter_id=dice.choice(METERS), **data)
        except HomeAssistantError:
            continue
        raise WrongError(f"{data} was accepted")
    for content in ("", "\x00\xff", "time;value\n;;\n", "a,b\n1,2\n"):
        with suppress(HomeAssistantError):
            subject.server.act("import_readings", meter_id="strom", content=content)
