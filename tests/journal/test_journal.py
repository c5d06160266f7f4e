"""The journal keeps what was said, whatever happens."""

from collections.abc import Iterator
from datetime import date
import json
from pathlib import Path
import shutil
import sqlite3
import threading

import pytest

from custom_components.nebenkosten.engine.domain.report import ReadingKind
from custom_components.nebenkosten.journal import (
    amounts,
    definitions,
    readings,
    schema,
    series,
    source_progress,
)
from custom_components.nebenkosten.journal.acknowledgements import (
    Acknowledgement,
    acknowledge,
    acknowledged,
)
from custom_components.nebenkosten.journal.readings import Change
from custom_components.nebenkosten.journal.records import JournalError, NewAmount
from custom_components.nebenkosten.journal.store import (
    Journal,
    create_journal,
    open_journal,
    set_aside,
)

from .entries import new


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    opened = create_journal(path)
    yield opened
    opened.close()


def test_a_reading_is_kept_as_given(journal: Journal) -> None:
    given = new(1000.123456, 12.5, value_text="12,50", unit="kWh", note="Keller")
    (reading_id,) = readings.append(journal, [given]).ids
    stored = readings.get(journal, reading_id)
    assert (stored.instant, stored.value_text, stored.value) == (
        1000.123456,
        "12,50",
        12.5,
    )
    assert (stored.unit, stored.note, stored.zone) == ("kWh", "Keller", "Europe/Berlin")
    assert stored.received > 0
    assert stored.kind is ReadingKind.ACTUAL


def test_the_same_reading_of_two_sources_is_one_record(journal: Journal) -> None:
    first = readings.append(journal, [new(1, 5), new(1, 5), new(1, 5, "sensor.x")])
    assert first.duplicates == 2
    assert len(set(first.ids)) == 1
    again = readings.append(journal, [new(1, 5), new(1, 5, "sensor.x")])
    assert (again.ids, again.duplicates) == (first.ids[:1] * 2, 2)
    (one,) = readings.find(journal, "strom")
    assert (one.source, *one.witnesses) == ("hand", "sensor.x")
    other = readings.append(journal, [new(1, 6, "sensor.x")])
    assert other.duplicates == 0
    assert len(readings.find(journal, "strom")) == 2


def test_what_was_mended_stays_so_whoever_gave_it(journal: Journal) -> None:
    (reading_id, _) = readings.append(journal, [new(1, 5), new(1, 5, "sensor.x")]).ids
    readings.edit(journal, reading_id, Change(value=6, value_text="6"))
    assert readings.append(journal, [new(1, 5, "sensor.x")]).duplicates == 1
    assert [one.value for one in readings.find(journal, "strom")] == [6]
    readings.delete(journal, reading_id)
    assert readings.append(journal, [new(1, 5, "sensor.x")]).duplicates == 1
    assert readings.find(journal, "strom") == []


def test_what_changes_nothing_leaves_no_revision(journal: Journal) -> None:
    readings.append(journal, [new(1, 5)])
    before = journal.rows("SELECT count(*) FROM revisions")[0][0]
    readings.append(journal, [new(1, 5)])
    assert journal.rows("SELECT count(*) FROM revisions")[0][0] == before


def test_edits_and_deletions_leave_the_old_value_readable(journal: Journal) -> None:
    (reading_id,) = readings.append(journal, [new(1, 5)]).ids
    before = series.revision(journal, "strom")
    changed = readings.edit(
        journal, reading_id, Change(value=6, value_text="6", kind=ReadingKind.ESTIMATE)
    )
    assert (changed.value, changed.kind, changed.instant) == (
        6,
        ReadingKind.ESTIMATE,
        1,
    )
    readings.delete(journal, reading_id)
    told = readings.find(journal, "strom", history=True)
    assert [(r.value, r.superseded, r.deleted) for r in told] == [
        (5, True, False),
        (6, False, True),
    ]
    assert readings.find(journal, "strom") == []
    assert series.revision(journal, "strom") > before
    rows = journal.rows("SELECT what FROM revisions ORDER BY revision")
    assert [row[0] for row in rows] == ["append", "edit", "delete"]


def test_a_deleted_reading_comes_back_only_for_a_person(journal: Journal) -> None:
    (reading_id,) = readings.append(journal, [new(1, 5)]).ids
    readings.delete(journal, reading_id)
    assert readings.append(journal, [new(1, 5)]).duplicates == 1
    assert readings.find(journal, "strom") == []
    assert readings.append(journal, [new(1, 5)], revive=True).ids == (reading_id,)
    assert len(readings.find(journal, "strom")) == 1


