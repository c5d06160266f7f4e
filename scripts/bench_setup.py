"""The cost of forty meters at Home Assistant's start, before anything is computed.

Set up by the import of one file; measured against the same Home Assistant without them.
"""

from pathlib import Path
import socket
import statistics
import sys
import tempfile
import time
from typing import Any, Final

import yaml

from scripts.home_assistant import Server, prepare

_METERS: Final = 40
_STARTS: Final = 3
_LIMITS: Final = {"set-up": 0.5, "memory": 25.0, "reload": 1.0, "reloads": 1}


def measured() -> dict[str, float]:
    """Return seconds, MiB and counts."""
    with tempfile.TemporaryDirectory() as name, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        folder = Path(name)
        prepare(folder, port)
        bare = statistics.median(_memory_of(folder, port) for _ in range(_STARTS))
        reloads = _import(folder, port)
        starts = [_start(folder, port) for _ in range(_STARTS)]
    return {
        "set-up": statistics.median(one["set-up"] for one in starts),
        "memory": statistics.median(one["memory"] for one in starts) - bare,
        "reload": statistics.median(one["reload"] for one in starts),
        "reloads": reloads,
    }


def _memory_of(folder: Path, port: int) -> float:
    server = Server(folder, port).start()
    try:
        return _memory(server)
    finally:
        server.stop()


def _memory(server: Server) -> float:
    """Return what the process holds [MiB], once it has come to rest."""
    time.sleep(3)
    pid = server.process.pid if server.process else 0
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(one for one in status.splitlines() if one.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def _import(folder: Path, port: int) -> float:
    """Set the house up with all its meters; return how often it was loaded."""
    meters = [
        {
            "meter_id": f"meter_{number}",
            "type": "physical",
            "output_unit": "kWh",
            "medium": "electricity",
        }
        for number in range(_METERS)
    ]
    path = folder / "meters.yaml"
    path.write_text(yaml.safe_dump({"meters": meters}))
    server = Server(folder, port).start()
    try:
        entry_id = server.add_house(files={"meters": path})
        server.wait_loaded(entry_id)
        time.sleep(5)
        log = server.log.read_text()
    finally:
        server.stop()
    return log.count("Run ")


def _start(folder: Path, port: int) -> dict[str, float]:
    """Start with all meters, nothing to compute; reload once."""
    server = Server(folder, port).start()
    try:
        (found,) = server.websocket({"type": "integration/setup_info"})
        ours: dict[str, Any] = next(o for o in found if o["domain"] == "nebenkosten")
        memory = _memory(server)
        entry_id = server.entry_id()
        begin = time.perf_counter()
        server.post(f"/api/config/config_entries/entry/{entry_id}/reload", {})
        took = time.perf_counter() - begin
    finally:
        server.stop()
    return {"set-up": ours["seconds"], "memory": memory, "reload": took}


def kept(found: dict[str, float]) -> bool:
    """Return whether all lies within the limits."""
    return all(found[name] <= limit for name, limit in _LIMITS.items())


def print_table(found: dict[str, float]) -> None:
    """Print it beside the limits."""
    sys.stdout.write("| 40 meters | measured | limit |\n|---|---|---|\n")
    for name, value in found.items():
        sys.stdout.write(f"| {name} | {value:.2f} | {_LIMITS[name]} |\n")


def main() -> int:
    """Print a table; 0 only within the limits."""
    found = measured()
    print_table(found)
    return 0 if kept(found) else 1


if __name__ == "__main__":
    sys.exit(main())
