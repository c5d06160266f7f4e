"""What watches the event loop sees whoever holds it, and tells only of us."""

import asyncio
from collections.abc import Callable
import json
from pathlib import Path
import threading
import time
from typing import Final

from .measures import LAG_LIMIT
from .probe import Probe

_HOLD: Final = """
def hold(busy):
    until = time.thread_time() + 0.4
    while busy and time.thread_time() < until:
        pass
    if not busy:
        time.sleep(0.4)
"""


def _holding(file: str) -> Callable[[bool], None]:
    """Return what holds the loop for 0.4 s: with work, or waiting for something."""
    space: dict[str, Callable[[bool], None]] = {}
    exec(compile(_HOLD, file, "exec"), {"time": time}, space)
    return space["hold"]


def _told(path: Path, hold: Callable[[bool], None], *, busy: bool) -> list[str]:
    """Return the places that a loop's holds of more than the limit are put down to."""

    async def live() -> None:
        probe = Probe(path)
        probe.beat()
        watching = threading.Thread(target=probe.watch)
        watching.start()
        await asyncio.sleep(0.2)
        hold(busy)
        await asyncio.sleep(0.3)
        probe.end()
        watching.join()

    asyncio.run(live())
    if not path.exists():
        return []
    told = [json.loads(line) for line in path.read_text().splitlines()]
    return [one["at"] for one in told if one["held"] > LAG_LIMIT]


def test_work_and_waiting_of_ours_is_told(tmp_path: Path) -> None:
    ours = _holding("/x/custom_components/nebenkosten/engine/slow.py")
    for busy in (True, False):
        (at,) = _told(tmp_path / f"{busy}.jsonl", ours, busy=busy)
        assert at.startswith("engine/slow.py:"), at
        assert at.endswith(" hold")


def test_what_others_hold_is_not_ours(tmp_path: Path) -> None:
    theirs = _holding("/x/homeassistant/components/slow.py")
    for busy in (True, False):
        assert _told(tmp_path / f"{busy}.jsonl", theirs, busy=busy) == []
