"""Answers what dashboards ask of results: in Flux beside our own questions, in SQL."""

from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime
import sqlite3
from statistics import fmean
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

from custom_components.nebenkosten.influx.model import SECOND, Point

from . import flux_engine
from .flux_engine import Node, Row, Table

_AGGREGATES: dict[str, Callable[[Sequence[float]], float]] = {"sum": sum, "mean": fmean}
_WEEK = 7 * 86_400


def in_flux(tree: Node, bucket: str, points: Sequence[Point]) -> list[Row]:
    """Return the rows that a query's only result has."""
    zone = ZoneInfo("UTC")
    body: list[Node] = []
    for statement in tree["body"]:
        if statement["type"] == "OptionStatement":
            ((given,),) = (
                one["properties"]
                for one in statement["assignment"]["init"]["arguments"]
            )
            zone = ZoneInfo(given["value"]["value"])
        else:
            body.append(statement)

    def aggregate(tables: list[Table], arguments: dict[str, Node]) -> list[Table]:
        return _windows(tables, arguments, zone)

    steps = {"aggregateWindow": aggregate, "pivot": _pivot, "drop": _drop}
    rows = [
        {
            "_measurement": point.measurement,
            "_time": point.time,
            "_field": field,
            "_value": value,
            **point.tags,
        }
        for point in points
        for field, value in point.fields.items()
    ]
    with patch.dict(flux_engine._STEPS, steps):
        (tables,) = flux_engine.run({**tree, "body": body}, {bucket: rows}).values()
    return [row for table in tables for row in table]


def _windows(
    tables: list[Table], arguments: dict[str, Node], zone: ZoneInfo
) -> list[Table]:
    """Aggregate weeks or months; a text is refused, as servers do."""
    ((every,),) = (arguments["every"]["values"],)
    aggregate = _AGGREGATES[arguments["fn"]["name"]]

    def window(row: Row) -> Any:
        seconds = row["_time"] // SECOND
        if (every["magnitude"], every["unit"]) == (1, "mo"):
            moment = datetime.fromtimestamp(seconds, zone)
            return moment.year, moment.month
        assert (every["magnitude"], every["unit"]) == (1, "w")
        return seconds // _WEEK

    return [
        [
            {**group[0], "_value": aggregate([row["_value"] for row in group])}
            for group in flux_engine._by(table, window)
        ]
        for table in tables
    ]


def _drop(tables: list[Table], arguments: dict[str, Node]) -> list[Table]:
    columns = set(flux_engine._columns(arguments))
    return [
        [{k: v for k, v in r.items() if k not in columns} for r in t] for t in tables
    ]


def _pivot(tables: list[Table], arguments: dict[str, Node]) -> list[Table]:
    """Join rows of a time and equal tags; a missing column is none."""
    assert flux_engine._columns({"columns": arguments["rowKey"]}) == ["_time"]
    joined: dict[Any, Row] = {}
    for row in (row for table in tables for row in table):
        rest = {k: v for k, v in row.items() if k not in ("_field", "_value")}
        found = joined.setdefault(tuple(sorted(rest.items())), rest)
        found[row["_field"]] = row["_value"]
    return [list(joined.values())]


def in_sql(query: str, points: Sequence[Point]) -> list[dict[str, Any]]:
    """Return the rows of an answer; times are texts in UTC, as in the queries."""
    with closing(sqlite3.connect(":memory:")) as database:
        database.row_factory = sqlite3.Row
        for name in {point.measurement for point in points}:
            mine = [point for point in points if point.measurement == name]
            columns = sorted({key for p in mine for key in (*p.tags, *p.fields)})
            listed = ", ".join(f'"{column}"' for column in columns)
            database.execute(f'CREATE TABLE "{name}" (time, {listed})')
            marks = ", ".join("?" * (len(columns) + 1))
            database.executemany(
                f'INSERT INTO "{name}" VALUES ({marks})',
                [
                    (_text(p.time), *({**p.tags, **p.fields}.get(c) for c in columns))
                    for p in mine
                ],
            )
        return [dict(row) for row in database.execute(query)]


def _text(time: int) -> str:
    return f"{datetime.fromtimestamp(time // SECOND, UTC):%Y-%m-%dT%H:%M:%SZ}"
