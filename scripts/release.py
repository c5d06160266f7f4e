"""Make what a release consists of: `python3 scripts/release.py v1.2.3`.

Writes `nebenkosten.zip` (the content of the integration's folder, as HACS unpacks it)
and `notes.md` (the version's part of the changelog). The standard library is enough.
"""

import json
from pathlib import Path
import re
import sys
import zipfile

REPOSITORY = Path(__file__).resolve().parent.parent
PACKAGE = REPOSITORY / "custom_components" / "nebenkosten"


class ReleaseError(ValueError):
    """A tag that does not fit what is in the repository."""


def notes_of(version: str, changelog: str) -> str:
    """Return the part of a changelog below a version's heading; raises ReleaseError."""
    pattern = rf"^## {re.escape(version)}(?![\w.])[^\n]*\n(.*?)(?=^## |\Z)"
    found = re.search(pattern, changelog, re.MULTILINE | re.DOTALL)
    if found is None or not found[1].strip():
        raise ReleaseError(f"CHANGELOG.md says nothing of {version}")
    return found[1].strip() + "\n"


def write_archive(path: Path) -> None:
    """Zip the integration's files, nothing compiled among them, in a fixed order."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(PACKAGE.rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts:
                archive.write(file, file.relative_to(PACKAGE))


def main(tag: str, folder: Path) -> None:
    """Write both into a folder; raises ReleaseError."""
    version = json.loads((PACKAGE / "manifest.json").read_text("utf-8"))["version"]
    if tag != f"v{version}":
        raise ReleaseError(f"the tag is {tag}, the manifest says {version}")
    notes = notes_of(version, (REPOSITORY / "CHANGELOG.md").read_text("utf-8"))
    (folder / "notes.md").write_text(notes, "utf-8")
    write_archive(folder / "nebenkosten.zip")


if __name__ == "__main__":
    try:
        main(sys.argv[1], Path.cwd())
    except ReleaseError as error:
        sys.exit(str(error))
