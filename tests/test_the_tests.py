"""How tests are named, where they lie and whom they know."""

import ast
from collections.abc import Iterator
from pathlib import Path
import re
from typing import Final

TESTS: Final = Path(__file__).parent
PACKAGE: Final = TESTS.parent / "custom_components" / "nebenkosten"
MODULES: Final = sorted(TESTS.rglob("*.py"))
# Rooms that go through the front door, or stand in for what lies outside.
DOORS: Final = {"browser", "faults", "home_assistant", "operations", "real", "tibber"}


def _nodes(path: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(path.read_text(encoding="utf-8")))


def _rooms(folder: Path) -> set[str]:
    return {path.parent.name for path in folder.glob("*/__init__.py")}


def test_names_are_sentences_without_codes() -> None:
    names = [
        node.name
        for path in MODULES
        for node in _nodes(path)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]
    assert len(names) > 1000
    assert not [name for name in names if re.match(r"test_[a-z]?\d+_", name)]


def test_nobody_knows_a_module_of_tests() -> None:
    """What they share lies in modules that pytest does not collect."""
    known = [
        f"{path.relative_to(TESTS)}: {node.module}"
        for path in MODULES
        for node in _nodes(path)
        if isinstance(node, ast.ImportFrom)
        and (node.level or (node.module or "").startswith("tests."))
        and (node.module or "").rpartition(".")[2].startswith("test_")
    ]
    assert not known


def test_a_room_of_tests_is_a_room_of_the_house_or_goes_through_its_door() -> None:
    assert _rooms(TESTS) - DOORS <= _rooms(PACKAGE)
    assert _rooms(TESTS / "engine") <= _rooms(PACKAGE / "engine")
