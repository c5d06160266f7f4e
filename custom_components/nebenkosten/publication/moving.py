"""Moves what version 0.1 published into the measurements that hold it now.

It kept texts beside the original's numbers, which no sum over a measurement can take.
Points are moved of all meters that a place knows: nobody could compute those of removed
ones anew. At every instant a point lies in its measurement or is parked beside it.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from ..engine.domain.report import Provenance
from ..influx.model import Asks, Doomed, Field, Point, Server
from .influxdb import identity_of, ranges
from .points import (
    ANOMALY,
    CONSUMPTION,
    CONSUMPTION_QUALITY,
    COUNT,
    COUNTER_QUALITY,
    DAILY,
    EXPLAINED,
    MARK,
    MONTHLY,
    ORIGINALS,
    PARKED,
    SHARES,
    blank,
)

_WORDS: Final = frozenset(kind.name.lower() for kind in Provenance)
_QUALITIES: Final = {
    DAILY: COUNTER_QUALITY,
    MONTHLY: COUNTER_QUALITY,
    CONSUMPTION: CONSUMPTION_QUALITY,
}
_WHY: Final = ("expected", "score", "kind", "reason")
_EVER: Final = (0, 2**62)


async def async_move(server: Asks, place: str) -> None:
    """Move what a place holds; raises OutOfReachError, and goes on when called again.

    Nothing may be published there before it is done: what is parked would come back.
    """
    for measurement, meter_id in await server.async_ask(lambda one: _found(one, place)):

        def move(one: Server, of: str = measurement, meter: str = meter_id) -> None:
            _move(one, place, of, meter)

        await server.async_tell(move, meter_id)


def _found(server: Server, place: str) -> list[tuple[str, str]]:
    """Return the measurements and meters of which something old may be left."""
    return [
        (measurement, meter_id)
        for measurement in ORIGINALS
        for meter_id in sorted(
            {
                *server.worded(place, measurement, MARK),
                *server.worded(place, measurement + PARKED, MARK),
            }
        )
        if meter_id
    ]


def _move(server: Server, place: str, measurement: str, meter_id: str) -> None:
    """Park, delete and write anew; what is parked already comes back first."""
    parking = measurement + PARKED
    parked = server.points(place, parking, meter_id, 0)
    server.write(place, [_copy(point, measurement) for point in parked])
    there = server.points(place, measurement, meter_id, 0)
    old = [point for point in there if _is_old(point)]
    if not parked and not old:
        return
    added = [_ours(point) for point in old]
    everything = Doomed(measurement=parking, tags={"meter_id": meter_id}, times=_EVER)
    if not server.delete(place, everything):
        # Nothing can be deleted, and so nothing be lost: fields are emptied.
        server.write(place, [*added, *(_emptied(point) for point in old)])
        return
    server.write(place, [*(_copy(point, parking) for point in old), *added])
    kept = {identity_of(point) for point in there if not _is_old(point)}
    for doomed in ranges(measurement, {identity_of(point) for point in old}, kept):
        server.delete(place, doomed)
    server.write(place, [_theirs(point) for point in old])
    server.delete(place, everything)


def _is_old(point: Point) -> bool:
    return point.fields.get(MARK) in _WORDS


def _copy(point: Point, measurement: str) -> Point:
    return replace(point, measurement=measurement, fields=_typed(point.fields))


def _theirs(point: Point) -> Point:
    """Return a point with the original's fields alone."""
    ours = (MARK, *_WHY)
    return replace(
        point,
        fields={k: v for k, v in _typed(point.fields).items() if k not in ours},
    )


def _emptied(point: Point) -> Point:
    """Return the same, and what it had besides without a content."""
    return replace(point, fields={**blank(point.fields), **_theirs(point).fields})


def _ours(point: Point) -> Point:
    """Return what we add to a point."""
    fields = _typed(point.fields)
    if point.measurement == ANOMALY:
        kept = ("value", *_WHY)
        why = {key: value for key, value in fields.items() if key in kept}
        return replace(point, measurement=EXPLAINED, fields=why)
    shares = {
        kind.name.lower(): float(fields[MARK] == kind.name.lower()) for kind in SHARES
    }
    return replace(point, measurement=_QUALITIES[point.measurement], fields=shares)


def _typed(fields: Mapping[str, Field]) -> dict[str, Field]:
    """Return fields in the types that they were written in.

    A whole number comes back as an integer from a server that speaks JSON.
    """
    return {
        key: value if isinstance(value, str) or key == COUNT else float(value)
        for key, value in fields.items()
    }
