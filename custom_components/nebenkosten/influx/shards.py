"""Ranges of shards in which a field has one type only.

Version 2 keeps points in shards. A question over several of them gives values of the
oldest one's type alone and says nothing of the others: so it is asked shard by shard.
"""

from collections.abc import Iterator
from typing import Final

from .flux import Span
from .model import SECOND

_DAY: Final = 86400 * SECOND
# What a bucket has that nobody gave another length.
WEEK: Final = 7 * _DAY
# Shards are counted from a Monday on, and time began with a Thursday.
_MONDAY: Final = 4 * _DAY
# Questions for so many shards are sent at one go.
AT_ONCE: Final = 50


def shards(start: int, end: int, length: int = WEEK) -> Iterator[Span]:
    """Yield a range [ns] cut where shards begin; an empty or reversed one has none."""
    while start < end:
        until = min(start - (start - _MONDAY) % length + length, end)
        yield start, until
        start = until


def bundles(spans: list[Span]) -> Iterator[list[Span]]:
    """Yield ranges as many as are asked for at one go."""
    for first in range(0, len(spans), AT_ONCE):
        yield spans[first : first + AT_ONCE]
