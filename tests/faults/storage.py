"""Disks, databases and files do not do what they should."""

from collections.abc import Callable
from contextlib import closing, suppress
import random
import resource
import shutil
import signal
import sqlite3
import threading
import time
from typing import Final

from scripts.home_assistant import HomeAssistantError

from .doing import quietly
from .subject import METERS, TROUBLE, Subject
from .truth import WrongError

_STATISTICS: Final = (
    "FROM statistics WHERE metadata_id IN (SELECT id FROM statistics_meta"
    " WHERE source = 'nebenkosten')"
)


def disk_full(subject: Subject, dice: random.Random) -> None:
    """No file may grow: an entry is refused, and counts once there is room again."""
    process = subject.server.process
    assert process is not None
    _, hard = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (dice.choice((0, 4096)), hard))
    try:
        for _ in range(3):
            subject.try_to_bring(dice.choice(METERS))
        with suppress(*TROUBLE):
            subject.server.act("run_analytics")
    finally:
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (hard, hard))


def disk_slow(subject: Subject, dice: random.Random) -> None:
    """Everything takes long: the process runs for moments only."""
    process = subject.server.process
    assert process is not None
    stop = threading.Event()

    def stutter() -> None:
        while not stop.is_set():
            process.send_signal(signal.SIGSTOP)
            time.sleep(dice.uniform(0.02, 0.1))
            process.send_signal(signal.SIGCONT)
            time.sleep(0.02)

    worker = threading.Thread(target=stutter)
    worker.start()
    try:
        for meter in METERS:
            subject.try_to_bring(meter)
    finally:
        stop.set()
        worker.join()


def machine_asleep(subject: Subject, dice: random.Random) -> None:
    """The machine is suspended in the middle of an entry."""
    process = subject.server.process
    assert process is not None
    worker = threading.Thread(target=lambda: subject.try_to_bring("zwei"))
    worker.start()
    time.sleep(dice.uniform(0.0, 0.02))
    process.send_signal(signal.SIGSTOP)
    time.sleep(dice.uniform(0.1, 1.0))
    process.send_signal(signal.SIGCONT)
    worker.join()


def recorder_locked(subject: Subject, dice: random.Random) -> None:
    """Somebody holds the recorder's database while a run publishes."""
    subject.try_to_bring(dice.choice(METERS))
    with subject.holding(subject.recorder):
        worker = threading.Thread(
            target=lambda: quietly(lambda: subject.server.act("run_analytics"))
        )
        worker.start()
        time.sleep(dice.uniform(0.2, 2.5))
    worker.join()


def recorder_edited(subject: Subject, dice: random.Random) -> None:
    """Somebody edits and deletes rows; the next start finds them."""
    with closing(sqlite3.connect(subject.recorder, timeout=20)) as connection:
        ids = [row[0] for row in connection.execute(f"SELECT id {_STATISTICS}")]
        for one in dice.sample(ids, min(len(ids), 9)):
            if dice.random() < 0.5:
                connection.execute("DELETE FROM statistics WHERE id = ?", (one,))
            else:
                connection.execute(
                    "UPDATE statistics SET sum = sum + ? WHERE id = ?",
                    (dice.uniform(-9, 9), one),
                )
        connection.commit()
    subject.restart()


def recorder_restored(subject: Subject, dice: random.Random) -> None:
    """The recorder comes back from a backup of some time ago."""
    copy = subject.backup.with_suffix(".recorder")
    with subject.down():
        for suffix in ("-wal", "-shm"):
            subject.recorder.with_name(subject.recorder.name + suffix).unlink(
                missing_ok=True
            )
        if copy.exists():
            older = copy.read_bytes()
            shutil.copy(subject.recorder, copy)
            subject.recorder.write_bytes(older)
        else:
            shutil.copy(subject.recorder, copy)
    subject.try_to_bring(dice.choice(METERS))


def recorder_lost(subject: Subject, _dice: random.Random) -> None:
    """The recorder's database is gone."""
    with subject.down():
        for suffix in ("", "-wal", "-shm"):
            subject.recorder.with_name(subject.recorder.name + suffix).unlink(
                missing_ok=True
            )


