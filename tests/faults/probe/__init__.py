"""Writes down how long the event loop is held while code of ours is on its stack.

A thread looks at the loop's stack every hundredth of a second. What holds the loop is
the larger of the processor time that its thread took since it last moved, and of the
looks that found it unmoved: a process that is stopped looks at nothing either, and what
the thread waited for a processor, as on a busy machine, does not count.
"""

import asyncio
import json
from pathlib import Path
import sys
import threading
import time
from typing import Any, Final

from homeassistant.core import HomeAssistant

_STEP: Final = 0.01
_TELLING: Final = 0.02
_OURS: Final = "custom_components/nebenkosten/"


class Probe:
    """The beats of a loop and what is seen between two of them."""

    def __init__(self, path: Path) -> None:
        """Belong to the loop that runs in this thread."""
        self._path = path
        self._thread = threading.get_ident()
        self._loop = asyncio.get_running_loop()
        self._cpu = time.thread_time()
        self._looks = 0
        self._ours: list[str] = []
        self._told: list[str] = []
        task = threading.get_native_id()
        self._schedule = Path(f"/proc/self/task/{task}/schedstat")
        self._waited = self._waited_before = 0.0
        self._ended = threading.Event()

    def end(self) -> None:
        """Look no more."""
        self._ended.set()

    def beat(self) -> None:
        """Be called by the loop as often as it can."""
        cpu = time.thread_time()
        waited = self._waited - self._waited_before
        held = max(cpu - self._cpu, self._looks * _STEP - waited)
        ours, looks = self._ours, self._looks
        self._waited_before = self._waited
        self._cpu, self._looks, self._ours = cpu, 0, []
        if held > _TELLING and len(ours) * 2 > looks:
            self._told.append(json.dumps({"held": round(held, 3), "at": ours[-1]}))
        self._loop.call_later(_STEP, self.beat)

    def watch(self) -> None:
        """Look at the loop's stack until the end."""
        while not self._ended.wait(_STEP):
            self._waited = int(self._schedule.read_text().split()[1]) / 1e9
            self._tell()
            frame: Any = sys._current_frames().get(self._thread)
            self._looks += 1
            while frame is not None:
                code = frame.f_code
                if _OURS in code.co_filename:
                    place = code.co_filename.rpartition(_OURS)[2]
                    self._ours.append(f"{place}:{frame.f_lineno} {code.co_name}")
                    break
                frame = frame.f_back

    def _tell(self) -> None:
        while self._told:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(self._told.pop(0) + "\n")


async def async_setup(hass: HomeAssistant, _config: dict[str, Any]) -> bool:
    """Begin to look."""
    probe = Probe(Path(hass.config.path("loop_probe.jsonl")))
    probe.beat()
    threading.Thread(target=probe.watch, daemon=True).start()
    return True
