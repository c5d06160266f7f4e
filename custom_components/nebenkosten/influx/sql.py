"""The SQL that asks servers of version 3.

Names of tables and columns go in through `identifier`, values and times as parameters;
times come back as integers [ns].
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from .flux import time
from .line_protocol import name
from .model import RawSeries

_TIME: Final = 'CAST(time AS BIGINT) AS "time"'
# An unsigned one would not become negative.
_NUMBER: Final = 'CAST("value" AS DOUBLE)'
_EXTENT: Final = (
    'count(*) AS "count", CAST(min(time) AS BIGINT) AS "first",'
    ' CAST(max(time) AS BIGINT) AS "last"'
)


@dataclass(frozen=True, slots=True)
class Question:
    """A statement, and what its parameters stand for."""

    text: str
    params: Mapping[str, str]


def identifier(text: str) -> str:
    """Return a name of a table or column, quoted."""
    return '"' + text.replace('"', '""') + '"'


def columns() -> Question:
    """Ask for the columns of all tables."""
    return Question(
        "SELECT table_name, column_name, data_type FROM information_schema.columns"
        " WHERE table_schema = 'iox'",
        {},
    )


def files(table: str) -> Question:
    """Ask from when until when [ns] a table has files; a new value is in none."""
    return Question(
        'SELECT min(min_time) AS "oldest", max(max_time) AS "newest"'
        " FROM system.parquet_files WHERE table_name = $table",
        {"table": name(table)},
    )


def found(unit: str, start: int, end: int) -> Question:
    """Ask how much the series of a unit hold in a range."""
    given = _given({}, start, end)
    return Question(
        f'SELECT "domain", "entity_id", {_EXTENT} {_from(unit, given)}'
        ' AND "value" IS NOT NULL GROUP BY "domain", "entity_id"',
        given,
    )


def extent(series: RawSeries, start: int, end: int) -> Question:
    """Ask how much a series holds in a range."""
    return _of(f"SELECT {_EXTENT}", series, start, end)


def before(series: RawSeries, start: int, end: int) -> Question:
    """Ask for the last value in a range."""
    return _of(
        f'SELECT {_TIME}, "value"', series, start, end, "ORDER BY time DESC LIMIT 1"
    )


def values(series: RawSeries, start: int, end: int) -> Question:
    """Ask for all values in a range, in order of time."""
    return _of(f'SELECT {_TIME}, "value"', series, start, end, "ORDER BY time")


def reduced(series: RawSeries, start: int, end: int, step: int) -> Question:
    """Ask for the ends of each step [s], and for the least use within it.

    A negative use is a fall; that of a range's first value is unknown.
    """
    uses = _of(
        'SELECT time, "value",'
        f' {_NUMBER} - lag({_NUMBER}) OVER (ORDER BY time) AS "use"',
        series,
        start,
        end,
    )
    ends = ", ".join(
        f'selector_{end}("value", time)[\'value\'] AS "{end}",'
        f' CAST(selector_{end}("value", time)[\'time\'] AS BIGINT) AS "{end}_time"'
        for end in ("first", "last")
    )
    step_of = f"date_bin(INTERVAL '{step} seconds', time)"
    asked = (
        f'SELECT CAST({step_of} AS BIGINT) AS "step", {ends}, min("use") AS "use"',
        f'FROM ({uses.text}) GROUP BY {step_of} ORDER BY "step"',
    )
    return Question(
        " ".join(asked),
        uses.params,
    )


def points(
    measurement: str, fields: Sequence[str], meter_id: str, start: int, end: int
) -> Question:
    """Ask for a meter's results in a range."""
    given = _given({"meter_id": meter_id}, start, end)
    wanted = ", ".join((_TIME, *map(identifier, fields)))
    return Question(f"SELECT {wanted} {_from(measurement, given)}", given)


def untagged(measurement: str, start: int, end: int) -> Question:
    """Ask for a point of a range that has no unit."""
    given = _given({"unit": ""}, start, end)
    return Question(f"SELECT {_TIME} {_from(measurement, given)} LIMIT 1", given)


def worded(measurement: str, field: str, start: int, end: int) -> Question:
    """Ask for the meters of which a range holds a text that says something."""
    given = _given({}, start, end)
    return Question(
        f'SELECT DISTINCT "meter_id" {_from(measurement, given)}'
        f" AND {identifier(name(field))} <> ''",
        given,
    )


def _of(
    select: str, series: RawSeries, start: int, end: int, order: str = ""
) -> Question:
    tags = {"domain": series.domain, "entity_id": series.entity_id}
    given = _given(tags, start, end)
    source = _from(series.unit, given)
    return Question(f'{select} {source} AND "value" IS NOT NULL {order}', given)


def _given(tags: Mapping[str, str], start: int, end: int) -> dict[str, str]:
    shown = {key: name(value) if value else "" for key, value in tags.items()}
    return {**shown, "start": time(start), "end": time(end)}


def _from(table: str, given: Mapping[str, str]) -> str:
    """Return the table and the condition that parameters make; no tag is null."""
    wanted = [
        f"{identifier(key)} = ${key}"
        if value
        else f"({identifier(key)} IS NULL OR {identifier(key)} = ${key})"
        for key, value in given.items()
        if key not in ("start", "end")
    ]
    wanted += ["time >= $start", "time < $end"]
    return f"FROM {identifier(name(table))} WHERE {' AND '.join(wanted)}"
