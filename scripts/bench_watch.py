"""A real Home Assistant whose event loop is watched."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
import json
from pathlib import Path
from typing import Any

from scripts.home_assistant import Server, prepare
from scripts.servers import free_port

LOOP_WATCH = """
import asyncio
import gc
import threading
import time

from homeassistant.core import SupportsResponse

DOMAIN = "loop_watch"
STEP = 0.002


async def async_setup(hass, config):
    late, busy, own, pauses, kept = [], [], [], [], []
    began = paused = 0.0
    loop = threading.get_ident()

    def collected(phase, info):
        nonlocal began, paused
        if phase == "start":
            began = time.perf_counter()
            return
        pause = (time.perf_counter() - began) * 1000
        pauses.append(pause)
        # The collector runs on the thread that happens to need it.
        if threading.get_ident() == loop:
            paused += pause

    async def watch():
        nonlocal paused
        while True:
            begin, work, paused = time.perf_counter(), time.thread_time(), 0.0
            await asyncio.sleep(STEP)
            late.append((time.perf_counter() - begin - STEP) * 1000)
            busy.append((time.thread_time() - work) * 1000)
            own.append(max(busy[-1] - paused, 0.0))

    async def report(call):
        found = sorted(late) or [0.0]
        answer = {
            "max": found[-1],
            "p99": found[int(len(found) * 0.99)],
            "p50": found[len(found) // 2],
            "busy": max(busy, default=0.0),
            "own": max(own, default=0.0),
            "gc": max(pauses, default=0.0),
        }
        for some in (late, busy, own, pauses):
            some.clear()
        return answer

    async def ask(call):
        # Kept: to write an answer as JSON and to free it is Home Assistant's work.
        kept.append(
            await hass.services.async_call(
                call.data["domain"],
                call.data["service"],
                call.data["data"],
                blocking=True,
                return_response=True,
            )
        )
        return {"kept": len(kept)}

    gc.callbacks.append(collected)
    hass.async_create_background_task(watch(), DOMAIN)
    hass.services.async_register(
        DOMAIN, "report", report, supports_response=SupportsResponse.ONLY
    )
    hass.services.async_register(
        DOMAIN, "ask", ask, supports_response=SupportsResponse.ONLY
    )
    return True
"""


def ask(server: Server, action: str, **data: Any) -> None:
    """Call an action of ours inside the server, which keeps the answer to itself."""
    path = "/api/services/loop_watch/ask?return_response"
    server.post(path, {"domain": "nebenkosten", "service": action, "data": data})


@contextmanager
def watched(folder: Path) -> Iterator[tuple[Server, Callable[[], dict[str, float]]]]:
    """Yield a running server, and what tells [ms] how its loop did since last asked."""
    port = free_port()
    prepare(folder, port)
    component = folder / "custom_components" / "loop_watch"
    component.mkdir()
    (component / "__init__.py").write_text(LOOP_WATCH)
    manifest = {"domain": "loop_watch", "name": "Loop watch", "version": "1.0.0"}
    (component / "manifest.json").write_text(json.dumps(manifest))
    with (folder / "configuration.yaml").open("a") as file:
        file.write("loop_watch:\n")
    server = Server(folder, port).start()

    def late() -> dict[str, float]:
        path = "/api/services/loop_watch/report?return_response"
        answer: dict[str, float] = server.post(path, {})["service_response"]
        return answer

    try:
        yield server, late
    finally:
        server.stop()
