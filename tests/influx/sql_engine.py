"""Tables of an InfluxDB 3: the engine is the one that the real server has.

https://datafusion.apache.org/ plans and answers; what the server adds to it is here:
types of columns, a key of all tags, selectors, files and their limit.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping
import re
from typing import Any, Final

from datafusion import SessionConfig, SessionContext, SQLOptions
from datafusion.catalog import Schema
import pyarrow as pa

_SECOND: Final = 1_000_000_000
_TIME: Final = pa.timestamp("ns")
_TYPES: Final = {
    "tag": pa.dictionary(pa.int32(), pa.string()),
    "field::float": pa.float64(),
    "field::integer": pa.int64(),
    "field::uinteger": pa.uint64(),
    "field::string": pa.string(),
    "field::boolean": pa.bool_(),
}
# What the server adds to the engine's functions.
_SELECTOR: Final = re.compile(r"selector_(first|last)\(([^,()]+), time\)")
_SELECTED: Final = (
    r"named_struct('value', \1_value(\2 ORDER BY time),"
    r" 'time', \1_value(time ORDER BY time))"
)
_BOUND: Final = re.compile(r"time (>=|>|<=|<) TimestampNanosecond\((-?\d+), None\)")
_NO_CHANGES: Final = (
    SQLOptions()
    .with_allow_ddl(allow=False)
    .with_allow_dml(allow=False)
    .with_allow_statements(allow=False)
)

type _Row = dict[str, Any]
type _Key = tuple[tuple[tuple[str, str], ...], int]


class QueryError(Exception):
    """A question that the server refuses, with its words."""


class ColumnError(Exception):
    """A value that does not fit its column, with the server's words."""


class _Files:
    """The files of a table: each holds a span of time."""

    def __init__(self, width: int) -> None:
        """Begin without one; `width` is the span [ns]."""
        self._width = width
        self._known: dict[int, tuple[int, int, int]] = {}
        self._sorted: list[int] = []

    def add(self, time: int) -> None:
        """Put a row into its file."""
        number = time // self._width
        count, oldest, newest = self._known.get(number, (0, time, time))
        self._known[number] = count + 1, min(oldest, time), max(newest, time)

    def touched(self, start: int, end: int) -> int:
        """Return how many hold something of a range."""
        if len(self._sorted) != len(self._known):
            self._sorted = sorted(self._known)
        first = bisect_left(self._sorted, start // self._width)
        return bisect_left(self._sorted, -(-end // self._width)) - first

    def rows(self) -> Iterator[tuple[int, int, int]]:
        """Yield the number of rows, the first and last time of each."""
        yield from self._known.values()


class _Table:
    def __init__(self, width: int) -> None:
        self.columns: dict[str, str] = {}
        self.rows: dict[_Key, _Row] = {}
        self.files = _Files(width)
        self.unsaved: list[int] = []

    def put(
        self, tags: Mapping[str, str], fields: Mapping[str, Any], time: int
    ) -> None:
        """Keep a line: the same tags and time replace its fields."""
        kinds = dict.fromkeys(tags, "tag") | {k: _kind(v) for k, v in fields.items()}
        for name, kind in kinds.items():
            known = self.columns.get(name, kind)
            if known != kind:
                raise ColumnError(
                    f"invalid column type for column '{name}', expected"
                    f" iox::column_type::{known}, got iox::column_type::{kind}"
                )
        self.columns |= kinds
        key = (tuple(sorted(tags.items())), time)
        self.rows[key] = self.rows.get(key, {}) | {**tags, **fields, "time": time}
        self.unsaved.append(time)

    def save(self) -> None:
        """Write what has come so far into files."""
        for time in self.unsaved:
            self.files.add(time)
        self.unsaved.clear()

    def batches(self) -> list[pa.RecordBatch]:
        rows = list(self.rows.values())
        kinds = {"time": _TIME} | {k: _TYPES[kind] for k, kind in self.columns.items()}
        columns = [
            pa.array([row.get(name) for row in rows], kind)
            for name, kind in kinds.items()
        ]
        return [pa.record_batch(columns, schema=pa.schema(kinds.items()))]


def _kind(value: Any) -> str:
    names = {bool: "boolean", int: "integer", float: "float", str: "string"}
    return f"field::{names[type(value)]}"


class Database:
    """Tables that are asked in SQL; each file holds `width` [s] of one table."""

    def __init__(self, *, limit: int, width: int) -> None:
        """Begin empty; a question may touch `limit` files."""
        self.limit = limit
        self._width = width * _SECOND
        self._tables: dict[str, _Table] = {}
        self._context: SessionContext | None = None

    def put(
        self, table: str, tags: Mapping[str, str], fields: Mapping[str, Any], time: int
    ) -> None:
        """Keep a line; raises ColumnError."""
        self._context = None
        found = self._tables.get(table) or _Table(self._width)
        found.put(tags, fields, time)
        self._tables[table] = found

    def save(self) -> None:
        """Write what has come so far into files."""
        self._context = None
        for table in self._tables.values():
            table.save()

    def drop(self, table: str) -> bool:
        """Take a table away; returns whether there was one."""
        self._context = None
        return self._tables.pop(table, None) is not None

    def ask(self, query: str, params: Mapping[str, Any]) -> list[_Row]:
        """Return the rows of an answer, without their nulls; raises QueryError."""
        known = _SELECTOR.sub(_SELECTED, query)
        context = self._context = self._context or self._prepared()
        try:
            asked = context.sql_with_options(known, _NO_CHANGES, dict(params))
            self._check_files(asked.optimized_logical_plan().display_indent())
            rows = asked.to_arrow_table().to_pylist()
        except QueryError:
            raise
        except Exception as error:
            raise QueryError(str(error)) from error
        return [{k: v for k, v in row.items() if v is not None} for row in rows]

    def _check_files(self, plan: str) -> None:
        start, end = -(2**63), 2**63
        for sign, text in _BOUND.findall(plan):
            if sign[0] == ">":
                start = max(start, int(text) + (sign == ">"))
            else:
                end = min(end, int(text) + (sign == "<="))
        touched = sum(
            table.files.touched(start, end)
            for name, table in self._tables.items()
            if f"TableScan: {name} " in plan
        )
        if touched > self.limit:
            raise QueryError(
                f"Query would exceed file limit of {self.limit} parquet files."
                " Please specify a smaller time range for your query."
            )

    def _prepared(self) -> SessionContext:
        context = SessionContext(
            SessionConfig()
            .with_default_catalog_and_schema("public", "iox")
            .with_information_schema(enabled=True)
            .with_target_partitions(1)
        )
        context.catalog("public").register_schema("system", Schema.memory_schema())
        for name, table in self._tables.items():
            quoted = '"' + name.replace('"', '""') + '"'
            context.register_record_batches(quoted, [table.batches()])
        context.register_record_batches("system.parquet_files", [self._listed()])
        return context

    def _listed(self) -> list[pa.RecordBatch]:
        rows = [
            (name, *file)
            for name, table in self._tables.items()
            for file in table.files.rows()
        ]
        names = ("table_name", "row_count", "min_time", "max_time")
        kinds = (pa.string(), pa.int64(), pa.int64(), pa.int64())
        columns = [
            pa.array([row[number] for row in rows], kind)
            for number, kind in enumerate(kinds)
        ]
        return [pa.record_batch(columns, names=list(names))]
