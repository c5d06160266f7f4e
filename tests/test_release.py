"""What a tag becomes: notes, and an archive that HACS unpacks."""

import json
from pathlib import Path
import zipfile

import pytest

from scripts.release import PACKAGE, REPOSITORY, ReleaseError, main, notes_of

CHANGELOG = """# Changelog

## Unreleased

- Something new.

## 1.2.3 · 2026-11-01

- A number is right.

## 1.2.2

- First.
"""


def test_the_notes_are_the_versions_part_of_the_changelog() -> None:
    assert notes_of("1.2.3", CHANGELOG) == "- A number is right.\n"
    assert notes_of("1.2.2", CHANGELOG) == "- First.\n"
    for unknown in ("1.2", "9.9.9"):
        with pytest.raises(ReleaseError, match="says nothing"):
            notes_of(unknown, CHANGELOG)


def test_todays_version_could_be_released(tmp_path: Path) -> None:
    version = json.loads((PACKAGE / "manifest.json").read_text("utf-8"))["version"]
    main(f"v{version}", tmp_path)
    assert (tmp_path / "notes.md").read_text("utf-8").strip()
    hacs = json.loads((REPOSITORY / "hacs.json").read_text("utf-8"))
    with zipfile.ZipFile(tmp_path / hacs["filename"]) as archive:
        names = set(archive.namelist())
    assert {"manifest.json", "__init__.py", "translations/de.json"} <= names
    assert not [one for one in names if "__pycache__" in one]


def test_a_tag_that_the_manifest_does_not_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="the manifest says"):
        main("v99.0.0", tmp_path)
    assert not list(tmp_path.iterdir())
