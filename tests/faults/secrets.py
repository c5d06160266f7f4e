"""Where a password may never show: files, states, repairs, registries, records."""

import base64
from collections.abc import Iterator
import json
from pathlib import Path
from typing import Final
from urllib.parse import quote, quote_plus

from .subject import CANARY, Subject

# Home Assistant keeps what was entered here; nobody but administrators reads them.
_KEPT: Final = ("core.config_entries", "auth", "auth_provider.homeassistant")


def _written(secret: str) -> set[bytes]:
    """Return the ways in which a secret may be written."""
    plain = secret.encode()
    ways = {plain, quote(secret, safe="").encode(), quote(secret).encode()}
    ways.add(quote_plus(secret).encode())
    ways.add(json.dumps(secret)[1:-1].encode())
    for content in (plain, f"somebody:{secret}".encode()):
        ways.add(base64.b64encode(content).rstrip(b"="))
        ways.add(base64.urlsafe_b64encode(content).rstrip(b"="))
    return ways


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        is_kept = path.parent.name == ".storage" and path.name in _KEPT
        if path.is_file() and not is_kept and path.name != "demo-token":
            yield path


def seen(subject: Subject, token: str) -> list[str]:
    """Return where a secret was seen in files."""
    secrets = _written(CANARY) | {token.encode()}
    found = []
    for path in _files(subject.folder):
        content = path.read_bytes()
        found += [
            f"{path.relative_to(subject.folder)}: {_around(content, secret)}"
            for secret in secrets
            if secret in content
        ]
    return found


def told(subject: Subject) -> list[str]:
    """Return where a secret was seen in what the running house tells everybody."""
    server = subject.server
    shown = {
        "states": server.get("/api/states"),
        "runs": server.act("get_runs", limit=1000),
        **{
            kind: server.websocket({"type": kind})
            for kind in (
                *("repairs/list_issues", "config/device_registry/list"),
                *("config/entity_registry/list", "system_log/list"),
            )
        },
        "diagnostics": server.get(f"/api/diagnostics/config_entry/{subject.entry_id}"),
    }
    found = []
    for name, answer in shown.items():
        content = json.dumps(answer, ensure_ascii=False).encode()
        found += [
            f"{name}: {_around(content, secret)}"
            for secret in _written(CANARY)
            if secret in content
        ]
    return found


def _around(content: bytes, secret: bytes) -> str:
    """Return what stands around a secret, without it."""
    place = content.index(secret)
    shown = content[max(place - 120, 0) : place] + b"..."
    return shown.decode(errors="replace").replace("\n", " ")
