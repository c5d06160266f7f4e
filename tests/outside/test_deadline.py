"""A limit holds, whatever the work does when it is cancelled."""

import asyncio

import pytest

from custom_components.nebenkosten.outside import OutOfReachError, deadline


class _Deaf:
    """Work that takes no notice of being cancelled until it is let go."""

    def __init__(self) -> None:
        self.let_go = asyncio.Event()
        self.cuts = 0

    async def work(self) -> int:
        while not self.let_go.is_set():
            try:
                await self.let_go.wait()
            except asyncio.CancelledError:
                self.cuts += 1
        return 1


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadline, "_GRACE", 0.01)


async def test_what_does_not_end_is_left_alone() -> None:
    deaf = _Deaf()
    with pytest.raises(OutOfReachError, match="recorder"):
        await deadline.async_within(deaf.work(), 0.01, OutOfReachError("recorder"))
    assert deaf.cuts == 1
    deaf.let_go.set()


async def test_a_caller_that_is_cancelled_is_not_held_either() -> None:
    deaf = _Deaf()
    caller = asyncio.create_task(
        deadline.async_within(deaf.work(), 60.0, OutOfReachError("recorder"))
    )
    await asyncio.sleep(0.01)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert deaf.cuts == 1
    deaf.let_go.set()


async def test_what_the_work_gives_or_raises_comes_through() -> None:
    async def given() -> int:
        return 7

    async def timed_out() -> None:
        raise TimeoutError("its own")

    late = OutOfReachError("recorder")
    assert await deadline.async_within(given(), 60.0, late) == 7
    with pytest.raises(TimeoutError, match="its own"):
        await deadline.async_within(timed_out(), 60.0, late)
