"""The texts of a page's tables, found in one pass over it.

The time grows with the page's length alone, whatever stands in it: every character is
looked at a fixed number of times, and what is left open ends with the page.
"""

from collections.abc import Iterator
from contextlib import suppress
from html import unescape
import re
from typing import Final

type Cells = list[str]
type Table = list[Cells]

# A tag ends where the next begins, so that many open ones cost no more than one.
_MARK: Final = re.compile(
    r"(?P<comment><!--)"
    r"|<(?P<raw>script|style|textarea|title)\b[^<>]*>"
    r"|<(?P<end>/?)(?P<tag>table|thead|tbody|tfoot|tr|td|th)\b[^<>]*>?"
    r"|</?[a-z!?][^<>]*>?",
    re.IGNORECASE | re.ASCII,
)
_CELLS: Final = ("td", "th")


def tables_of(html: str) -> list[Table]:
    """Return the tables that have rows, in their order, cells closed or not."""
    reader = _Reader()
    for text, tag in _parts(html):
        reader.data(text)
        if tag.startswith("/"):
            reader.end(tag[1:])
        elif tag:
            reader.start(tag)
    return reader.tables()


def _parts(html: str) -> Iterator[tuple[str, str]]:
    """Yield each text with the tag that follows it, empty for one of no interest."""
    position = 0
    while (mark := _MARK.search(html, position)) is not None:
        text, position = html[position : mark.start()], mark.end()
        if mark["comment"]:
            position = _behind(html.find("-->", position), 3, html)
        elif mark["raw"]:
            end = re.compile(f"</{mark['raw']}", re.IGNORECASE | re.ASCII)
            found = end.search(html, position)
            position = found.start() if found else len(html)
        yield text, f"{mark['end'] or ''}{(mark['tag'] or '').lower()}"
    yield html[position:], ""


def _behind(found: int, length: int, html: str) -> int:
    return len(html) if found < 0 else found + length


class _Reader:
    """Collects the pieces of cells' texts; they are joined once, at the end."""

    def __init__(self) -> None:
        self._tables: list[list[list[list[str]]]] = []
        self._open: list[list[list[list[str]]]] = []
        self._in_cell = False

    def start(self, tag: str) -> None:
        if tag == "table":
            self._open.append([])
            self._tables.append(self._open[-1])
        elif tag == "tr" and self._open:
            self._open[-1].append([])
        elif tag in _CELLS and self._open and self._open[-1]:
            self._open[-1][-1].append([])
        self._in_cell = tag in _CELLS

    def end(self, tag: str) -> None:
        if tag == "table" and self._open:
            self._open.pop()
        self._in_cell = False

    def data(self, text: str) -> None:
        if text and self._in_cell and self._open and self._open[-1]:
            for pieces in self._open[-1][-1][-1:]:
                pieces.append(text)

    def tables(self) -> list[Table]:
        return [
            [[_text(pieces) for pieces in row] for row in table]
            for table in self._tables
            if table
        ]


def _text(pieces: list[str]) -> str:
    text = " ".join(pieces)
    # A reference of more digits than any character has means nothing.
    with suppress(ValueError):
        text = unescape(text)
    return " ".join(text.split())