def test_an_edited_reading_of_a_sensor_stays_edited(journal: Journal) -> None:
    (reading_id,) = readings.append(journal, [new(1, 5, "sensor.x")]).ids
    readings.edit(journal, reading_id, Change(value=6, value_text="6"))
    assert readings.append(journal, [new(1, 5, "sensor.x")]).duplicates == 1
    assert [r.value for r in readings.find(journal, "strom")] == [6]


@pytest.mark.parametrize("reading_id", [0, 99])
def test_unknown_readings(journal: Journal, reading_id: int) -> None:
    for attempt in (
        lambda: readings.get(journal, reading_id),
        lambda: readings.edit(journal, reading_id, Change(value=1)),
        lambda: readings.delete(journal, reading_id),
    ):
        with pytest.raises(JournalError) as caught:
            attempt()
        assert caught.value.key == "reading_unknown"


def test_neighbours(journal: Journal) -> None:
    readings.append(journal, [new(1, 5), new(3, 7)])
    before = readings.last_before(journal, "strom", 2)
    after = readings.first_after(journal, "strom", 2)
    assert before is not None
    assert before.value == 5
    assert after is not None
    assert after.value == 7
    assert readings.last_before(journal, "strom", 1) is None
    assert readings.first_after(journal, "strom", 3) is None


def test_a_failing_append_keeps_nothing(journal: Journal) -> None:
    bad = new(2, 6, meter=None)
    with pytest.raises(JournalError):
        readings.append(journal, [new(1, 5), bad])
    assert readings.find(journal, "strom") == []
    readings.append(journal, [new(1, 5)])


def test_a_corrected_amount_supersedes_one_record(journal: Journal) -> None:
    def amount(start: float, value: float) -> NewAmount:
        return NewAmount(
            meter="strom", start=start, end=start + 1, value=value, source="s", cost=0.3
        )

    assert amounts.record(journal, [amount(0, 1), amount(1, 2)]) == 2
    assert amounts.record(journal, [amount(0, 1), amount(1, 2.5)]) == 1
    found = series.load(journal, "strom").amounts
    assert list(found.values) == [1, 2.5]
    (row,) = journal.rows("SELECT before FROM audit WHERE record = 'amount'")
    assert json.loads(row["before"])["value"] == 2


def test_columns_for_the_engine(journal: Journal) -> None:
    readings.append(
        journal, [new(2, 6, unit="MWh"), new(1, 5), new(3, 7, kind=ReadingKind.REMOVAL)]
    )
    found = series.load(journal, "strom").readings
    assert list(found.times) == [1, 2, 3]
    assert [found.unit_names[u] for u in found.units] == [None, "MWh", None]
    assert list(series.load(journal, "gas").readings.ids) == []
    assert series.revision(journal, "gas") == 0


def test_meters_and_collections(journal: Journal) -> None:
    definitions.remember_meters(journal, {"a": {"name": "A"}, "b": {"name": "B"}})
    definitions.keep_meter(journal, "a")
    assert {k: m.kept for k, m in definitions.known_meters(journal).items()} == {
        "a": True,
        "b": False,
    }
    definitions.remember_meters(journal, {"a": {"name": "A2"}})
    assert definitions.known_meters(journal)["a"].definition == {"name": "A2"}
    assert not definitions.known_meters(journal)["a"].kept
    assert source_progress.collection(journal, "a", "sensor.x") is None
    source_progress.collected(journal, "a", "sensor.x", now=5, until=5)
    source_progress.collected(journal, "a", "sensor.x", now=9, until=9)
    found = source_progress.collection(journal, "a", "sensor.x")
    assert found is not None
    assert (found.since, found.until) == (5, 9)


def test_deleting_a_whole_meter_marks_everything(journal: Journal) -> None:
    definitions.remember_meters(journal, {"strom": {}})
    readings.append(journal, [new(1, 5)])
    readings.delete_all(journal, "strom")
    assert readings.find(journal, "strom") == []
    assert definitions.known_meters(journal) == {}
    assert len(readings.find(journal, "strom", history=True)) == 1


def test_what_is_closed_is_found_again(path: Path) -> None:
    first = create_journal(path)
    readings.append(first, [new(1, 5)])
    first.close()
    second = open_journal(path)
    assert second.journal_id == first.journal_id
    assert len(readings.find(second, "strom")) == 1
    second.close()


def test_errors_at_opening_name_the_reason(path: Path) -> None:
    with pytest.raises(JournalError, match="journal_missing"):
        open_journal(path)
    create_journal(path).close()
    with pytest.raises(JournalError, match="journal_exists"):
        create_journal(path)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(JournalError, match="journal_newer"):
        open_journal(path)
    aside = set_aside(path)
    assert aside.exists()
    assert not path.exists()
    path.write_bytes(b"this is no database, but long enough to look at" * 100)
    with pytest.raises(JournalError, match="journal_unreadable"):
        open_journal(path)
    path.write_bytes(b"")
    with pytest.raises(JournalError, match="journal_unreadable"):
        open_journal(path)


