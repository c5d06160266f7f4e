"""A journal beside the log of another time is noticed before anything is written."""

from contextlib import closing
from pathlib import Path
import shutil

import pytest

from custom_components.nebenkosten.journal import readings
from custom_components.nebenkosten.journal.records import JournalError
from custom_components.nebenkosten.journal.store import create_journal, open_journal

from .entries import new

_STATES = 4
_EACH = 120


@pytest.fixture(scope="module")
def states(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the journal's file and log at several times."""
    folder = tmp_path_factory.mktemp("states")
    path = folder / "journal.db"
    with closing(create_journal(path)) as journal:
        for state in range(_STATES):
            journal.rest()
            shutil.copy(path, folder / f"file{state}")
            for number in range(_EACH):
                at = state * _EACH + number
                readings.append(journal, [new(at, at, note="x" * 100)])
            shutil.copy(path.with_name("journal.db-wal"), folder / f"log{state}")
            journal.resume()
    return folder


def _laid(states: Path, folder: Path, file: int, log: int) -> Path:
    path = folder / "journal.db"
    shutil.copy(states / f"file{file}", path)
    shutil.copy(states / f"log{log}", folder / "journal.db-wal")
    return path


@pytest.mark.parametrize("state", range(_STATES))
def test_a_log_of_the_file_is_taken(states: Path, tmp_path: Path, state: int) -> None:
    path = _laid(states, tmp_path, state, state)
    with closing(open_journal(path)) as journal:
        assert len(readings.find(journal, "strom")) == (state + 1) * _EACH
        journal.check()


@pytest.mark.parametrize(
    ("file", "log"),
    [(f, g) for f in range(_STATES) for g in range(_STATES) if f not in (g, g + 1)],
)
def test_a_log_of_another_time_is_refused_and_nothing_is_written(
    states: Path, tmp_path: Path, file: int, log: int
) -> None:
    path = _laid(states, tmp_path, file, log)
    for _ in range(2):
        with pytest.raises(JournalError) as caught:
            open_journal(path)
        assert caught.value.key == "journal_unreadable"
        assert path.read_bytes() == (states / f"file{file}").read_bytes()
    path.with_name("journal.db-wal").unlink()
    with closing(open_journal(path)) as journal:
        assert len(readings.find(journal, "strom")) == file * _EACH


@pytest.mark.parametrize("state", range(1, _STATES))
def test_a_log_that_is_in_the_file_already_changes_nothing(
    states: Path, tmp_path: Path, state: int
) -> None:
    path = _laid(states, tmp_path, state, state - 1)
    with closing(open_journal(path)) as journal:
        assert len(readings.find(journal, "strom")) == state * _EACH
