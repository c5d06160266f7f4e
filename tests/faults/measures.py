"""How much memory the process takes, and how long the event loop is held by us."""

import json
from pathlib import Path
import time
from typing import Final

from scripts.home_assistant import Server

# By us, with everything that a house does [s], [MB above Home Assistant's own]; the
# time is that of a machine which does the work below at its usual pace [s].
LAG_LIMIT: Final = 0.1
_USUAL_PACE: Final = 0.005
MEMORY_LIMIT: Final = 300.0
_PROBE: Final = Path(__file__).parent / "probe"


class Measures:
    """What one house costs its process."""

    def __init__(self, folder: Path) -> None:
        """Nothing is measured yet."""
        self._folder = folder
        self._own = 0.0
        self._pace = _USUAL_PACE
        self.memory = 0.0
        self.lag = 0.0
        self.lag_at = ""

    def lay_out(self) -> None:
        """Put the probe into the configuration."""
        link = self._folder / "custom_components" / "loop_probe"
        link.symlink_to(_PROBE)
        with (self._folder / "configuration.yaml").open("a") as file:
            file.write("loop_probe:\n")

    def alone(self, server: Server) -> None:
        """Remember what Home Assistant takes before there is a house."""
        self._own = _memory(server, "VmHWM")

    def look(self, server: Server) -> None:
        """Remember the most memory and the longest hold so far."""
        self._pace = max(self._pace, _pace())
        self.memory = max(self.memory, _memory(server, "VmHWM") - self._own)
        told = self._folder / "loop_probe.jsonl"
        if not told.exists():
            return
        for line in told.read_text(encoding="utf-8").splitlines():
            try:
                one = json.loads(line)
            except ValueError:
                continue  # cut off when the process was killed
            if one["held"] > self.lag:
                self.lag, self.lag_at = one["held"], one["at"]

    def broken(self) -> list[str]:
        """Return which limits were broken."""
        found = []
        slowness = self._pace / _USUAL_PACE
        if self.lag > LAG_LIMIT * slowness:
            found.append(
                f"the loop was held for {self.lag:.3f} s at {self.lag_at},"
                f" on a machine {slowness:.1f} times as slow as usual"
            )
        if self.memory > MEMORY_LIMIT:
            found.append(f"{self.memory:.0f} MB above Home Assistant's own")
        return found


def _pace() -> float:
    """Return the processor time [s] of some work.

    Threads that share a core, its memory and its clock do less in the same time.
    """
    begin = time.thread_time()
    json.loads(json.dumps([{"number": n, "text": str(n)} for n in range(4_000)]))
    return time.thread_time() - begin


def _memory(server: Server, name: str) -> float:
    """Return a line [MB] of what the kernel tells of the process."""
    if server.process is None:
        return 0.0
    told = Path(f"/proc/{server.process.pid}/status").read_text()
    kilobytes = [
        line.split()[1] for line in told.splitlines() if line.startswith(f"{name}:")
    ]
    return float(kilobytes[0]) / 1024 if kilobytes else 0.0
