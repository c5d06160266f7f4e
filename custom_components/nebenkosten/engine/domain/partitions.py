"""Partitions of meters that must be computed together.

Free of numpy: asked before the engine is loaded.
"""

from collections.abc import Collection, Iterator
from typing import Final

from .meters import AnyMeter, House

# The watch over the days costs as much for one meter as for this many, and what they
# hold meanwhile is bounded.
TOGETHER: Final = 64


def portions(
    house: House, keys: Collection[str], most: int = TOGETHER
) -> Iterator[tuple[AnyMeter, ...]]:
    """Yield meters (by key) in portions; what depends on each other stays together.

    A portion has at most `most` meters, unless so many depend on each other.
    """
    portion: list[AnyMeter] = []
    for group in _connected(house):
        wanted = [meter for meter in group if meter.key in keys]
        if portion and len(portion) + len(wanted) > most:
            yield tuple(portion)
            portion = []
        portion += wanted
    if portion:
        yield tuple(portion)


def _connected(house: House) -> list[list[AnyMeter]]:
    """Return the meters in groups that know nothing of each other."""
    leader = {meter.key: meter.key for meter in house.all_meters}

    def first(key: str) -> str:
        while leader[key] != key:
            leader[key] = key = leader[leader[key]]
        return key

    for meter in house.all_meters:
        for other in (*meter.operands, (meter.part_of or "").lower()):
            if other in leader:
                leader[first(other)] = first(meter.key)
    groups: dict[str, list[AnyMeter]] = {}
    for meter in house.all_meters:
        groups.setdefault(first(meter.key), []).append(meter)
    return list(groups.values())
