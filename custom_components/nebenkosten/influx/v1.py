"""Speaks InfluxQL: version 1."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, Final
from urllib.parse import urlsplit

from influxdb import InfluxDBClient
from influxdb.exceptions import InfluxDBClientError, InfluxDBServerError
import requests

from . import influxql
from .bounded import OF_REQUESTS, BoundAdapter
from .connection import Connection, InfluxError
from .line_protocol import line, original
from .model import Doomed, Extent, Place, Point, RawSeries, Reduced, Value
from .understood import by_kind, understood

_TIMEOUT: Final = (5, 25)
_BATCH: Final = 5_000
_STATUS: Final = {401: "credentials", 403: "rights", 404: "place", 429: "busy"}
_KINDS: Final = ((InfluxDBServerError, "server"), *OF_REQUESTS)

# A result's series: name, tags, columns, rows.
type _Series = dict[str, Any]


def _error(error: Exception) -> InfluxError:
    """Return what went wrong in our own words."""
    if isinstance(error, InfluxDBClientError):
        content = str(error.content)
        if error.code is None and "database not found" in content:
            return InfluxError("place", content)
        return InfluxError(_STATUS.get(error.code, "refused"), content)
    return by_kind(error, _KINDS)


class InfluxQLServer:
    """A server of version 1."""

    def __init__(self, connection: Connection) -> None:
        """Prepare; nothing is asked yet."""
        url = urlsplit(connection.url)
        secure = url.scheme == "https"
        session = requests.Session()
        self._client = InfluxDBClient(
            host=url.hostname or "",
            port=url.port or (443 if secure else 8086),
            path=url.path.strip("/"),
            username=connection.username or None,
            password=connection.password or None,
            ssl=secure,
            verify_ssl=connection.verify_ssl,
            timeout=_TIMEOUT,
            retries=1,
            headers={"Accept": "application/json"},
            session=session,
        )
        # Not before: the client mounts an adapter of its own.
        session.mount(f"{url.scheme}://", BoundAdapter())

    def close(self) -> None:
        """Let go of the server."""
        self._client.close()

    @understood(_error)
    def place(self, place: str) -> Place | None:
        """Return a database that may be seen."""
        (found,) = self._ask("SHOW DATABASES", "")
        # A server without any database names the column and no values.
        rows = (row for series in found for row in series.get("values", ()))
        return Place() if [place] in rows else None

    @understood(_error)
    def create(self, place: str) -> None:
        """Make a database."""
        self._tell(influxql.create(place), "")

    @understood(_error)
    def may_write(self, place: str) -> None:
        """Raise InfluxError where nothing may be written; changes nothing."""
        nothing = Doomed(
            measurement="meter_consumption", tags={"meter_id": ""}, times=(0,)
        )
        self._tell(influxql.delete(nothing), place)

    @understood(_error)
    def found(self, place: str, units: Sequence[str]) -> list[tuple[RawSeries, Extent]]:
        """Return the series measured in these units."""
        firsts, lasts, counts = (
            {_series_of(series): series["values"][0] for series in result}
            for result in self._ask("; ".join(influxql.found(units)), place)
        )
        return [
            (series, Extent(int(count[1]), firsts[series][0], lasts[series][0]))
            for series, count in counts.items()
        ]

    @understood(_error)
    def extent(self, place: str, series: RawSeries, start: int, end: int) -> Extent:
        """Return how much a series holds in a range."""
        query = "; ".join(influxql.extent(series, start, end))
        first, last, count = (list(_rows(one)) for one in self._ask(query, place))
        if not count:
            return Extent(0, 0, 0)
        return Extent(int(count[0][1]), first[0][0], last[0][0])

    @understood(_error)
    def before(self, place: str, series: RawSeries, instant: int) -> Value | None:
        """Return the last value before an instant."""
        (found,) = self._ask(influxql.before(series, instant), place)
        return next((Value(*row) for row in _rows(found)), None)

    @understood(_error)
    def values(
        self, place: str, series: RawSeries, start: int, end: int
    ) -> list[Value]:
        """Return all values in a range, in order of time."""
        (found,) = self._ask(influxql.values(series, start, end), place)
        return [Value(time, float(value)) for time, value in _rows(found)]

    @understood(_error)
    def reduced(
        self, place: str, series: RawSeries, start: int, end: int, step: int
    ) -> Reduced:
        """Return what matters of each step [s] of a range; the server does the work."""
        query = "; ".join(
            (
                influxql.first(series, start, end),
                *influxql.reduced(series, start, end, step),
            )
        )
        firsts, ends, gaps = (
            {row[0]: row[1:] for row in _rows(result)}
            for result in self._ask(query, place)
        )
        if not firsts:
            return Reduced((), ())
        values: list[Value] = []
        (instant,) = firsts
        for hour, (opening, closing) in ends.items():
            # The very first value has no neighbour before it, hence no distance.
            step, total, _ = gaps.get(hour, (0, 0, 0.0))
            values.append(Value(instant + (int(step) if values else 0), float(opening)))
            instant += int(total)
            values.append(Value(instant, float(closing)))
        return Reduced(
            [one for one, other in pairwise([*values, None]) if one and one != other],
            [int(hour) for hour, (_, _, least) in gaps.items() if least < 0],
        )

    @understood(_error)
    def points(
        self, place: str, measurement: str, meter_id: str, start: int
    ) -> list[Point]:
        """Return a meter's results from an instant on."""
        query = influxql.points(measurement, meter_id, start)
        (found,) = self._ask(query, place)
        return [
            Point(
                measurement=measurement,
                tags=_known(series["tags"]),
                fields=_known(dict(zip(series["columns"][1:], row[1:], strict=True))),
                time=int(row[0]),
            )
            for series in found
            for row in series["values"]
        ]

    @understood(_error)
    def write(self, place: str, points: Sequence[Point]) -> None:
        """Write points; an equal series and time replaces the fields."""
        for start in range(0, len(points), _BATCH):
            self._client.write(
                [line(point) for point in points[start : start + _BATCH]],
                {"db": place, "precision": "n"},
                protocol="line",
            )

    @understood(_error)
    def delete(self, place: str, doomed: Doomed) -> bool:
        """Delete points; returns False where the server cannot."""
        self._tell(influxql.delete(doomed), place)
        return True

    @understood(_error)
    def untagged(self, place: str, measurement: str) -> bool:
        """Return whether a measurement holds points without a unit."""
        (found,) = self._ask(influxql.untagged(measurement), place)
        return bool(found)

    @understood(_error)
    def worded(self, place: str, measurement: str, field: str) -> list[str]:
        """Return the meters of which a measurement holds a text field."""
        (found,) = self._ask(influxql.worded(measurement, field), place)
        return [original(series["tags"]["meter_id"]) for series in found]

    @understood(_error)
    def drop(self, place: str, measurement: str) -> None:
        """Delete all points of a measurement."""
        self._tell(influxql.drop(measurement), place)

    def _tell(self, statement: str, place: str) -> None:
        """Change something: a question by GET may change nothing."""
        self._client.query(statement, database=place, method="POST")

    def _ask(self, query: str, place: str) -> list[list[_Series]]:
        """Return the series that each statement gives."""
        found = self._client.query(query, epoch="ns", database=place)
        results = found if isinstance(found, list) else [found]
        return [result.raw.get("series", []) for result in results]


def _rows(found: list[_Series]) -> Iterator[list[Any]]:
    for series in found:
        yield from series["values"]


def _series_of(series: _Series) -> RawSeries:
    tags = series["tags"]
    return RawSeries(
        original(series["name"]),
        original(tags["domain"]),
        original(tags["entity_id"]),
    )


def _known[T](columns: dict[str, T | None]) -> dict[str, T]:
    return {key: value for key, value in columns.items() if value not in (None, "")}
