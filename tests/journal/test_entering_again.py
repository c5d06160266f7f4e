"""What a person enters again counts again, whatever was changed meanwhile."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.nebenkosten.engine.cleaning.registers import clean
from custom_components.nebenkosten.engine.domain.meters import Medium, Meter
from custom_components.nebenkosten.engine.domain.report import ReadingKind
from custom_components.nebenkosten.journal import readings, series
from custom_components.nebenkosten.journal.readings import Change
from custom_components.nebenkosten.journal.records import in_one_line
from custom_components.nebenkosten.journal.store import (
    Journal,
    create_journal,
    last_revision,
    open_journal,
)

from .entries import new

BERLIN = ZoneInfo("Europe/Berlin")
METER = Meter(meter_id="strom", name="Strom", medium=Medium.ELECTRICITY, unit="kWh")


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


def standing(journal: Journal, instant: float) -> float | None:
    """Return the value that counts at an instant, as the engine reads the journal."""
    cleaned = clean(
        METER, series.load(journal, "strom").readings, 100.0, BERLIN, doubting=False
    )
    out = cleaned.superseded | cleaned.quarantined
    found = [
        one.value
        for one in readings.find(journal, "strom", instant, instant + 1)
        if one.reading_id not in out
    ]
    assert len(found) <= 1
    return found[0] if found else None


def enter(journal: Journal, instant: float, value: float, note: str | None) -> int:
    one = new(instant, value, note=note)
    return readings.append(journal, [one], revive=True).ids[0]


@pytest.mark.parametrize("given_by", ["hand", "import", "entity:sensor.x"])
def test_a_value_entered_again_after_an_edit_counts(
    journal: Journal, given_by: str
) -> None:
    (first,) = readings.append(journal, [new(1, 5, given_by)], revive=True).ids
    readings.edit(journal, first, Change(value=6, value_text="6"))
    again = enter(journal, 1, 5, None)
    assert standing(journal, 1) == 5
    assert enter(journal, 1, 5, None) == again
    readings.delete(journal, again)
    assert standing(journal, 1) == 6
    assert enter(journal, 1, 5, None) == again
    assert standing(journal, 1) == 5


def test_a_value_that_a_later_one_displaced_counts_when_entered_again(
    journal: Journal,
) -> None:
    for value in (5, 6, 5, 6, 5):
        enter(journal, 1, value, None)
        assert standing(journal, 1) == value


def test_a_note_given_later_is_kept_whoever_gives_it(journal: Journal) -> None:
    reading_id = enter(journal, 1, 5, None)
    for source, note in (("hand", "Keller"), ("import", "Brief"), ("import", "zwei")):
        one = new(1, 5, source, note=note)
        readings.append(journal, [one], revive=source == "hand")
        readings.append(journal, [one], revive=source == "hand")
    (found,) = readings.find(journal, "strom")
    assert found.notes == ("Keller", "Brief", "zwei")
    assert (found.reading_id, found.witnesses) == (reading_id, ("import",))
    # A file of ours has them in one cell; it says nothing new.
    one = new(1, 5, "import", note=in_one_line(found.notes))
    readings.append(journal, [one])
    assert readings.find(journal, "strom") == [found]


_INSTANTS = st.sampled_from([1.0, 2.0])
_VALUES = st.sampled_from([5.0, 6.0, 7.0])
_NOTES = st.sampled_from([None, "a", "b"])
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("enter"), _INSTANTS, _VALUES, _NOTES),
        st.tuples(st.just("import"), _INSTANTS, _VALUES, _NOTES),
        st.tuples(st.just("sense"), _INSTANTS, _VALUES, _NOTES),
        st.tuples(st.just("edit"), st.integers(0, 9), _VALUES, _NOTES),
        st.tuples(st.just("delete"), st.integers(0, 9), _VALUES, _NOTES),
    ),
    max_size=14,
)


type Step = tuple[str, float, float, str | None]

KIND_OF = {"import": ReadingKind.ACTUAL, "sense": ReadingKind.REMOTE}


class Model:
    """What was said, as a list of statements: the last one at an instant counts."""

    def __init__(self) -> None:
        # By id: instant, whether a person or a file said it, when, and its value.
        self.said: dict[int, tuple[float, bool, int, float]] = {}
        self.given: set[tuple[str, float, float]] = set()

    def standing(self, instant: float) -> float | None:
        here = [one[1:] for one in self.said.values() if one[0] == instant]
        return max(here)[2] if here else None


@given(_STEPS)
@settings(max_examples=150, deadline=None)
def test_what_was_said_last_counts_and_nothing_said_is_lost(
    tmp_path_factory: pytest.TempPathFactory, steps: list[Step]
) -> None:
    path = tmp_path_factory.mktemp("journal") / "journal.db"
    with closing(create_journal(path)) as journal:
        model, revision = Model(), 0
        for moment, step in enumerate(steps):
            say(journal, model, moment, step)
            for instant in (1.0, 2.0):
                assert standing(journal, instant) == model.standing(instant)
            found = {one.reading_id for one in readings.find(journal, "strom")}
            assert found == set(model.said)
            assert last_revision(journal) >= revision
            revision = last_revision(journal)
        for source, instant, value in sorted(model.given):
            one = new(instant, value, source, kind=KIND_OF[source])
            assert readings.append(journal, [one]).duplicates == 1
        assert last_revision(journal) == revision
        journal.check()


def say(journal: Journal, model: Model, moment: int, step: Step) -> None:
    """Do a step in the journal and in the model."""
    what, where, value, note = step
    if what in KIND_OF:
        repeat(journal, model, moment, step)
    elif what == "enter":
        reading_id = enter(journal, where, value, note)
        if model.standing(where) != value or reading_id not in model.said:
            model.said[reading_id] = (where, True, moment, value)
        assert standing(journal, where) == value
        assert_said(journal, reading_id, value, note)
    elif model.said:
        reading_id = sorted(model.said)[int(where) % len(model.said)]
        if what == "edit":
            readings.edit(journal, reading_id, Change(value=value, note=note))
            instant, person, _, _ = model.said[reading_id]
            model.said[reading_id] = (instant, person, moment, value)
            assert_said(journal, reading_id, value, note)
        else:
            readings.delete(journal, reading_id)
            del model.said[reading_id]


def repeat(journal: Journal, model: Model, moment: int, step: Step) -> None:
    """Let a file or a sensor give something; given before, it is nothing new."""
    source, instant, value, note = step
    kind = KIND_OF[source]
    one = new(instant, value, source, note=note, kind=kind)
    added = readings.append(journal, [one])
    (reading_id,) = added.ids
    twin = any(one[0] == instant and one[3] == value for one in model.said.values())
    known = (source, instant, value) in model.given or twin
    assert added.duplicates == known
    if not known:
        person = kind is ReadingKind.ACTUAL
        model.said[reading_id] = (instant, person, moment, value)
    model.given.add((source, instant, value))
    notes = [
        known
        for found in readings.find(journal, "strom", history=True)
        if found.reading_id == reading_id
        for known in found.notes
    ]
    assert note is None or note in notes


def assert_said(
    journal: Journal, reading_id: int, value: float, note: str | None
) -> None:
    (found,) = [
        one for one in readings.find(journal, "strom") if one.reading_id == reading_id
    ]
    assert found.value == value
    assert note is None or note in found.notes
