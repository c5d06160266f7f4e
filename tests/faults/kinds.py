"""The kinds of faults: each is done to a house, which is well again afterwards."""

from collections.abc import Callable, Mapping
from contextlib import closing, suppress
import random
import resource
import shutil
import signal
import sqlite3
import threading
import time
from typing import Any, Final

from scripts.home_assistant import HomeAssistantError

from ..gate import Gate
from .subject import METERS, TROUBLE, Subject, WrongError

type Fault = Callable[[Subject, random.Random], None]

_STATISTICS: Final = (
    "FROM statistics WHERE metadata_id IN (SELECT id FROM statistics_meta"
    " WHERE source = 'nebenkosten')"
)


def _meanwhile(work: Callable[[], Any], subject: Subject, wait: float) -> None:
    """Kill the process while something goes on, and start it again."""

    def quietly() -> None:
        with suppress(*TROUBLE):
            work()

    worker = threading.Thread(target=quietly)
    worker.start()
    time.sleep(wait)
    subject.server.kill()
    worker.join()
    subject.server.start()


# --- killed -----------------------------------------------------------------------


def killed_during_entry(subject: Subject, dice: random.Random) -> None:
    """One reading after the other, until the lights go out."""

    def enter() -> None:
        while subject.try_to_bring(dice.choice(METERS)):
            pass

    _meanwhile(enter, subject, dice.uniform(0.0, 0.5))


def killed_during_import(subject: Subject, dice: random.Random) -> None:
    """A file comes in as a whole or not at all."""
    _meanwhile(lambda: subject.bring("strom", 60), subject, dice.uniform(0.0, 0.25))


def killed_during_run(subject: Subject, dice: random.Random) -> None:
    """What is computed is computed again."""
    subject.try_to_bring("zwei")
    _meanwhile(
        lambda: subject.server.act("run_analytics", full=True),
        subject,
        dice.uniform(0.0, 0.6),
    )


def killed_during_publication(subject: Subject, dice: random.Random) -> None:
    """Half of the rows are there, and nobody knows which."""
    subject.server.act("wipe_processed", confirm=True)
    _meanwhile(
        lambda: subject.server.act("run_analytics"), subject, dice.uniform(0.02, 0.8)
    )


def killed_during_migration(subject: Subject, dice: random.Random) -> None:
    """The journal is of an older layout when the process starts."""
    subject.server.stop()
    with closing(sqlite3.connect(subject.journal)) as connection:
        for table in ("readings", "amounts"):
            connection.execute(f"DROP INDEX {table}_unsealed")
            connection.execute(f"ALTER TABLE {table} DROP COLUMN seal")
        connection.execute("DROP TABLE witnesses")
        connection.execute("PRAGMA user_version = 2")
        if dice.random() < 0.5:
            connection.execute("ALTER TABLE readings DROP COLUMN confirmed")
            connection.execute("DROP TABLE acknowledgements")
            connection.execute("PRAGMA user_version = 1")
        connection.commit()
    subject.server.launch()
    time.sleep(dice.uniform(1.0, 4.0))
    subject.restart()


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

    _meanwhile(make, subject, dice.uniform(0.0, 1.0))
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
    cache = subject.cache("cache")
    cache.unlink(missing_ok=True)  # the night's work is due at once
    subject.server.launch()
    time.sleep(dice.uniform(2.5, 6.0))
    subject.restart()


# --- the disk ---------------------------------------------------------------------


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
            subject.server.act("run_analytics", full=True)
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


# --- the recorder -----------------------------------------------------------------


def recorder_locked(subject: Subject, dice: random.Random) -> None:
    """Somebody holds the recorder's database while a run publishes."""
    subject.try_to_bring(dice.choice(METERS))
    with subject.holding(subject.recorder):
        worker = threading.Thread(
            target=lambda: _quietly(lambda: subject.server.act("run_analytics"))
        )
        worker.start()
        time.sleep(dice.uniform(0.2, 2.5))
    worker.join()


def _quietly(work: Callable[[], Any]) -> None:
    with suppress(*TROUBLE):
        work()