def journal_locked(subject: Subject, dice: random.Random) -> None:
    """Another program holds the journal."""
    with subject.holding(subject.journal):
        worker = threading.Thread(
            target=lambda: subject.try_to_bring(dice.choice(METERS))
        )
        worker.start()
        time.sleep(dice.uniform(0.1, 1.5))
    worker.join()


def _damaged(subject: Subject, damage: Callable[[bytearray], bytearray]) -> None:
    """Damage the journal while nothing runs: it is refused, or nothing is missing.

    Then its copy is put back, as a person would from a backup.
    """
    subject.server.kill()
    files = [
        path
        for suffix in ("", "-wal")
        if (path := subject.journal.with_name(subject.journal.name + suffix)).exists()
    ]
    whole = {path: path.read_bytes() for path in files}
    subject.journal.write_bytes(damage(bytearray(whole[subject.journal])))
    damaged = subject.journal.read_bytes()
    subject.server.start()
    refused_or_whole(subject)
    subject.server.kill()
    kept = [path.read_bytes() for path in subject.folder.glob("nebenkosten.db*")]
    if damaged not in kept and not any(len(one) >= len(damaged) for one in kept):
        raise WrongError("the damaged journal was thrown away")
    for path in subject.folder.glob("nebenkosten.db*"):
        path.unlink()
    for path, content in whole.items():
        path.write_bytes(content)
    subject.server.start()


def refused_or_whole(subject: Subject) -> None:
    """Wait until the house has read its journal; wrong numbers are never shown."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            for meter in METERS:
                found = subject.readings(meter)
                truth = subject.truth[meter].values
                if any(found.get(day) != value for day, value in truth.items()):
                    raise WrongError(f"{meter}: a damaged journal was believed")
        except HomeAssistantError:
            return
        except WrongError:
            # It is read as a whole after the start; until then nothing may run.
            if _is_refused(subject):
                return
            time.sleep(0.3)
        else:
            return
    raise WrongError("a damaged journal is not refused")


def _is_refused(subject: Subject) -> bool:
    try:
        subject.server.act("get_readings")
    except HomeAssistantError:
        return True
    return False


def journal_truncated(subject: Subject, dice: random.Random) -> None:
    """The end of the file is gone."""

    def cut(content: bytearray) -> bytearray:
        return content[: dice.randrange(len(content))]

    _damaged(subject, cut)


def journal_flipped(subject: Subject, dice: random.Random) -> None:
    """Some bits have turned."""

    def flip(content: bytearray) -> bytearray:
        for _ in range(dice.randint(1, 20)):
            content[dice.randrange(len(content))] ^= 1 << dice.randrange(8)
        return content

    _damaged(subject, flip)


def journal_log_damaged(subject: Subject, dice: random.Random) -> None:
    """The write-ahead log beside the journal is torn after a power cut."""
    subject.try_to_bring(dice.choice(METERS))
    subject.server.kill()
    log = subject.journal.with_name(subject.journal.name + "-wal")
    if log.exists():
        content = bytearray(log.read_bytes())
        if content and dice.random() < 0.5:
            content[dice.randrange(len(content))] ^= 255
        log.write_bytes(content[: dice.randint(0, len(content))])
    subject.server.start()


def _spoilt(subject: Subject, dice: random.Random, name: str) -> None:
    path = subject.stored(name)
    subject.try_to_bring(dice.choice(METERS))
    subject.server.stop()
    if path.exists():
        content = path.read_bytes()
        what = dice.choice(("cut", "empty", "garbage", "gone"))
        if what == "gone":
            path.unlink()
        elif what == "cut":
            path.write_bytes(content[: dice.randrange(len(content))])
        else:
            path.write_bytes(b"" if what == "empty" else dice.randbytes(200))
    subject.server.start()


def last_values_damaged(subject: Subject, dice: random.Random) -> None:
    """The last values are torn: everything is computed anew."""
    _spoilt(subject, dice, "last_values")


def ledger_damaged(subject: Subject, dice: random.Random) -> None:
    """The ledger is torn: everything is compared anew."""
    _spoilt(subject, dice, "ledger")


def run_log_damaged(subject: Subject, dice: random.Random) -> None:
    """The records of runs are torn: only they are lost."""
    _spoilt(subject, dice, "runs")
