"""What a person enters again counts again, whatever was changed meanwhile."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from custom_components.nebenkosten.journal import readings
from custom_components.nebenkosten.journal.store import (
    Journal,
    create_journal,
    last_revision,
    open_journal,
)

from .test_journal import new


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    opened = create_journal(path)
    yield opened
    opened.close()


def test_the_last_revision_grows_with_each_change(path: Path, journal: Journal) -> None:
    assert last_revision(journal) == 0
    (reading_id,) = readings.append(journal, [new(1, 5)]).ids
    assert last_revision(journal) == 1
    readings.append(journal, [new(1, 5)])
    assert last_revision(journal) == 1
    readings.delete(journal, reading_id)
    assert last_revision(journal) == 2
    again = open_journal(path)
    assert last_revision(again) == 2
    again.close()