def recorder_edited(subject: Subject, dice: random.Random) -> None:
    """Somebody edits and deletes rows; a run that believes nothing mends them."""
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
    subject.server.act("run_analytics", full=True)


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
    subject.server.act("run_analytics", full=True)


def recorder_lost(subject: Subject, _dice: random.Random) -> None:
    """The recorder's database is gone."""
    with subject.down():
        for suffix in ("", "-wal", "-shm"):
            subject.recorder.with_name(subject.recorder.name + suffix).unlink(
                missing_ok=True
            )
    subject.server.act("run_analytics", full=True)


# --- the journal ------------------------------------------------------------------


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
    _refused_or_whole(subject)
    subject.server.kill()
    kept = [path.read_bytes() for path in subject.folder.glob("nebenkosten.db*")]
    if damaged not in kept and not any(len(one) >= len(damaged) for one in kept):
        raise WrongError("the damaged journal was thrown away")
    for path in subject.folder.glob("nebenkosten.db*"):
        path.unlink()
    for path, content in whole.items():
        path.write_bytes(content)
    subject.server.start()


def _refused_or_whole(subject: Subject) -> None:
    """Wait until the house has read its journal; wrong numbers are never shown."""
    deadline = time.monotonic() + 30
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


# --- what can be computed again ---------------------------------------------------


def _spoilt(subject: Subject, dice: random.Random, name: str) -> None:
    path = subject.cache(name)
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


def cache_damaged(subject: Subject, dice: random.Random) -> None:
    """The cache is torn: everything is compared anew."""
    _spoilt(subject, dice, "cache")


def run_log_damaged(subject: Subject, dice: random.Random) -> None:
    """The records of runs are torn: only they are lost."""
    _spoilt(subject, dice, "runs")


# --- the house itself -------------------------------------------------------------


def reloaded(subject: Subject, dice: random.Random) -> None:
    """The house is loaded anew in the middle of an entry and a run."""
    path = f"/api/config/config_entries/entry/{subject.entry_id}/reload"
    worker = threading.Thread(
        target=lambda: _quietly(lambda: subject.server.act("run_analytics", full=True))
    )
    worker.start()
    time.sleep(dice.uniform(0.0, 0.3))
    entry = threading.Thread(target=lambda: subject.try_to_bring("gas"))
    entry.start()
    _quietly(lambda: subject.server.post(path, {}))
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


# --- the InfluxDB -----------------------------------------------------------------


def through(gate: Gate) -> Mapping[str, Fault]:
    """Return the faults of an InfluxDB that stands behind a gate."""

    def moody(mood: int | str | None, only: str = "") -> Fault:
        def fault(subject: Subject, dice: random.Random) -> None:
            subject.try_to_bring(dice.choice(METERS))
            gate.mood, gate.only, gate.times = mood, only, dice.choice((1, 2, 5, -1))
            try:
                with suppress(*TROUBLE):
                    subject.server.act("run_analytics", full=dice.random() < 0.3)
            finally:
                gate.mood, gate.times = None, -1

        return fault

    return {
        "influxdb_busy": moody(429),
        "influxdb_failing": moody(500),
        "influxdb_unavailable": moody(503),
        "influxdb_garbage": moody("garbage"),
        "influxdb_cut": moody("cut"),
        "influxdb_credentials": moody(401),
        "influxdb_forbidden": moody(403),
        "influxdb_gone": moody(404),
        "influxdb_swallows": moody(204, "/write"),
    }


ALONE: Final[Mapping[str, Fault]] = {
    fault.__name__: fault
    for fault in (
        killed_during_entry,
        killed_during_import,
        killed_during_run,
        killed_during_publication,
        killed_during_migration,
        killed_during_backup,
        killed_during_start,
        killed_during_stop,
        killed_during_compaction,
        disk_full,
        disk_slow,
        machine_asleep,
        recorder_locked,
        recorder_edited,
        recorder_restored,
        recorder_lost,
        journal_locked,
        journal_truncated,
        journal_flipped,
        journal_log_damaged,
        cache_damaged,
        run_log_damaged,
        reloaded,
        nonsense,
    )
}
