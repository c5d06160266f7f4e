"""What version 0.1 published is moved, whenever the process ends: on 1 and 2."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import cast
from uuid import uuid4

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.nebenkosten.influx.connection import Connection, Version
from custom_components.nebenkosten.influx.model import Doomed, Field, Point, Server
from custom_components.nebenkosten.influx.opening import open_server
from custom_components.nebenkosten.sinks.influxdb import drop_all
from custom_components.nebenkosten.sinks.moving import async_move
from custom_components.nebenkosten.sinks.points import MEASUREMENTS
from scripts.servers import Influxd

from ..influx.stand_in import ORGANISATION, TOKEN, StandIn

DAY = 86_400 * 1_000_000_000
# A server of version 2 is asked week by week since its first point: not long ago.
FIRST_DAY = 20_700
DAILY, MONTHLY = "meter_interpolated_daily", "meter_interpolated_monthly"
ORIGINALS = (DAILY, MONTHLY, "meter_consumption", "meter_anomaly")
PARKED = tuple(f"{name}_moving" for name in ORIGINALS)
KINDS = ("measured", "interpolated", "extrapolated", "unknown")
METERS = ("living", "removed")

type Kept = Mapping[tuple[str, str, str, int], Mapping[str, Field]]


@pytest.fixture(params=["1", "2"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """Open a server of each version that 0.1 could publish to."""
    if request.param == "1":
        influxd: Influxd = request.getfixturevalue("influxd")
        version, url = Version.V1, influxd.url
    else:
        stand_in: StandIn = request.getfixturevalue("stand_in")
        version, url = Version.V2, stand_in.url
    opened = open_server(
        Connection(
            version=version,
            url=url,
            token=TOKEN if version is Version.V2 else "",
            organisation=ORGANISATION,
            # Its organisation is that of the places it makes.
            raw="raw",
            processed="",
        )
    )
    yield opened
    opened.close()


def _point(measurement: str, meter: str, day: int, fields: dict[str, Field]) -> Point:
    unit = {} if measurement.endswith("anomaly") else {"unit": "kWh"}
    return Point(
        measurement=measurement,
        tags={"meter_id": meter, **unit},
        fields=fields,
        time=(FIRST_DAY + day) * DAY,
    )


def _published(meter: str, *, old: bool) -> Iterator[Point]:
    """Yield twelve days as version 0.1 wrote them, or as they are written now."""
    for day, word in enumerate(KINDS * 3):
        shares: dict[str, Field] = {kind: float(kind == word) for kind in KINDS[:3]}
        added: dict[str, Field] = {"quality": word} if old else {}
        # Whole numbers too: a server that speaks JSON shows them as integers.
        value = 5.0 + day / 4
        yield _point(DAILY, meter, day, {"value": value, **added})
        yield _point("meter_consumption", meter, day, {"value": day / 8, **added})
        if day % 6 == 0:
            yield _point(MONTHLY, meter, day, {"value": value, **added})
        if not old:
            yield _point("nebenkosten_counter_quality", meter, day, shares)
            yield _point("nebenkosten_consumption_quality", meter, day, shares)
    theirs: dict[str, Field] = {"value": 1.0, "iqr_upper": 0.75, "anomaly_count": 2}
    why: dict[str, Field] = {
        "expected": 2.0,
        "score": 7.5,
        "kind": "spike",
        "reason": 'Ein "Sprung", 72 kWh',
    }
    if old:
        both = {**theirs, **why, "quality": "measured"}
        yield _point("meter_anomaly", meter, 8, both)
    else:
        yield _point("meter_anomaly", meter, 8, theirs)
        yield _point("nebenkosten_anomaly", meter, 8, {"value": 1.0, **why})


def _others() -> Iterator[Point]:
    """Yield what is not of version 0.1: in the new shape, withdrawn, somebody's own."""
    yield _point("meter_consumption", "living", 30, {"value": 1.5})
    yield _point(
        "meter_consumption", "living", 31, {"value": 0.0, "quality": "withdrawn"}
    )
    yield _point("meter_consumption", "theirs", 3, {"value": 1.5, "quality": "good"})


class _Direct:
    """Asks a server at once."""

    def __init__(self, server: Server) -> None:
        self._server = server

    async def async_ask[R](self, work: Callable[[Server], R], about: str = "") -> R:
        """Ask; nobody is told whom it concerns."""
        return work(self._server)

    async_tell = async_ask


class KilledError(Exception):
    """The process ends."""


