"""A limit on waiting for others: whoever does not answer in time is out of reach."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

from homeassistant.components.recorder.tasks import SynchronizeTask
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import get_instance

from . import OutOfReachError

RECORDER: Final = "recorder"
# Its queue may be long: a purge or a repack of a large database takes minutes [s].
RECORDER_LIMIT = 300.0
# What is cut may tidy up for so long [s]; then nobody waits for it any more.
_GRACE: Final = 30.0


async def async_within[T](work: Awaitable[T], limit: float, late: Exception) -> T:
    """Return what the work gives; raises `late` after a limit [s].

    Work that does not even end when it is cancelled is left alone after a moment.
    """
    task = asyncio.ensure_future(work)
    try:
        done, _ = await asyncio.wait([task], timeout=limit)
    except asyncio.CancelledError:
        await _async_cut(task)
        raise
    if not done:
        await _async_cut(task)
        raise late
    return task.result()


async def _async_cut(task: asyncio.Future[Any]) -> None:
    task.cancel()
    await asyncio.wait([task], timeout=_GRACE)


async def async_ask_recorder[*Ts, T](
    hass: HomeAssistant, work: Callable[[*Ts], T], *args: *Ts
) -> T:
    """Run what reads the database where that may block; raises OutOfReachError."""
    job = get_instance(hass).async_add_executor_job(work, *args)
    return await async_within(job, RECORDER_LIMIT, OutOfReachError(RECORDER))


async def async_settle_recorder(hass: HomeAssistant) -> None:
    """Wait until the recorder is through with its queue; raises OutOfReachError.

    What it could not do is over then, too: it goes on after an error.
    """
    done: asyncio.Future[None] = hass.loop.create_future()
    get_instance(hass).queue_task(SynchronizeTask(done))
    await async_within(done, RECORDER_LIMIT, OutOfReachError(RECORDER))
