"""What the documentation names is there."""

from pathlib import Path
import re
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[1]
PACKAGE: Final = ROOT / "custom_components" / "nebenkosten"
PAGES: Final = sorted(
    [*(ROOT / "docs").glob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
)
# `room/`, `room/module.py`, `scripts/name`: a path, not a measurement or an address.
_PATH: Final = re.compile(r"`((?:[a-z_0-9]+/)+(?:[a-z_0-9]+(?:\.[a-z]+)?)?)[^`/]*`")
_LINK: Final = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")
# Made or fetched, or a folder in Home Assistant's configuration.
_ELSEWHERE: Final = ("nebenkosten/",)


def _is_there(path: str) -> bool:
    """Return whether the repository, or the integration in it, has a path."""
    return (
        path.startswith(_ELSEWHERE)
        or (ROOT / path).exists()
        or (PACKAGE / path).exists()
        or (PACKAGE / "engine" / path).exists()
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_paths_and_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    missing = {path for path in _PATH.findall(text) if not _is_there(path)}
    missing |= {
        link for link in _LINK.findall(text) if not (page.parent / link).exists()
    }
    assert not missing


def test_each_room_is_in_the_architecture() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rooms = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    told = set(re.findall(r"`([a-z_]+)/`", text))
    assert rooms <= told, rooms - told