class _Mortal:
    """A server before which the process ends after so many steps.

    Half of the last write arrives; `lived` counts the steps.
    """

    def __init__(self, server: Server, steps: int) -> None:
        self._server, self._steps = server, steps
        self.lived = 0
        self.points, self.worded = server.points, server.worded

    def delete(self, place: str, doomed: Doomed) -> bool:
        """Delete, if there is life left."""
        self._step()
        return self._server.delete(place, doomed)

    def write(self, place: str, points: Sequence[Point]) -> None:
        """Write all that life is left for; nothing is no step."""
        if not points:
            return
        if self.lived == self._steps:
            self._server.write(place, points[: len(points) // 2])
        self._step()
        self._server.write(place, points)

    def _step(self) -> None:
        if self.lived == self._steps:
            raise KilledError
        self.lived += 1


def _kept(server: Server, place: str, *names: str) -> Kept:
    return {
        (name, meter, point.tags.get("unit", ""), point.time): point.fields
        for name in names
        for meter in (*METERS, "theirs")
        for point in server.points(place, name, meter, 0)
    }


def _as_kept(points: Sequence[Point]) -> Kept:
    return {
        (p.measurement, p.tags["meter_id"], p.tags.get("unit", ""), p.time): p.fields
        for p in points
    }


def _old_house(server: Server) -> tuple[str, Kept]:
    """Return a place that version 0.1 published to, and what it shall hold."""
    place = f"place_{uuid4().hex}"
    server.create(place)
    old = [point for meter in METERS for point in _published(meter, old=True)]
    server.write(place, [*old, *_others()])
    wanted = [point for meter in METERS for point in _published(meter, old=False)]
    return place, _as_kept([*wanted, *_others()])


def _lives(server: Server, place: str, steps: int) -> int | None:
    """Move until the process ends; returns after how many steps it was done."""
    mortal = _Mortal(server, steps)
    try:
        asyncio.run(async_move(_Direct(cast("Server", mortal)), place))
    except KilledError:
        return None
    return mortal.lived


def _assert_nothing_lost(server: Server, place: str) -> None:
    there = dict(_kept(server, place, *ORIGINALS))
    for (name, meter, unit, time), fields in _kept(server, place, *PARKED).items():
        there.setdefault((name.removesuffix("_moving"), meter, unit, time), fields)
    old = [point for meter in METERS for point in _published(meter, old=True)]
    for point in old:
        (key,) = _as_kept([point])
        assert there[key]["value"] == point.fields["value"]


def test_a_kill_between_any_two_steps_loses_and_doubles_nothing(
    server: Server,
) -> None:
    place, _ = _old_house(server)
    whole = _lives(server, place, 10_000)
    assert whole
    for steps in range(whole):
        place, wanted = _old_house(server)
        assert _lives(server, place, steps) is None
        _assert_nothing_lost(server, place)
        assert _lives(server, place, 10_000) is not None
        assert _kept(server, place, *MEASUREMENTS, *PARKED) == wanted
        assert _lives(server, place, 10_000) == 0


@given(lives=st.lists(st.integers(0, 40), max_size=4))
@settings(
    max_examples=8,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_number_of_kills_ends_the_same(server: Server, lives: list[int]) -> None:
    place, wanted = _old_house(server)
    for steps in lives:
        _lives(server, place, steps)
        _assert_nothing_lost(server, place)
    _lives(server, place, 10_000)
    assert _kept(server, place, *MEASUREMENTS, *PARKED) == wanted


class _Lasting(_Mortal):
    """A server that cannot delete either, as those of version 3."""

    def delete(self, place: str, doomed: Doomed) -> bool:
        """Delete nothing."""
        return False


@pytest.mark.parametrize("server", ["1"], indirect=True)
def test_where_nothing_can_be_deleted_what_is_added_is_emptied(server: Server) -> None:
    """A kill before each write; emptied texts are not read back."""
    place, wanted = _old_house(server)
    for steps in (*range(8), 10_000, 10_000):
        mortal = _Lasting(server, steps)
        with suppress(KilledError):
            asyncio.run(async_move(_Direct(cast("Server", mortal)), place))
    assert mortal.lived == 0
    kept = _kept(server, place, *MEASUREMENTS, *PARKED)
    assert kept.keys() == wanted.keys()
    for key, fields in wanted.items():
        assert kept[key].items() >= fields.items()
        assert not any(kept[key][name] for name in kept[key].keys() - fields.keys())


def test_what_was_wiped_in_the_middle_does_not_come_back(server: Server) -> None:
    place, _ = _old_house(server)
    assert _lives(server, place, 3) is None
    assert _kept(server, place, *PARKED)
    drop_all(server, place)
    assert _lives(server, place, 10_000) == 0
    assert not _kept(server, place, *MEASUREMENTS, *PARKED)


def test_points_keep_their_types(server: Server) -> None:
    """Numbers are floats, and the count an integer, as when they were written."""
    place, wanted = _old_house(server)
    _lives(server, place, 10_000)
    again = [
        replace(
            point,
            fields={
                k: v if isinstance(v, str) or k == "anomaly_count" else float(v)
                for k, v in point.fields.items()
            },
        )
        for point in _published("removed", old=False)
    ]
    # A server refuses a field of another type where one lies already.
    server.write(place, again)
    assert _kept(server, place, *MEASUREMENTS) == wanted
