"""One word for one thing: what the list of words turns down is used nowhere."""

import ast
from collections.abc import Iterator
from pathlib import Path
import re
from typing import Final

ROOT: Final = Path(__file__).parents[1]
PACKAGE: Final = ROOT / "custom_components" / "nebenkosten"
_ROW: Final = re.compile(r"^\| ([^|]+) \| [^|]+ \| [^|]+ \| ([^|]+) \|$", re.MULTILINE)


def _turned_down() -> dict[str, str]:
    """Return the words that are not ours, each with the one that is."""
    text = (ROOT / "docs" / "nomenclature.md").read_text(encoding="utf-8")
    return {
        synonym: word
        for word, synonyms in _ROW.findall(text)
        if word != "word"
        for synonym in re.findall(r"\w+", synonyms)
        if synonym != "–"
    }


def _words(text: str) -> set[str]:
    """Return the words of a name or of a sentence, in the singular, too."""
    apart = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", text).lower()
    found = set(re.findall(r"[a-zäöüß]+", apart))
    return found | {word.removesuffix("s") for word in found}


def _name(node: ast.AST) -> str:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return node.name
        case ast.arg():
            return node.arg
        case ast.Name(ctx=ast.Store()):
            return node.id
    return ""


def _texts(module: Path) -> Iterator[str]:
    """Yield a module's own names and its docstrings."""
    yield module.stem
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        yield _name(node)
        if isinstance(
            node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
        ):
            yield ast.get_docstring(node) or ""


def test_synonyms_are_neither_names_nor_in_docstrings() -> None:
    turned_down = _turned_down()
    assert turned_down["usage"] == "use"
    used = [
        f"{module.relative_to(PACKAGE)}: {synonym}, which is {turned_down[synonym]}"
        for module in sorted(PACKAGE.rglob("*.py"))
        for text in _texts(module)
        for synonym in sorted(_words(text) & turned_down.keys())
    ]
    assert not used


def test_a_synonym_would_be_found() -> None:
    assert "usage" in _words("DailyUsage")
    assert "outlier" in _words("Return the outliers of a day.")
    assert "usage" not in _words("use")
