"""The journal says who changed what."""

from pathlib import Path

from custom_components.nebenkosten.journal import readings
from custom_components.nebenkosten.journal.readings import Change
from custom_components.nebenkosten.journal.records import NewReading
from custom_components.nebenkosten.journal.store import create_journal


def _new(instant: float, value: float) -> NewReading:
    return NewReading(
        meter="strom",
        instant=instant,
        zone="Europe/Berlin",
        value_text=str(value),
        value=value,
        source="hand",
    )


def test_a_change_names_who_made_it(tmp_path: Path) -> None:
    journal = create_journal(tmp_path / "journal.db")
    (reading_id,) = readings.append(journal.signed("eva"), [_new(1, 5)]).ids
    readings.append(journal, [_new(2, 6)])
    readings.edit(journal.signed("udo"), reading_id, Change(value=7, value_text="7"))
    told = readings.find(journal, "strom", history=True)
    assert [(one.value, one.user) for one in told] == [
        (5, "eva"),
        (7, "udo"),
        (6, None),
    ]
    readings.delete(journal.signed("eva"), reading_id)
    told = readings.find(journal, "strom", history=True)
    assert [(one.value, one.user, one.deleted) for one in told][1:] == [
        (7, "eva", True),
        (6, None, False),
    ]
    journal.close()
