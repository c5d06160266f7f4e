"""Results on a server that deletes, and on one that can only overwrite."""

from collections.abc import Sequence
from typing import cast

from hypothesis import given, strategies as st

from custom_components.nebenkosten.influx.model import Doomed, Field, Point, Server
from custom_components.nebenkosten.publication import influxdb
from custom_components.nebenkosten.publication.points import (
    Wanted,
    held_points,
    is_withdrawn,
    true_fields,
)

NAME = "nebenkosten_anomaly"


class _Kept:
    """Points as servers keep them: a write replaces the fields that it has."""

    def __init__(self, *, deletes: bool) -> None:
        self._deletes = deletes
        self._points: dict[int, dict[str, Field]] = {}

    def points(
        self, _place: str, measurement: str, meter_id: str, start: int
    ) -> list[Point]:
        """Return the points; servers do not tell an empty text from none."""
        return [
            _point(time, {k: v for k, v in fields.items() if v != ""})
            for time, fields in sorted(self._points.items())
            if time >= start
        ]

    def write(self, _place: str, points: Sequence[Point]) -> None:
        """Keep points, of each instant and write one alone."""
        assert len({point.time for point in points}) == len(points)
        for point in points:
            self._points.setdefault(point.time, {}).update(point.fields)

    def delete(self, _place: str, doomed: Doomed) -> bool:
        """Delete a range, or nothing."""
        if self._deletes:
            for time in list(self._points):
                if doomed.first <= time <= doomed.last:
                    del self._points[time]
        return self._deletes


def _point(time: int, fields: dict[str, Field]) -> Point:
    return Point(measurement=NAME, tags={"meter_id": "a"}, fields=fields, time=time)


_FIELDS = st.fixed_dictionaries(
    {"value": st.sampled_from([0.0, 1.5, 2.0]), "reason": st.sampled_from(["x", "y"])},
    optional={"expected": st.sampled_from([-1.0, 3.0]), "score": st.just(7.5)},
)
_PUBLISHED = st.dictionaries(st.integers(1, 5), _FIELDS, max_size=5)


@given(runs=st.lists(_PUBLISHED, min_size=1, max_size=5), deletes=st.booleans())
def test_each_run_ends_with_just_what_is_true(
    runs: list[dict[int, dict[str, Field]]], deletes: bool
) -> None:
    kept = _Kept(deletes=deletes)
    server = cast("Server", kept)
    for published in runs:
        points = tuple(_point(*one) for one in sorted(published.items()))
        wanted = Wanted((), points, {})
        change = influxdb._compared(server, "out", "a", wanted, {NAME: 0})
        influxdb._carry_out(server, "out", change)
        again = influxdb._compared(server, "out", "a", wanted, {NAME: 0})
        assert not again

        true = [p for p in kept.points("", NAME, "a", 0) if not is_withdrawn(p)]
        assert [p.time for p in true] == [p.time for p in points]
        for found, one in zip(true, points, strict=True):
            fields = true_fields(found)
            assert {k: fields[k] for k in one.fields} == one.fields
            assert not any(fields[k] for k in fields.keys() - one.fields.keys())
            assert not deletes or fields == one.fields
        fresh = _Kept(deletes=True)
        fresh.write("", points)
        held, new = (
            held_points(cast("Server", one), "out", "a", [NAME], 0)
            for one in (kept, fresh)
        )
        assert held == new
