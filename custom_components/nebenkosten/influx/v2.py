"""Speaks Flux: version 2."""

from collections.abc import Iterator, Sequence
from http import HTTPStatus
from itertools import chain
import json
import re
import time
from typing import Any, Final

from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.domain.bucket import Bucket
from influxdb_client.domain.bucket_retention_rules import BucketRetentionRules
from influxdb_client.domain.post_bucket_request import PostBucketRequest
from influxdb_client.domain.write_precision import WritePrecision
from influxdb_client.rest import ApiException
from urllib3.exceptions import (
    HTTPError,
    NewConnectionError,
    SSLError,
    TimeoutError as Silence,
)

from ..outside import seconds_to_wait
from . import annotated, flux
from .annotated import Row, ValueSeries
from .bounded import LargeError, bind
from .connection import Connection, InfluxError
from .flux import Span
from .line_protocol import line, original
from .model import (
    FAR,
    SECOND,
    Doomed,
    Extent,
    Field,
    Place,
    Point,
    RawSeries,
    Reduced,
    Value,
)
from .shards import AT_ONCE, WEEK, bundles, shards
from .understood import by_kind, understood

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
_ORGANISATION_ID: Final = re.compile("[0-9a-f]{16}")
_CONFLICT: Final = re.compile(
    r'input field "(?P<field>.*?)" on measurement "(?P<measurement>.*?)"'
    r" is type \w+, already exists as type (?P<kind>\w+)"
)


def _error(error: Exception) -> InfluxError:
    """Return what went wrong in our own words."""
    if isinstance(error, ApiException):
        return _of_status(error)
    return by_kind(error, _KINDS)


def _of_status(error: ApiException) -> InfluxError:
    status = int(error.status or 0)
    said = _message(error)
    if "organization" in said and "not found" in said:
        return InfluxError("organisation", said)
    if status == HTTPStatus.NOT_FOUND:
        return InfluxError("place", said)
    if status == HTTPStatus.UNAUTHORIZED and "is unauthorized" in said:
        # The token is known, and may not do this.
        return InfluxError("rights", said)
    if found := _CONFLICT.search(said):
        measurement, field = original(found["measurement"]), original(found["field"])
        return InfluxError("column", f"{measurement}: {field} ({found['kind']})")
    if "outside retention policy" in said:
        return InfluxError("retention", said)
    key = _STATUS.get(status, "server" if status >= 500 else "refused")
    headers = error.headers
    after = headers.get("Retry-After") if headers else None
    return InfluxError(key, said, seconds_to_wait(after))


