"""Texts in the cells of a CSV file, so that no spreadsheet takes one for a formula.

A cell that begins with one of `= + - @`, a tab or a line break is given an apostrophe
before it, as spreadsheets mark a text; reading takes it away again.
"""

import re
from typing import Final

_FORMULA: Final = re.compile(r"'*[=+\-@\t\r\n]")
_MARKED: Final = re.compile(r"'+[=+\-@\t\r\n]")


def marked(text: str) -> str:
    """Return a text as it is written into a cell."""
    return f"'{text}" if _FORMULA.match(text) else text


def unmarked(cell: str) -> str:
    """Return the text that a cell holds; the inverse of `marked`."""
    return cell[1:] if _MARKED.match(cell) else cell
