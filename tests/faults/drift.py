"""Stores that drift apart: one of them, or the clock, comes back from another time."""

from contextlib import closing
from pathlib import Path
import random
import shutil
import sqlite3
import subprocess
import threading
import time
from typing import Final

from scripts.home_assistant import HomeAssistantError
from scripts.servers import PACKAGES, REPOSITORY

from . import people
from .doing import quietly
from .storage import refused_or_whole
from .subject import METERS, TROUBLE, Subject
from .truth import WrongError

_TELLING: Final = 60.0
_YEAR: Final = "-365d"


def _changed(subject: Subject, dice: random.Random) -> None:
    """Change what is published, at its end and before."""
    subject.bring(dice.choice(METERS), dice.randint(2, 5))
    people.edited(subject, dice)
    if dice.random() < 0.5:
        people.last_deleted(subject, dice)
    subject.server.act("run_analytics")


def _files(path: Path) -> list[Path]:
    return [path.with_name(path.name + suffix) for suffix in ("", "-wal", "-shm")]


def _older(subject: Subject, dice: random.Random, path: Path) -> None:
    """Let one file be of some time ago while all others are of now."""
    with subject.down():
        content = path.read_bytes() if path.exists() else None
    _changed(subject, dice)
    with subject.down():
        for one in _files(path):
            one.unlink(missing_ok=True)
        if content is not None:
            path.write_bytes(content)


def older_recorder(subject: Subject, dice: random.Random) -> None:
    """The recorder is restored from a backup."""
    _older(subject, dice, subject.recorder)


def older_last_values(subject: Subject, dice: random.Random) -> None:
    """What entities show is of some time ago."""
    _older(subject, dice, subject.stored("last_values"))


def older_ledger(subject: Subject, dice: random.Random) -> None:
    """What is known to be published is of some time ago."""
    _older(subject, dice, subject.stored("ledger"))


def older_entries(subject: Subject, dice: random.Random) -> None:
    """Home Assistant's own store of entries is of some time ago."""
    entries = subject.folder / ".storage" / "core.config_entries"
    _older(subject, dice, entries)


def older_journal(subject: Subject, dice: random.Random) -> None:
    """The journal is of some time ago: a person is told and puts the newer one back."""
    older = subject.backup.with_suffix(".journal")
    newer = subject.backup.with_suffix(".newer")
    with subject.down():
        shutil.copy(subject.journal, older)
    _changed(subject, dice)
    before = subject.issues()
    with subject.down():
        shutil.copy(subject.journal, newer)
        _put(subject, older)
    _wait_until_told(subject, before)
    with subject.down():
        _put(subject, newer)


def _put(subject: Subject, copy: Path) -> None:
    for one in _files(subject.journal):
        one.unlink(missing_ok=True)
    shutil.copy(copy, subject.journal)


def _wait_until_told(subject: Subject, before: set[str]) -> None:
    """Wait for a repair, or a refusal, that speaks of a journal that is too old."""
    deadline = time.monotonic() + _TELLING
    while time.monotonic() < deadline:
        try:
            subject.server.act("get_readings")
        except HomeAssistantError:
            return
        told = {one for one in subject.issues() if "journal" in one}
        if told - before:
            return
        time.sleep(0.5)
    raise WrongError("nobody is told of a journal that is too old")


def older_journal_log(subject: Subject, dice: random.Random) -> None:
    """A write-ahead log of some time ago lies beside the journal."""
    log = _files(subject.journal)[1]
    subject.bring(dice.choice(METERS), 3)
    subject.server.kill()
    content = log.read_bytes() if log.exists() else b""
    subject.server.start()
    _changed(subject, dice)
    subject.server.stop()
    newer = subject.backup.with_suffix(".newer")
    shutil.copy(subject.journal, newer)
    log.write_bytes(content)
    subject.server.start()
    refused_or_whole(subject)
    with subject.down():
        _put(subject, newer)


def clock_behind(subject: Subject, dice: random.Random) -> None:
    """The clock is a year behind at boot: nothing is published, withdrawn or filed."""
    subject.make_ageless()
    published = subject.published()
    library = subprocess.run(
        [REPOSITORY / "scripts" / "debian_faketime", PACKAGES],
        check=True,
        capture_output=True,
        text=True,
        timeout=300,
    ).stdout.strip()
    server = subject.server
    server.stop()
    server.environment = {
        "LD_PRELOAD": library,
        "FAKETIME": _YEAR,
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
    }
    try:
        server.start()
        quietly(lambda: server.act("run_analytics"))
        value = subject.decisions.next_value()
        try:
            server.act("add_reading", meter_id="kasten", value=value)
        except TROUBLE:
            accepted = False
        else:
            accepted = True
        time.sleep(dice.uniform(0.0, 2.0))
        now = subject.published()
    finally:
        server.stop()
        server.environment = {}
        server.start()
    if accepted:
        raise WrongError("a reading of now was filed a year back")
    if now != published:
        raise WrongError("a year was published or withdrawn by a wrong clock")


def withdrawal_locked(subject: Subject, dice: random.Random) -> None:
    """Days are to be taken back while somebody holds the recorder."""
    people.last_deleted(subject, dice)
    with subject.holding(subject.recorder):
        worker = threading.Thread(
            target=lambda: quietly(lambda: subject.server.act("run_analytics"))
        )
        worker.start()
        time.sleep(dice.uniform(0.2, 6.0))
    worker.join()


def withdrawal_fails(subject: Subject, dice: random.Random) -> None:
    """Days are to be taken back while the recorder can delete nothing."""
    _refusing(subject, dice, ("DELETE",))


def publication_fails(subject: Subject, dice: random.Random) -> None:
    """Days are to be published while the recorder can write nothing."""
    _refusing(subject, dice, ("INSERT", "UPDATE", "DELETE"))


def _refusing(subject: Subject, dice: random.Random, what: tuple[str, ...]) -> None:
    with closing(sqlite3.connect(subject.recorder, timeout=20)) as connection:
        for one in what:
            connection.execute(
                f"CREATE TRIGGER refuse_{one} BEFORE {one} ON statistics BEGIN"
                " SELECT RAISE(ABORT, 'database or disk is full'); END"
            )
        connection.commit()
        try:
            people.last_deleted(subject, dice)
            subject.try_to_bring(dice.choice(METERS))
            quietly(lambda: subject.server.act("run_analytics"))
            if dice.random() < 0.3:
                subject.restart()
        finally:
            for one in what:
                connection.execute(f"DROP TRIGGER refuse_{one}")
            connection.commit()
