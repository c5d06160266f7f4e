"""The official parser and checker of Flux, in a process of Node's."""

from dataclasses import dataclass
import fcntl
import json
from pathlib import Path
import subprocess
from threading import Lock
from typing import Any

from scripts.servers import PACKAGES

PACKAGE = "@influxdata/flux-lsp-node"
FOLDER = PACKAGES / "flux"


def install() -> None:
    """Fetch the package; raises OSError or CalledProcessError."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / ".lock").open("w") as lock:
        # Tests that run side by side would unpack it over each other.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (FOLDER / "node_modules" / PACKAGE).exists():
            return
        subprocess.run(
            ["npm", "install", "--no-audit", "--no-fund", f"{PACKAGE}@0.8.40"],
            check=True,
            cwd=FOLDER,
            capture_output=True,
            text=True,
            timeout=120,
        )


@dataclass(frozen=True, slots=True)
class Checked:
    """A query's syntax tree, and whether it is valid."""

    valid: bool
    tree: dict[str, Any]

    def texts(self) -> list[str]:
        """Return the texts in the query, in order."""
        found: list[str] = []
        _shape(self.tree, found)
        return found

    def shape(self) -> Any:
        """Return the tree without its texts and places in the source."""
        return _shape(self.tree, [])


class OfficialFlux:
    """Answers one query after the other."""

    def __init__(self) -> None:
        """Start the process."""
        self._lock = Lock()
        self._process = subprocess.Popen(
            [
                "node",
                str(Path(__file__).with_name("check_flux.cjs")),
                str(FOLDER / "node_modules" / PACKAGE),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def check(self, query: str) -> Checked:
        """Return what the parser and the checker say."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._lock:
            self._process.stdin.write(json.dumps(query) + "\n")
            self._process.stdin.flush()
            answer = json.loads(self._process.stdout.readline())
        return Checked(answer["valid"], answer["tree"])

    def close(self) -> None:
        """End the process."""
        self._process.communicate(timeout=10)


def _shape(node: Any, texts: list[str]) -> Any:
    if isinstance(node, list):
        return [_shape(one, texts) for one in node]
    if not isinstance(node, dict):
        return node
    if node.get("type") == "StringLiteral":
        texts.append(node["value"])
        return "text"
    hidden = ("location", "base", "errors", "comments")
    return {k: _shape(v, texts) for k, v in node.items() if k not in hidden}
