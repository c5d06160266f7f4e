"""Speaks SQL: version 3."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain, islice
from typing import Final

from . import sql
from .connection import Connection, InfluxError
from .line_protocol import line, name, original
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
from .sql_api import Row, SqlApi, error_of
from .understood import understood
from .windows import Windows

# The server answers a write once its log is flushed, which takes a second.
_BATCH: Final = 50_000
# More of them are asked for in parts of their time.
_LARGEST: Final = 1_000_000
_NUMBERS: Final = ("Float64", "Int64", "UInt64")
# A multiple of every step; borders of windows are some of it.
_HOUR: Final = 3600 * SECOND
# Of a series that has more values it does not matter how many.
_ENOUGH: Final = 12_000
# Windows of each unit that are looked through for series, the newest first.
_LOOKED: Final = 48

type _Columns = dict[str, str]
type _Asking = Callable[[int, int], sql.Question]


class SqlServer:
    """A server of version 3."""

    def __init__(self, connection: Connection) -> None:
        """Prepare; nothing is asked yet."""
        self._api = SqlApi(connection)
        self._windows: dict[tuple[str, str], Windows] = {}

    def close(self) -> None:
        """Let go of the server."""
        self._api.close()

    @understood(error_of)
    def place(self, place: str) -> Place | None:
        """Return a database that may be seen."""
        return Place() if place in self._api.databases() else None

    @understood(error_of)
    def create(self, place: str) -> None:
        """Make a database."""
        self._api.make_database(place)

    @understood(error_of)
    def may_write(self, place: str) -> None:
        """Raise InfluxError where nothing may be written; changes nothing.

        Nothing is what is written: the token is looked at before that is refused.
        """
        self._must_exist(place)
        try:
            self._api.write(place, "")
        except InfluxError as error:
            if error.key != "refused":
                raise

    @understood(error_of)
    def found(self, place: str, units: Sequence[str]) -> list[tuple[RawSeries, Extent]]:
        """Return the series measured in these units, as far back as is looked."""
        tables = self._tables(place)
        known: dict[RawSeries, Extent] = {}
        for unit in units:
            if not _holds_series(tables.get(name(unit), {})):
                continue
            question = partial(sql.found, unit)
            looked = self._back(place, unit, 0, FAR, question)
            for row in chain.from_iterable(islice(looked, _LOOKED)):
                series = RawSeries(
                    unit,
                    original(row.get("domain") or ""),
                    original(row.get("entity_id") or ""),
                )
                known[series] = _joined(known.get(series), _extent(row))
        return list(known.items())

    @understood(error_of)
    def extent(self, place: str, series: RawSeries, start: int, end: int) -> Extent:
        """Return how much a series holds in a range.

        Of more than enough values the newest are counted, and the first may be where
        the table's files begin: to count all would take as long as to read them.
        """
        if not self._readable(place, series):
            return Extent(0, 0, 0)
        question = partial(sql.extent, series)
        found: Extent | None = None
        for (row,) in self._back(place, series.unit, start, end, question):
            if row["count"]:
                found = _joined(found, _extent(row))
            if found and found.count > _ENOUGH:
                first = self._beginning(place, series, start, end)
                return replace(found, first=min(first, found.first))
        return found or Extent(0, 0, 0)

    def _beginning(self, place: str, series: RawSeries, start: int, end: int) -> int:
        """Return where the files of a range begin, or an earlier value in none."""
        (_, since, until), *_ = self._parts(place, series.unit, start, end)
        (row,) = self._api.ask(place, sql.extent(series, since, until))
        return int(row["first"]) if row["count"] else until

    @understood(error_of)
    def before(self, place: str, series: RawSeries, instant: int) -> Value | None:
        """Return the last value before an instant."""
        if not self._readable(place, series):
            return None
        question = partial(sql.before, series)
        answers = self._back(place, series.unit, 0, instant, question)
        return next((_value(rows[0]) for rows in answers if rows), None)

    @understood(error_of)
    def values(
        self, place: str, series: RawSeries, start: int, end: int
    ) -> list[Value]:
        """Return all values in a range, in order of time."""
        if not self._readable(place, series):
            return []
        question = partial(sql.values, series)
        found: list[Value] = []
        for rows in self._walk(place, series.unit, start, end, question):
            found += map(_value, rows)
            if len(found) > _LARGEST:
                raise InfluxError("large", f"> {_LARGEST} values")
        return found

    @understood(error_of)
    def reduced(
        self, place: str, series: RawSeries, start: int, end: int, step: int
    ) -> Reduced:
        """Return what matters of each step [s] of a range; the server does the work."""
        if not self._readable(place, series):
            return Reduced((), ())
        values: list[Value] = []
        falls: list[int] = []
        question = partial(sql.reduced, series, step=step)
        for rows in self._walk(place, series.unit, start, end, question):
            for row in rows:
                first = Value(row["first_time"], float(row["first"]))
                last = Value(row["last_time"], float(row["last"]))
                # A window's first value has no neighbour within it.
                fallen = bool(values) and first.value < values[-1].value
                if fallen or (row.get("use") or 0) < 0:
                    falls.append(row["step"])
                values += (first,) if first == last else (first, last)
        return Reduced(values, falls)

    @understood(error_of)
    def points(
        self, place: str, measurement: str, meter_id: str, start: int
    ) -> list[Point]:
        """Return a meter's results from an instant on."""
        columns = self._tables(place).get(name(measurement), {})
        if "meter_id" not in columns:
            return []
        kept = [one for one in columns if one != "time"]
        question = partial(sql.points, measurement, kept, meter_id)
        return [
            _point(measurement, columns, row)
            for rows in self._walk(place, measurement, start, FAR, question)
            for row in rows
        ]

    @understood(error_of)
    def write(self, place: str, points: Sequence[Point]) -> None:
        """Write points; an equal series and time replaces the fields.

        What the server can keep is kept; what it refuses is raised after that.
        """
        if not points:
            return
        # A write would make a database that has been taken away.
        self._must_exist(place)
        refused: InfluxError | None = None
        for start in range(0, len(points), _BATCH):
            lines = "\n".join(map(line, points[start : start + _BATCH]))
            try:
                self._api.write(place, lines)
            except InfluxError as error:
                if error.key != "column":
                    raise
                refused = refused or error
        if refused:
            raise refused

    def delete(self, _place: str, _doomed: Doomed) -> bool:
        """Return False: the server deletes no rows."""
        return False

    @understood(error_of)
    def untagged(self, place: str, measurement: str) -> bool:
        """Return whether a measurement holds points without a unit."""
        columns = self._tables(place).get(name(measurement))
        if columns is None:
            return False
        if "unit" not in columns:
            return True
        question = partial(sql.untagged, measurement)
        return any(self._walk(place, measurement, 0, FAR, question))

    @understood(error_of)
    def worded(self, place: str, measurement: str, field: str) -> list[str]:
        """Return the meters of which a measurement holds a text field."""
        columns = self._tables(place).get(name(measurement), {})
        if columns.get(name(field)) != "Utf8" or "meter_id" not in columns:
            return []
        question = partial(sql.worded, measurement, field)
        answers = self._walk(place, measurement, 0, FAR, question)
        found = (row.get("meter_id") or "" for rows in answers for row in rows)
        return [original(meter) for meter in dict.fromkeys(found)]

    @understood(error_of)
    def drop(self, place: str, measurement: str) -> None:
        """Delete all points of a measurement."""
        table = name(measurement)
        if table in self._tables(place):
            self._api.drop_table(place, table)

    def _must_exist(self, place: str) -> None:
        if place not in self._api.databases():
            raise InfluxError("place", place)

    def _readable(self, place: str, series: RawSeries) -> bool:
        """Return whether there is such a series; raises where it holds no numbers."""
        columns = self._tables(place).get(name(series.unit), {})
        if not _holds_series(columns):
            return False
        if columns["value"] not in _NUMBERS:
            raise InfluxError("column", f"{series.unit}: value ({columns['value']})")
        return True

    def _tables(self, place: str) -> dict[str, _Columns]:
        """Return the types of all columns of all tables."""
        tables: dict[str, _Columns] = {}
        for row in self._api.ask(place, sql.columns()):
            columns = tables.setdefault(row["table_name"], {})
            columns[row["column_name"]] = row["data_type"]
        return tables

    def _walk(
        self, place: str, table: str, start: int, end: int, question: _Asking
    ) -> Iterator[list[Row]]:
        """Yield the answers of all windows of a range, the oldest first."""
        ask = self._asker(place, question)
        for windows, since, until in self._parts(place, table, start, end):
            yield from windows.forward(since, until, _HOUR, ask)

    def _back(
        self, place: str, table: str, start: int, end: int, question: _Asking
    ) -> Iterator[list[Row]]:
        """Yield the answers of all windows of a range, the newest first."""
        ask = self._asker(place, question)
        for windows, since, until in reversed(self._parts(place, table, start, end)):
            yield from windows.backward(since, until, _HOUR, ask)

    def _parts(
        self, place: str, table: str, start: int, end: int
    ) -> list[tuple[Windows, int, int]]:
        """Return the parts of a range before, within and after a table's files.

        Only what is within can be refused, but values are beyond, too: what was written
        lately is in no file.
        """
        (row,) = self._api.ask(place, sql.files(table))
        oldest, newest = row.get("oldest"), row.get("newest")
        if oldest is None or newest is None:
            return [(Windows(), start, end)]
        opening = min(max(oldest - oldest % _HOUR, start), end)
        closing = min(max(newest + _HOUR - newest % _HOUR, start), end)
        within = self._windows.setdefault((place, table), Windows())
        return [
            (Windows(), start, opening),
            (within, opening, closing),
            (Windows(), closing, end),
        ]

    def _asker(self, place: str, question: _Asking) -> Callable[[int, int], list[Row]]:
        return lambda start, end: self._api.ask(place, question(start, end))


def _holds_series(columns: _Columns) -> bool:
    return {"value", "domain", "entity_id"} <= columns.keys()


def _value(row: Row) -> Value:
    return Value(row["time"], float(row["value"]))


def _extent(row: Row) -> Extent:
    return Extent(row["count"], row["first"], row["last"])


def _joined(one: Extent | None, other: Extent) -> Extent:
    if one is None:
        return other
    return Extent(
        one.count + other.count,
        min(one.first, other.first),
        max(one.last, other.last),
    )


def _point(measurement: str, columns: _Columns, row: Row) -> Point:
    """Return a point: the tags of a table are its dictionaries, null is nothing."""
    tags: dict[str, str] = {}
    fields: dict[str, Field] = {}
    for key, value in row.items():
        if key == "time" or value in (None, ""):
            continue
        if columns[key].startswith("Dictionary"):
            tags[original(key)] = original(value)
        else:
            fields[original(key)] = value
    return Point(measurement=measurement, tags=tags, fields=fields, time=row["time"])
