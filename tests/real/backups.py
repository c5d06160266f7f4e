"""Home Assistant's own backup, taken and unpacked."""

from collections.abc import Iterator
import io
from pathlib import Path
import tarfile
import time

from scripts.home_assistant import Server


def taken(server: Server) -> Path:
    """Have Home Assistant back itself up, without the recorder; returns the file."""
    server.websocket(
        {
            "type": "backup/generate",
            "agent_ids": ["backup.local"],
            "include_database": False,
            "include_homeassistant": True,
            "name": "test",
        }
    )
    folder = server.folder / "backups"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not list(folder.glob("*.tar")):
        time.sleep(0.2)
    time.sleep(1)
    (backup,) = folder.glob("*.tar")
    return backup


def unpacked(backup: Path, target: Path) -> Iterator[str]:
    """Unpack the configuration's files; yields their names."""
    with tarfile.open(backup) as outer:
        name = next(one for one in outer.getnames() if "homeassistant.tar" in one)
        content = outer.extractfile(name)
        if content is None:
            raise FileNotFoundError(name)
        with tarfile.open(fileobj=io.BytesIO(content.read())) as inner:
            for member in inner.getmembers():
                if member.name.startswith("data/") and not member.issym():
                    member.name = member.name.removeprefix("data/")
                    inner.extract(member, target, filter="data")
                    yield member.name
