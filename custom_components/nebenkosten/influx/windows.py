"""Windows of time that are as wide as a server of version 3 answers.

A question that touches too many of its files is refused by design: years of values
have tens of thousands. How many lie in a window is told by the refusal alone.
"""

from collections.abc import Callable, Iterator
from typing import Final

from .connection import InfluxError

# After so many answers a wider window is tried; after twice as many where that was in
# vain, and at last no more seldom than that.
_CALM: Final = 2
_SELDOM: Final = 64


class FilesError(InfluxError):
    """A window that touches more files than the server opens for a question."""


class Windows:
    """Widths for the questions to one table; they are remembered between questions."""

    def __init__(self) -> None:
        """Begin with a window as wide as what is asked for."""
        self._width: int | None = None
        # What was answered before a wider one is tried.
        self._proven = 0
        self._answers = 0
        self._calm = _CALM

    def forward[R](
        self, start: int, end: int, step: int, ask: Callable[[int, int], R]
    ) -> Iterator[R]:
        """Yield the answers for a range [ns], the oldest first.

        All borders but the outer ones are multiples of `step` [ns]; raises FilesError
        where a window of one step is refused.
        """
        while start < end:
            until = end
            if self._width is not None:
                border = start + max(self._width, step)
                until = min(border - border % step, end)
            found = self._asked(start, until, step, ask)
            if found is not None:
                yield found[0]
                start = until

    def backward[R](
        self, start: int, end: int, step: int, ask: Callable[[int, int], R]
    ) -> Iterator[R]:
        """Yield the answers for a range [ns], the newest first."""
        while start < end:
            since = start
            if self._width is not None:
                border = end - max(self._width, step)
                since = max(border + -border % step, start)
            found = self._asked(since, end, step, ask)
            if found is not None:
                yield found[0]
                end = since

    def _asked[R](
        self, start: int, end: int, step: int, ask: Callable[[int, int], R]
    ) -> tuple[R] | None:
        """Return an answer, or None where a refused window is narrower now."""
        wide = end - start
        try:
            found = ask(start, end)
        except FilesError:
            if wide <= step:
                raise
            if 0 < self._proven < wide:
                self._width = self._proven
                self._calm = min(self._calm * 2, _SELDOM)
            else:
                self._width = wide // 2
                self._calm = _CALM
            self._proven = self._answers = 0
            return None
        if 0 < self._proven < wide:
            self._calm = 1
        self._answers += 1
        if self._width is not None and self._answers >= self._calm:
            self._proven = self._width
            self._width += max(self._width // 2, step)
            self._answers = 0
        return (found,)
