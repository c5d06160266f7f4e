"""The table of rows and the tests that it names belong together."""

import ast
from collections.abc import Iterator
from pathlib import Path
import re
from typing import Final

ROOT: Final = Path(__file__).parents[2]
ROWS: Final = {
    *(f"A{number:02}" for number in range(1, 25)),
    *(f"B{number:02}" for number in range(1, 22)),
}


def _table() -> list[tuple[str, str, str]]:
    """Return row, test and file of each line."""
    text = Path(__file__).with_name("rows.md").read_text(encoding="utf-8")
    return re.findall(r"^\| (\S+) \| `(\w+)` \| `(\S+)` \|$", text, re.MULTILINE)


def _names(path: Path) -> Iterator[str]:
    """Yield the names of a file's tests."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(
            node, (ast.FunctionDef, ast.AsyncFunctionDef)
        ) and node.name.startswith("test_"):
            yield node.name


def test_each_row_is_held_by_a_test_that_exists() -> None:
    table = _table()
    assert {row for row, _, _ in table} == ROWS
    for row, name, file in table:
        assert name in _names(ROOT / file), f"{row}: {file} has no {name}"
