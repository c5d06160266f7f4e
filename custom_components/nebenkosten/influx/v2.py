"""Speaks Flux: version 2."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.domain.write_precision import WritePrecision
from influxdb_client.rest import ApiException
from urllib3.exceptions import (
    HTTPError,
    NewConnectionError,
    SSLError,
    TimeoutError as Silence,
)

from ..outside import seconds_to_wait
from . import flux
from .bounded import LargeError, bind
from .connection import Connection, InfluxError
from .line_protocol import line, original
from .model import SECOND, Doomed, Extent, Field, Point, RawSeries, Reduced, Value
from .understood import understood

_TIMEOUT: Final = (5_000, 25_000)
_BATCH: Final = 5_000
_STATUS: Final = {401: "credentials", 403: "rights", 429: "busy", 503: "busy"}
_KINDS: Final = (
    (LargeError, "large"),
    (UnicodeEncodeError, "credentials"),
    (NewConnectionError, "address"),
    (Silence, "silent"),
    (SSLError, "certificate"),
    (HTTPError, "address"),
    (OSError, "address"),
)
_HIDDEN: Final = ("", "result", "table")

type Row = dict[str, Field]


def _error(error: Exception) -> InfluxError:
    """Return what went wrong in our own words."""
    if isinstance(error, ApiException):
        return _of_status(error)
    key = next((key for kind, key in _KINDS if isinstance(error, kind)), "answer")
    return InfluxError(key, repr(error))


def _of_status(error: ApiException) -> InfluxError:
    status = int(error.status or 0)
    body = str(error.body or error.reason)
    if status == 404 and "organization" in body:
        return InfluxError("organisation", body)
    if status == 404:
        return InfluxError("place", body)
    key = _STATUS.get(status, "server" if status >= 500 else "refused")
    headers = error.headers
    after = headers.get("Retry-After") if headers else None
    return InfluxError(key, body, seconds_to_wait(after))


class FluxServer:
    """A server of version 2."""

    def __init__(self, connection: Connection) -> None:
        """Prepare; nothing is asked yet."""
        self._client = InfluxDBClient(
            url=connection.url,
            token=connection.token,
            org=connection.organisation,
            verify_ssl=connection.verify_ssl,
            timeout=_TIMEOUT,
        )
        bind(self._client.api_client.rest_client.pool_manager)

    def close(self) -> None:
        """Let go of the server."""
        self._client.close()

    @understood(_error)
    def places(self) -> list[str]:
        """Return the buckets that may be seen."""
        return [one.name for one in self._client.buckets_api().find_buckets_iter()]

    @understood(_error)
    def create(self, place: str) -> None:
        """Make a bucket."""
        self._client.buckets_api().create_bucket(bucket_name=place)

    @understood(_error)
    def may_write(self, place: str) -> None:
        """Raise InfluxError where nothing may be written; changes nothing."""
        nothing = Doomed(
            measurement="meter_consumption", tags={"meter_id": "-"}, times=(0,)
        )
        self.delete(place, nothing)

    @understood(_error)
    def found(self, place: str, units: Sequence[str]) -> list[tuple[RawSeries, Extent]]:
        """Return the series measured in these units."""
        known: dict[RawSeries, list[tuple[str, Row]]] = {}
        for result, row in self._ask(flux.found(place, units)):
            series = RawSeries(
                original(str(row["_measurement"])),
                original(str(row.get("domain", ""))),
                original(str(row.get("entity_id", ""))),
            )
            known.setdefault(series, []).append((result, row))
        return [(series, _extent(parts)) for series, parts in known.items()]

    @understood(_error)
    def extent(self, place: str, series: RawSeries, start: int, end: int) -> Extent:
        """Return how much a series holds in a range."""
        parts = list(self._ask(flux.extent(place, series, start, end)))
        return _extent(parts) if parts else Extent(0, 0, 0)

    @understood(_error)
    def before(self, place: str, series: RawSeries, instant: int) -> Value | None:
        """Return the last value before an instant."""
        found = self._ask(flux.before(place, series, instant))
        parts = (_value(row) for _, row in found)
        return max(parts, key=lambda value: value.time, default=None)

    @understood(_error)
    def values(
        self, place: str, series: RawSeries, start: int, end: int
    ) -> list[Value]:
        """Return all values in a range, in order of time."""
        found = self._ask(flux.values(place, series, start, end))
        return sorted((_value(row) for _, row in found), key=lambda value: value.time)

    @understood(_error)
    def reduced(
        self, place: str, series: RawSeries, start: int, end: int, step: int
    ) -> Reduced:
        """Return what matters of each step [s] of a range; the server does the work."""
        ends: dict[int, Value] = {}
        falls: set[int] = set()
        for result, row in self._ask(flux.reduced(place, series, start, end, step)):
            value = _value(row)
            if result == "falls":
                falls.add(value.time - value.time % (step * SECOND))
            else:
                ends[value.time] = value
        return Reduced([ends[time] for time in sorted(ends)], sorted(falls))

    @understood(_error)
    def points(
        self, place: str, measurement: str, meter_id: str, start: int
    ) -> list[Point]:
        """Return a meter's results from an instant on."""
        fields: dict[tuple[str, int], dict[str, Field]] = {}
        query = flux.points(place, measurement, meter_id, start)
        for _, row in self._ask(query):
            key = str(row.get("unit", "")), int(row["_time"])
            fields.setdefault(key, {})[str(row["_field"])] = row["_value"]
        return [
            Point(
                measurement=measurement,
                tags={"meter_id": meter_id} | ({"unit": unit} if unit else {}),
                fields=found,
                time=time,
            )
            for (unit, time), found in fields.items()
        ]

    @understood(_error)
    def write(self, place: str, points: Sequence[Point]) -> None:
        """Write points; an equal series and time replaces the fields."""
        with self._client.write_api(write_options=SYNCHRONOUS) as api:
            for start in range(0, len(points), _BATCH):
                api.write(
                    bucket=place,
                    record=[line(point) for point in points[start : start + _BATCH]],
                    write_precision=WritePrecision.NS,
                )

    @understood(_error)
    def delete(self, place: str, doomed: Doomed) -> bool:
        """Delete points; the last instant is included."""
        self._client.delete_api().delete(
            flux.time(doomed.first),
            flux.time(doomed.last + 1),
            flux.predicate(doomed),
            place,
        )
        return True

    @understood(_error)
    def untagged(self, place: str, measurement: str) -> bool:
        """Return whether a measurement holds points without a unit."""
        return any(True for _ in self._ask(flux.untagged(place, measurement)))

    @understood(_error)
    def worded(self, place: str, measurement: str, field: str) -> list[str]:
        """Return the meters of which a measurement holds a text field."""
        found = self._ask(flux.worded(place, measurement, field))
        return [original(str(row.get("meter_id", ""))) for _, row in found]

    @understood(_error)
    def drop(self, place: str, measurement: str) -> None:
        """Delete all points of a measurement."""
        everything = Doomed(measurement=measurement, tags={}, times=(0, 2**62))
        self.delete(place, everything)

    def _ask(self, query: str) -> Iterator[tuple[str, Row]]:
        """Yield each row with the name of its result."""
        names: list[str] = []
        types: list[str] = []
        defaults: list[str] = []
        for cells in self._client.query_api().query_csv(query):
            if not cells:
                names = []
            elif cells[0] == "#datatype":
                types, names = cells, []
            elif cells[0] == "#default":
                defaults = cells
            elif cells[0].startswith("#"):
                continue
            elif not names:
                names = cells
            else:
                if names[1] == "error":
                    raise InfluxError("refused", cells[1])
                yield _row(names, types, defaults, cells)


def _row(
    names: list[str], types: list[str], defaults: list[str], cells: list[str]
) -> tuple[str, Row]:
    row: Row = {}
    result = ""
    for name, kind, default, cell in zip(names, types, defaults, cells, strict=True):
        content = cell or default
        if name == "result":
            result = content
        elif name not in _HIDDEN and (content or kind == "string"):
            row[name] = _typed(kind, content)
    return result, row


def _typed(kind: str, content: str) -> Field:
    if kind.startswith("dateTime"):
        return _instant(content)
    if kind == "long":
        return int(content)
    return float(content) if kind == "double" else content


def _instant(content: str) -> int:
    """Return a time [ns]; finer than microseconds is not kept."""
    moment = datetime.fromisoformat(content)
    return (int(moment.timestamp()) * 1_000_000 + moment.microsecond) * 1000


def _value(row: Row) -> Value:
    return Value(int(row["_time"]), float(row["_value"]))


def _extent(parts: list[tuple[str, Row]]) -> Extent:
    """Join the parts that a series is kept in."""
    return Extent(
        sum(int(row["_value"]) for result, row in parts if result == "count"),
        min(int(row["_time"]) for result, row in parts if result == "first"),
        max(int(row["_time"]) for result, row in parts if result == "last"),
    )
