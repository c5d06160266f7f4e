"""Points that a server refuses because a field of theirs has another type."""

from collections.abc import Iterable, Sequence
from typing import Final

from .model import Field, Point

type _Known = tuple[
    str, tuple[tuple[str, str], ...], int, tuple[tuple[str, Field], ...]
]


class Refused:
    """Points, by meter, that are not sent again before the next start.

    Unless something else is missing among them: then somebody has been at work there.
    """

    def __init__(self) -> None:
        """Nothing has been refused yet."""
        self._points: Final[dict[str, set[_Known]]] = {}
        self._columns: Final[dict[str, str]] = {}

    @property
    def columns(self) -> str:
        """Return which measurements and fields were named, empty where none was."""
        return "; ".join(sorted(set(self._columns.values())))

    def has(self, key: str) -> bool:
        """Return whether something is refused of a meter."""
        return key in self._columns

    def without(self, key: str, points: Sequence[Point]) -> Sequence[Point]:
        """Return what is worth a try."""
        known = self._points.get(key, set())
        others = [point for point in points if _known(point) not in known]
        newest = max((time for _, _, time, _ in known), default=0)
        among = any(point.time <= newest for point in others)
        return points if among else others

    def note(self, key: str, points: Iterable[Point], column: str) -> None:
        """Remember what was not kept, and what the server named."""
        self._points[key] = {_known(point) for point in points}
        self._columns[key] = column

    def forget(self, key: str) -> None:
        """Note that all points of a meter lie there."""
        self._points.pop(key, None)
        self._columns.pop(key, None)


def _known(point: Point) -> _Known:
    return (
        point.measurement,
        tuple(sorted(point.tags.items())),
        point.time,
        tuple(sorted(point.fields.items())),
    )
