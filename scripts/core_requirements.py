"""The packages that Home Assistant itself needs to start with a frontend.

Read from the manifests of the installed release, so that a new one needs no edit here.
"""

import json
from pathlib import Path
import sys

import homeassistant
from homeassistant import bootstrap

WANTED = {"frontend", "recorder", "history", "logbook", "energy", "config"}


def closure(components: Path, wanted: set[str]) -> set[str]:
    """Return the requirements of the wanted integrations and their dependencies."""
    seen: set[str] = set()
    found: set[str] = set()
    todo = sorted(wanted)
    while todo:
        domain = todo.pop()
        manifest = components / domain / "manifest.json"
        if domain in seen or not manifest.exists():
            continue
        seen.add(domain)
        content = json.loads(manifest.read_text())
        found.update(content.get("requirements", ()))
        todo += content.get("dependencies", ())
    return found


def main() -> None:
    """Print one requirement a line."""
    components = Path(homeassistant.__file__).parent / "components"
    found = closure(components, WANTED | set(bootstrap.DEFAULT_INTEGRATIONS))
    sys.stdout.write("\n".join(sorted(found)) + "\n")


if __name__ == "__main__":
    main()
