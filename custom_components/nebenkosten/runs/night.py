"""The night's work after the nightly run."""

from collections.abc import Awaitable, Callable, Sequence
import logging
from typing import Final

from ..outside.deadline import async_within
from .run import TooLongError

_LOGGER = logging.getLogger(__name__)
# A part of it may take so long [s].
_LIMIT: Final = 3600.0

type Work = Callable[[], Awaitable[None]]


async def async_do(works: Sequence[Work]) -> None:
    """Do one after the other; what fails of it stops nothing else."""
    for work in works:
        try:
            await async_within(work(), _LIMIT, TooLongError())
        except Exception:
            _LOGGER.exception("A part of the night's work fails")
