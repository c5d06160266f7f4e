"""Windows of time that are as wide as a server of version 3 answers.

A question that touches too many of its files is refused by design: years of values
have tens of thousands. How many lie in a window is told by the refusal alone.
"""

from collections.abc import Callable, Iterator
from typing import Final

from .connection import InfluxError

# After so many answers a window twice as wide is tried.
_CALM: Final = 4


class FilesError(InfluxError):
    """A window that touches more files than the server opens for a question."""


class Windows:
    """Widths for the questions to one table; they are remembered between questions."""

    def __init__(self) -> None:
        """Begin with a window as wide as what is asked for."""
        self._width: int | None = None
        self._answers = 0

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
        try:
            found = ask(start, end)
        except FilesError:
            if end - start <= step:
                raise
            self._width = (end - start) // 2
            self._answers = 0
            return None
        self._answers += 1
        if self._width is not None and self._answers >= _CALM:
            self._width *= 2
            self._answers = 0
        return (found,)