def test_damage_is_detected(path: Path) -> None:
    journal = create_journal(path)
    readings.append(journal, [new(i, i) for i in range(5000)])
    journal.close()
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 4096] = b"\xff" * 4096
    journal = open_journal(path)
    journal.check()
    journal.close()
    path.write_bytes(content)
    journal = open_journal(path)
    with pytest.raises(JournalError, match="journal_unreadable"):
        journal.check()
    journal.close()


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(JournalError) as caught:
        create_journal(tmp_path / "nowhere" / "journal.db")
    assert caught.value.key == "disk_read_only"


def test_another_program_at_the_file(journal: Journal, path: Path) -> None:
    journal.connection.execute("PRAGMA busy_timeout = 50")
    other = sqlite3.connect(path)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(JournalError) as caught:
        readings.append(journal, [new(1, 5)])
    assert caught.value.key == "journal_locked"
    other.rollback()
    other.close()
    assert len(readings.append(journal, [new(1, 5)]).ids) == 1


def test_a_full_disk_loses_nothing_that_was_stored(journal: Journal) -> None:
    readings.append(journal, [new(0, 0)])
    pages = journal.rows("PRAGMA page_count")[0][0]
    journal.rows(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(JournalError) as caught:
        readings.append(journal, [new(i, i) for i in range(1, 5000)])
    assert caught.value.key == "disk_full"
    assert len(readings.find(journal, "strom")) == 1


def test_a_backup_during_writes_is_whole(journal: Journal, path: Path) -> None:
    """Copies as a backup makes them: the file first, its log later and cut anywhere."""
    readings.append(journal, [new(0, 0)])
    journal.rest()
    stop = threading.Event()

    def write() -> None:
        number = 1
        while not stop.is_set():
            readings.append(journal, [new(number, number)])
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    copies = []
    for number in range(5):
        folder = path.parent / f"backup{number}"
        folder.mkdir()
        shutil.copy(path, folder / path.name)
        log = path.with_name(path.name + "-wal").read_bytes()
        (folder / f"{path.name}-wal").write_bytes(
            log[: len(log) - number * 777 or None]
        )
        copies.append(folder / path.name)
    stop.set()
    writer.join()
    journal.resume()
    for copy in copies:
        restored = open_journal(copy)
        assert restored.journal_id == journal.journal_id
        assert len(readings.find(restored, "strom")) >= 1
        restored.close()


def test_a_journal_without_an_id(path: Path) -> None:
    journal = create_journal(path)
    journal.rows("DELETE FROM meta")
    journal.close()
    with pytest.raises(JournalError, match="it has no id"):
        open_journal(path)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("SQLITE_IOERR_WRITE", "disk_failed"),
        ("SQLITE_FULL", "disk_full"),
        ("SQLITE_READONLY_DBMOVED", "disk_read_only"),
        ("SQLITE_LOCKED", "journal_locked"),
        ("SQLITE_NOTADB", "journal_unreadable"),
    ],
)
def test_what_the_disk_says_becomes_a_sentence(
    journal: Journal, name: str, key: str
) -> None:
    error = sqlite3.OperationalError(name)
    error.sqlite_errorname = name
    with pytest.raises(JournalError) as caught, journal.reading():
        raise error
    assert caught.value.key == key


def test_a_journal_of_the_first_layout_is_brought_to_todays(path: Path) -> None:
    first = sqlite3.connect(path)
    first.executescript(schema.MIGRATIONS[0] + "PRAGMA user_version = 1;")
    first.execute("INSERT INTO meta VALUES ('journal_id', 'old')")
    first.execute("INSERT INTO revisions VALUES (1, 0, 'append')")
    first.execute(
        "INSERT INTO readings VALUES"
        " (7, 'strom', 0, 'UTC', '5', 5, NULL, 'actual', 'hand', 0, NULL, 1, 0, 'o')"
    )
    first.commit()
    first.close()
    opened = open_journal(path)
    assert opened.journal_id == "old"
    (reading,) = readings.find(opened, "strom")
    assert (reading.reading_id, reading.value) == (7, 5.0)
    assert readings.confirm(opened, 7) == "strom"
    assert series.load(opened, "strom").readings.confirmed == {7}
    known = Acknowledgement(first=date(2026, 1, 1), last=date(2026, 1, 3))
    acknowledge(opened, "strom", "a", known)
    assert acknowledged(opened, "strom") == [known]
    opened.close()
