"""A limit on waiting for others: whoever does not answer in time is out of reach."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from homeassistant.components.recorder.tasks import SynchronizeTask
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import get_instance

from .outside import OutOfReachError

RECORDER: Final = "recorder"
# Its queue may be long: a purge or a repack of a large database takes minutes [s].
RECORDER_LIMIT = 300.0


async def async_within[T](work: Awaitable[T], limit: float, name: str) -> T:
    """Return what the work gives; raises OutOfReachError(name) after `limit` [s]."""
    scope = asyncio.timeout(limit)
    try:
        async with scope:
            return await work
    except TimeoutError as error:
        if not scope.expired():
            raise
        raise OutOfReachError(name) from error


async def async_ask_recorder[*Ts, T](
    hass: HomeAssistant, work: Callable[[*Ts], T], *args: *Ts
) -> T:
    """Run what reads the database where that may block; raises OutOfReachError."""
    job = get_instance(hass).async_add_executor_job(work, *args)
    return await async_within(job, RECORDER_LIMIT, RECORDER)


async def async_settle_recorder(hass: HomeAssistant) -> None:
    """Wait until the recorder is through with its queue; raises OutOfReachError.

    What it could not do is over then, too: it goes on after an error.
    """
    done: asyncio.Future[None] = hass.loop.create_future()
    get_instance(hass).queue_task(SynchronizeTask(done))
    await async_within(done, RECORDER_LIMIT, RECORDER)
