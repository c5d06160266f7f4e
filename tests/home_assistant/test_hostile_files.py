"""Files that were made to hang or to fill the memory are refused with a sentence."""

import io
import os
from pathlib import Path
import resource
from typing import Any
import zipfile

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
import openpyxl
import pytest

from custom_components.nebenkosten.intake import file_access, regular_file
from custom_components.nebenkosten.runtime import NkConfigEntry

from .conftest import act, add_meter

ROW = "meter_id;time;value\nstrom;2026-01-31;1000,5\n"


@pytest.fixture(autouse=True)
async def _meter(hass: HomeAssistant, house: NkConfigEntry) -> None:
    await add_meter(hass, house)


@pytest.fixture
def inbox(hass: HomeAssistant) -> Path:
    folder = Path(hass.config.path("nebenkosten"))
    folder.mkdir(exist_ok=True)
    return folder


async def refused(
    hass: HomeAssistant, action: str = "import_readings", **data: Any
) -> str:
    with pytest.raises(ServiceValidationError) as error:
        await act(hass, action, **data)
    return str(error.value.translation_key)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def workbook(*cells: tuple[str, Any], **parts: str) -> bytes:
    """Return a workbook with values at places, and parts of it exchanged."""
    book = openpyxl.Workbook()
    for place, value in cells:
        book.worksheets[0][place] = value
    file = io.BytesIO()
    book.save(file)
    if not parts:
        return file.getvalue()
    changed = io.BytesIO()
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(changed, "w", 8) as new:
        for name in old.namelist():
            content = parts.get(Path(name).stem, old.read(name).decode())
            new.writestr(name, content)
    return changed.getvalue()


def sheet(rows: str) -> str:
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<worksheet xmlns="{space}"><sheetData>{rows}</sheetData></worksheet>'


HEAD = (("A1", "meter_id"), ("B1", "time"), ("C1", "value"))
LAUGHS = '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
BOOKS = {
    "far corner": (workbook(*HEAD, ("XFD1048576", 1)), "too_many_columns"),
    "far row": (
        workbook(sheet1=sheet('<row r="999999999"><c r="A1"/></row>')),
        "too_many_rows",
    ),
    "wide row": (
        workbook(sheet1=sheet(f"<row>{'<c/>' * 5_000}</row>")),
        "too_many_columns",
    ),
    "many rows": (workbook(sheet1=sheet("<row/>" * 300_000)), "too_many_rows"),
    "many styles": (workbook(styles=f"<a>{'<b/>' * 300_000}</a>"), "too_many_rows"),
    "bomb": (workbook(sheet1=sheet(" " * 70_000_000)), "file_too_large"),
    "laughs": (workbook(sheet1=LAUGHS + sheet("&b;")), "not_an_excel"),
}


@pytest.mark.parametrize("kind", BOOKS)
async def test_a_workbook_that_would_fill_the_memory(
    hass: HomeAssistant, inbox: Path, kind: str
) -> None:
    content, key = BOOKS[kind]
    (inbox / "a.xlsx").write_bytes(content)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert await refused(hass, path="a.xlsx") == key
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 300_000  # kB


async def test_a_good_workbook_still_comes_in(hass: HomeAssistant, inbox: Path) -> None:
    row = (("A900", "strom"), ("B900", "2026-01-31"), ("C900", 1000.5))
    (inbox / "a.xlsx").write_bytes(workbook(*HEAD, *row))
    assert (await act(hass, "import_readings", path="a.xlsx"))["imported"] == 1


async def test_what_is_no_file(hass: HomeAssistant, inbox: Path) -> None:
    os.mkfifo(inbox / "pipe.csv")
    (inbox / "folder.csv").mkdir()
    (inbox / "zero.csv").symlink_to("/dev/zero")
    assert await refused(hass, path="pipe.csv") == "no_regular_file"
    assert await refused(hass, path="folder.csv") == "no_regular_file"
    assert await refused(hass, path="zero.csv") == "path_not_allowed"
    for given in ("a\0b.csv", "", ".", "x/" * 3000, "\udc80" * 300):
        key = await refused(hass, path=given)
        assert key in ("path_not_allowed", "file_unreadable"), given
        key = await refused(hass, "export_readings", path=given)
        assert key in ("path_not_allowed", "file_unwritable"), given


async def test_a_file_of_gigabytes(hass: HomeAssistant, inbox: Path) -> None:
    with (inbox / "large.csv").open("wb") as file:
        file.truncate(3 << 30)
    assert await refused(hass, path="large.csv") == "file_too_large"
    (inbox / "long.csv").write_text(ROW + "strom;2026-01-31;1\n" * 260_000)
    assert await refused(hass, path="long.csv") == "too_many_rows"
    (inbox / "wide.csv").write_text("meter_id;time;value" + ";" * 2_000 + "\n")
    assert await refused(hass, path="wide.csv") == "too_many_columns"


@pytest.mark.parametrize(
    ("action", "given", "swapped"),
    [
        ("import_readings", "in/a.csv", "in/a.csv"),
        ("import_readings", "in/a.csv", "in"),
        ("export_readings", "in/b.csv", "in"),
    ],
)
async def test_a_link_put_in_place_of_what_was_looked_at(
    hass: HomeAssistant,
    inbox: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    action: str,
    given: str,
    swapped: str,
) -> None:
    """Of the file itself, or of a folder above it, between the look and the opening."""
    for folder in (tmp_path / "outside", inbox / "in"):
        folder.mkdir()
        (folder / "a.csv").write_text(ROW)
    opened = os.open
    looked_at = (inbox / given, (inbox / given).parent)

    def open_after_swap(path: Any, *args: Any, **kwargs: Any) -> int:
        if Path(os.fspath(path)) in looked_at and not (inbox / "gone").exists():
            (inbox / swapped).rename(inbox / "gone")
            (inbox / swapped).symlink_to(
                tmp_path / "outside" / swapped.removeprefix("in").lstrip("/")
            )
        return opened(path, *args, **kwargs)

    with monkeypatch.context() as patched:
        patched.setattr(os, "open", open_after_swap)
        key = await refused(hass, action, path=given)
    assert (inbox / "gone").exists()
    assert key in ("path_not_allowed", "file_unreadable", "file_unwritable")
    assert names(tmp_path / "outside") == ["a.csv"]


async def test_an_export_that_fails_leaves_nothing(
    hass: HomeAssistant, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await act(hass, "import_readings", content=ROW)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        assert await refused(hass, "export_readings", path="a.csv") == "file_unwritable"
    assert names(inbox) == []

    def no_links(*_args: Any, **_kwargs: Any) -> None:
        raise PermissionError(1, "Operation not permitted")

    with monkeypatch.context() as patched:
        patched.setattr(os, "link", no_links)
        await act(hass, "export_readings", path="a.csv")
        assert await refused(hass, "export_readings", path="a.csv") == "file_exists"
    await act(hass, "export_readings", path="b.csv")
    assert await refused(hass, "export_readings", path="b.csv") == "file_exists"
    assert names(inbox) == ["a.csv", "b.csv"]
    assert (inbox / "a.csv").read_text() == (inbox / "b.csv").read_text()
    assert file_access.read_file(hass, "a.csv") == regular_file.read_regular(
        inbox / "a.csv"
    )