def _message(error: ApiException) -> str:
    """Return what a server says, without what it is wrapped in."""
    body = error.body or error.reason
    try:
        return str(json.loads(body)["message"])
    except ValueError, LookupError, TypeError:
        return str(body)


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
        self._raw = connection.raw
        name = connection.organisation
        key = "org_id" if _ORGANISATION_ID.fullmatch(name) else "org"
        self._organisation = {key: name}
        self._lengths: dict[str, int] = {}

    def close(self) -> None:
        """Let go of the server."""
        self._client.close()

    @understood(_error)
    def place(self, place: str) -> Place | None:
        """Return a bucket that may be seen."""
        bucket = self._bucket(place)
        if bucket is None:
            return None
        rule = _rule(bucket)
        keeps = rule.every_seconds if rule else 0
        return Place(keeps * SECOND if keeps else None)

    @understood(_error)
    def create(self, place: str) -> None:
        """Make a bucket, where that of raw values lies.

        A token of single buckets cannot ask for the organisation's id.
        """
        beside = self._bucket(self._raw)
        if beside is None:
            raise InfluxError("place", self._raw)
        wanted = PostBucketRequest(name=place, org_id=beside.org_id, retention_rules=[])
        try:
            self._client.buckets_api().create_bucket(bucket=wanted)
        except ApiException as error:
            if "already exists" in str(error.body):
                # It cannot be seen.
                raise InfluxError("rights", str(error.body)) from error
            raise

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
        for result, row in self._rows(flux.found(place, units)):
            series = RawSeries(
                original(str(row["_measurement"])),
                original(str(row.get("domain", ""))),
                original(str(row.get("entity_id", ""))),
            )
            known.setdefault(series, []).append((result, row))
        return [(series, _extent(parts)) for series, parts in known.items()]

    @understood(_error)
    def extent(self, place: str, series: RawSeries, start: int, end: int) -> Extent:
        """Return how much a series holds in a range, or more.

        Values of another type than the first one's are not counted.
        """
        wanted = flux.of_series(series)
        if start >= end:
            return Extent(0, 0, 0)
        parts = list(self._rows(flux.extent(place, wanted, (start, end))))
        if not parts:
            return Extent(0, 0, 0)
        extent = _extent(parts)
        last = self._last(place, wanted, (extent.last, end))
        return Extent(extent.count, extent.first, last.time if last else extent.last)

    @understood(_error)
    def before(self, place: str, series: RawSeries, instant: int) -> Value | None:
        """Return the last value before an instant."""
        return self._last(place, flux.of_series(series), (0, instant))

    @understood(_error)
    def values(
        self, place: str, series: RawSeries, start: int, end: int
    ) -> list[Value]:
        """Return all values in a range, in order of time; texts are NaN."""
        wanted = flux.of_series(series)
        return [
            value
            for spans in self._bundles(place, wanted, (start, end))
            for value in self._series(flux.values(place, wanted, spans)).each()
        ]

    @understood(_error)
    def reduced(
        self, place: str, series: RawSeries, start: int, end: int, step: int
    ) -> Reduced:
        """Return what matters of each step [s] of a range.

        As long as they fit in one answer, all values come sooner than the server
        reduces them.
        """
        wanted = flux.of_series(series)
        parts: list[Reduced] = []
        for spans in self._bundles(place, wanted, (start, end)):
            try:
                found = self._series(flux.values(place, wanted, spans))
            except LargeError:
                asked = (flux.reduced(place, wanted, span, step) for span in spans)
                parts += (_by_server(self._rows(query), step) for query in asked)
            else:
                parts.append(Reduced(found.telling(step * SECOND).each(), ()))
        return Reduced(
            [value for part in parts for value in part.values],
            [fall for part in parts for fall in part.falls],
        )

    @understood(_error)
    def points(
        self, place: str, measurement: str, meter_id: str, start: int
    ) -> list[Point]:
        """Return a meter's results from an instant on."""
        wanted = flux.of_meter(measurement, meter_id)
        fields: dict[tuple[str, int], dict[str, Field]] = {}
        now = max(start, time.time_ns())
        past = chain.from_iterable(self._bundles(place, wanted, (start, now)))
        # What lies ahead is little, and of one type.
        for _, row in chain.from_iterable(
            self._rows(flux.points(place, wanted, spans))
            for spans in bundles([*past, (now, FAR)])
        ):
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
        """Write points; an equal series and time replaces the fields.

        What the server can keep is kept; what it refuses is raised after that.
        """
        refused: list[InfluxError] = []
        with self._client.write_api(write_options=SYNCHRONOUS) as api:
            for start in range(0, len(points), _BATCH):
                try:
                    api.write(
                        bucket=place,
                        record=list(map(line, points[start : start + _BATCH])),
                        write_precision=WritePrecision.NS,
                    )
                except ApiException as error:
                    said = _of_status(error)
                    if said.key not in ("column", "retention"):
                        raise
                    refused.append(said)
        if refused:
            raise refused[0]

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
        return any(True for _ in self._rows(flux.untagged(place, measurement)))

    @understood(_error)
    def worded(self, place: str, measurement: str, field: str) -> list[str]:
        """Return the meters of which a measurement holds a text field."""
        found = self._rows(flux.worded(place, measurement, field))
        return [original(str(row.get("meter_id", ""))) for _, row in found]

    @understood(_error)
    def drop(self, place: str, measurement: str) -> None:
        """Delete all points of a measurement."""
        everything = Doomed(measurement=measurement, tags={}, times=(0, 2**62))
        self.delete(place, everything)

    def _bucket(self, name: str) -> Bucket | None:
        """Return a bucket of the organisation; a list of all comes in pages."""
        api: Any = self._client.buckets_api()
        try:
            found = api.find_buckets(name=name, **self._organisation).buckets
        except ApiException as error:
            if _of_status(error).key != "place":
                raise
            return None
        return next((one for one in found if one.name == name), None)

    def _bundles(self, place: str, wanted: str, span: Span) -> list[list[Span]]:
        """Return a range in parts in which fields have one type, many at one go.

        Of a long one what lies before the first value is left out.
        """
        start, end = span
        length = self._length(place)
        if end - start > length * AT_ONCE:
            rows = self._rows(flux.first(place, wanted, span))
            start = min((int(row["_time"]) for _, row in rows), default=end)
        return list(bundles(list(shards(start, end, length))))

    def _length(self, place: str) -> int:
        """Return how long the shards of a bucket are [ns]."""
        if place not in self._lengths:
            rule = _rule(self._bucket(place))
            length = rule.shard_group_duration_seconds if rule else None
            self._lengths[place] = length * SECOND if length else WEEK
        return self._lengths[place]

    def _last(self, place: str, wanted: str, span: Span) -> Value | None:
        """Return the last number of whatever type."""
        for spans in reversed(self._bundles(place, wanted, span)):
            if found := self._series(flux.lasts(place, wanted, spans)).numbers().each():
                return found[-1]
        return None

    def _answer(self, query: str) -> bytes:
        api: Any = self._client.query_api()
        answer: bytes = api.query_raw(query).data
        return answer

    def _rows(self, query: str) -> Iterator[tuple[str, Row]]:
        """Yield each row with the name of its result."""
        return annotated.rows(self._answer(query))

    def _series(self, query: str) -> ValueSeries:
        return annotated.series(self._answer(query))


def _rule(bucket: Bucket | None) -> BucketRetentionRules | None:
    """Return how long a bucket keeps points, where that can be seen."""
    return next(iter(bucket.retention_rules), None) if bucket else None


def _by_server(rows: Iterator[tuple[str, Row]], step: int) -> Reduced:
    """Return what a server made of its values."""
    ends: dict[int, Value] = {}
    falls: set[int] = set()
    for result, row in rows:
        value = Value(int(row["_time"]), float(row["_value"]))
        if result == "falls":
            falls.add(value.time - value.time % (step * SECOND))
        else:
            ends[value.time] = value
    return Reduced([ends[time] for time in sorted(ends)], sorted(falls))


def _extent(parts: list[tuple[str, Row]]) -> Extent:
    """Join the parts that a series is kept in."""
    return Extent(
        sum(int(row["_value"]) for result, row in parts if result == "count"),
        min(int(row["_time"]) for result, row in parts if result == "first"),
        max(int(row["_time"]) for result, row in parts if result == "last"),
    )
