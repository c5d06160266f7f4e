"""The check that a workbook can be opened without filling the memory.

It is a packed folder of XML files. All of them are gone through once, piece by piece,
before anything is built from them.
"""

from contextlib import suppress
from io import BytesIO
from typing import IO, Final
from xml.parsers import expat
import zipfile

from .table import MOST_COLUMNS, MOST_ROWS, FileError

_PARTS: Final = 1_000
_UNPACKED: Final = 64_000_000
_ELEMENTS: Final = 3_000_000
# Whatever is neither cells nor their texts is built as a whole.
_OTHERS: Final = 200_000
_BULKY: Final = ("xl/worksheets/", "xl/sharedstrings")
_PIECE: Final = 65_536
# Columns beyond these have a name of three letters.
_LETTERS: Final = 2


def check_workbook(content: bytes) -> None:
    """Raise FileError where unpacked content, rows or columns are too many."""
    with zipfile.ZipFile(BytesIO(content)) as archive:
        parts = archive.infolist()
        # No more is ever unpacked of a part than it says here.
        unpacked = sum(part.file_size for part in parts)
        if len(parts) > _PARTS or unpacked > _UNPACKED:
            raise FileError("file_too_large")
        for part in parts:
            bulky = part.filename.lower().startswith(_BULKY)
            with archive.open(part) as file:
                _Counting(_ELEMENTS if bulky else _OTHERS).read(file)


class _Counting:
    def __init__(self, most: int) -> None:
        self._left = most
        self._rows = 0
        self._cells = 0

    def read(self, file: IO[bytes]) -> None:
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._element
        parser.StartDoctypeDeclHandler = self._declaration
        # A picture is no XML; what should be and is not is told when it is read.
        with suppress(expat.ExpatError):
            while piece := file.read(_PIECE):
                parser.Parse(piece)

    def _declaration(self, *_: object) -> None:
        """Refuse what entities are made of; no program writes it."""
        raise FileError("not_an_excel")

    def _element(self, name: str, attributes: dict[str, str]) -> None:
        self._left -= 1
        kind = name.rpartition(":")[2]
        if kind == "row":
            self._rows += 1
            self._cells = 0
        elif kind == "c":
            self._cells += 1
            letters = attributes.get("r", "").rstrip("0123456789")
            if len(letters) > _LETTERS or self._cells > MOST_COLUMNS:
                raise FileError("too_many_columns")
        if self._left < 0 or self._rows > MOST_ROWS:
            raise FileError("too_many_rows")
