"""A real Home Assistant whose event loop is watched."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
import json
from pathlib import Path

from scripts.home_assistant import Server, prepare
from scripts.servers import free_port

LOOP_WATCH = """
import asyncio
import gc
import time

from homeassistant.core import SupportsResponse

DOMAIN = "loop_watch"
STEP = 0.002


async def async_setup(hass, config):
    late, busy, pauses = [], [], []
    began = 0.0

    def collected(phase, info):
        nonlocal began
        if phase == "start":
            began = time.perf_counter()
        else:
            pauses.append((time.perf_counter() - began) * 1000)

    async def watch():
        while True:
            begin, work = time.perf_counter(), time.thread_time()
            await asyncio.sleep(STEP)
            late.append((time.perf_counter() - begin - STEP) * 1000)
            busy.append((time.thread_time() - work) * 1000)

    async def report(call):
        found, worked = sorted(late) or [0.0], max(busy, default=0.0)
        pause = max(pauses, default=0.0)
        late.clear()
        busy.clear()
        pauses.clear()
        return {
            "max": found[-1],
            "p99": found[int(len(found) * 0.99)],
            "p50": found[len(found) // 2],
            "busy": worked,
            "gc": pause,
        }

    gc.callbacks.append(collected)
    hass.async_create_background_task(watch(), DOMAIN)
    hass.services.async_register(
        DOMAIN, "report", report, supports_response=SupportsResponse.ONLY
    )
    return True
"""


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
