"""An export comes back as it was, opens as text in a spreadsheet, or is not there."""

import csv
import io
import os
from pathlib import Path
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from hypothesis import given, strategies as st
import pytest

from custom_components.nebenkosten.const import FILES_FOLDER
from custom_components.nebenkosten.intake.cells import marked, unmarked
from custom_components.nebenkosten.runtime import NkConfigEntry

from .conftest import act, add_meter

_NOTES = (
    '=HYPERLINK("http://x";"y")',
    "+49 30 123",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "'=1",
    "''+1",
    "'tis as read",
    "plain; with, both\nand a line",
)


@given(st.one_of(st.text(), st.text("'=+-@\t\r\nx", max_size=5)))
def test_a_cell_is_no_formula_and_comes_back(text: str) -> None:
    cell = marked(text)
    assert cell[:1] not in ("=", "+", "-", "@", "\t", "\r", "\n") or not cell
    assert unmarked(cell) == text


async def test_notes_like_formulas_come_back_as_they_were(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await add_meter(hass, house)
    for day, note in enumerate(_NOTES, 1):
        time = f"2026-02-{day:02}"
        await act(
            hass, "add_reading", meter_id="strom", time=time, value=day, note=note
        )
    before = await _readings(hass)
    exported = (await act(hass, "export_readings", meter_id="strom"))["content"]
    rows = list(csv.reader(io.StringIO(exported, newline="")))
    assert not [row for row in rows for cell in row if cell[:1] in set("=+-@\t\r\n")]
    again = await act(hass, "import_readings", content=exported)
    assert (again["imported"], again["duplicates"]) == (0, len(_NOTES))
    assert [one[:3] for one in await _readings(hass)] == [one[:3] for one in before]
    assert (await act(hass, "export_readings", meter_id="strom"))["content"] == exported


async def _readings(hass: HomeAssistant) -> list[tuple[Any, ...]]:
    found = await act(hass, "get_readings", meter_id="strom")
    return [
        (one["time"], one["value"], one["notes"])
        for one in found["meters"]["strom"]["readings"]
    ]


async def test_an_export_that_fails_leaves_nothing(
    hass: HomeAssistant, house: NkConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    await add_meter(hass, house)
    await act(hass, "add_reading", meter_id="strom", time="2026-02-01", value=5)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    data = {"meter_id": "strom", "path": "out.csv"}
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(HomeAssistantError) as caught:
            await act(hass, "export_readings", **data)
    assert caught.value.translation_key == "file_unwritable"
    folder = Path(hass.config.path(FILES_FOLDER))
    assert list(folder.iterdir()) == []
    done = await act(hass, "export_readings", **data)
    assert Path(done["path"]).read_text(encoding="utf-8").count("\n") == 2
