"""The kinds of faults: each is done to a house, which is well again afterwards."""

from collections.abc import Mapping
from contextlib import suppress
import random
from typing import Final

from ..gate import Gate
from . import drift, killed, outside, people, storage, strangers
from .doing import Fault
from .subject import METERS, TROUBLE, Subject


def through(gate: Gate) -> Mapping[str, Fault]:
    """Return the faults of an InfluxDB that stands behind a gate."""

    def moody(mood: int | str | None, only: str = "") -> Fault:
        def fault(subject: Subject, dice: random.Random) -> None:
            subject.try_to_bring(dice.choice(METERS))
            gate.mood, gate.only, gate.times = mood, only, dice.choice((1, 2, 5, -1))
            try:
                with suppress(*TROUBLE):
                    subject.server.act("run_analytics")
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
        "influxdb_drips": moody("dripping"),
        "influxdb_endless": moody("endless"),
        "influxdb_packed": moody("packed"),
        "influxdb_echoes": moody("echoing"),
    }


ALONE: Final[Mapping[str, Fault]] = {
    fault.__name__: fault
    for fault in (
        killed.killed_during_entry,
        killed.killed_during_import,
        killed.killed_during_run,
        killed.killed_during_publication,
        killed.killed_during_migration,
        killed.killed_during_backup,
        killed.killed_during_start,
        killed.killed_during_stop,
        killed.killed_during_compaction,
        storage.disk_full,
        storage.disk_slow,
        storage.machine_asleep,
        storage.recorder_locked,
        storage.recorder_edited,
        storage.recorder_restored,
        storage.recorder_lost,
        storage.journal_locked,
        storage.journal_truncated,
        storage.journal_flipped,
        storage.journal_log_damaged,
        storage.last_values_damaged,
        storage.ledger_damaged,
        storage.run_log_damaged,
        killed.reloaded,
        killed.nonsense,
        people.edited,
        people.deleted,
        people.last_deleted,
        people.killed_during_edit,
        people.killed_during_deletion,
        people.entered_again_after_edit,
        people.entered_again_after_deletion,
        people.noted,
        people.exchanged,
        people.killed_after_exchange,
        people.acknowledged,
        people.box_filled,
        people.killed_during_box,
        people.by_websocket,
        people.automatic_switched,
        people.box_filled_during_reload,
        people.calls_during_reload,
        strangers.read_only_user,
        strangers.user_with_control,
        strangers.poison_readings,
        strangers.endless_notes,
        outside.hostile_page,
        drift.older_recorder,
        drift.older_last_values,
        drift.older_ledger,
        drift.older_entries,
        drift.older_journal,
        drift.older_journal_log,
        drift.clock_behind,
        drift.withdrawal_locked,
        drift.withdrawal_fails,
        drift.publication_fails,
    )
}
