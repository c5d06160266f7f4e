"""Answers the few things that we ask in Flux, from the official parser's tree."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from itertools import pairwise
import re
import time
from typing import Any

type Row = dict[str, Any]
type Table = list[Row]
type Node = dict[str, Any]

_SECOND = 1_000_000_000
_LATEST = 2**63 - 1
_KINDS = {int: "integer", float: "float", str: "string"}


class FluxError(Exception):
    """What a server refuses, in its words."""


def kind_of(row: Row) -> str:
    """Return the type of a row's value."""
    return _KINDS[type(row["_value"])]


def run(
    tree: Node, buckets: dict[str, list[Row]], *, lists: bool = True
) -> dict[str, list[Table]]:
    """Return the tables of each result; raises FluxError, KeyError for a bucket.

    `lists` tells whether all buckets may be listed.
    """
    if not lists and "buckets" in _called(tree):
        raise KeyError("")
    names: dict[str, list[Table]] = {}
    results: dict[str, list[Table]] = {}
    for statement in tree["body"]:
        if statement["type"] == "VariableAssignment":
            names[statement["id"]["name"]] = _tables(
                statement["init"], names, buckets, results
            )
        else:
            tables = _tables(statement["expression"], names, buckets, results)
            if not results or "_last" not in results:
                results.setdefault("_result", tables)
            results.pop("_last", None)
    if len(results) > 1:
        results.pop("_result", None)
    return results


def _called(node: Any) -> set[str]:
    """Return which functions a query calls."""
    if isinstance(node, list):
        return {name for one in node for name in _called(one)}
    if not isinstance(node, dict):
        return set()
    found = {name for one in node.values() for name in _called(one)}
    if node.get("type") == "CallExpression":
        found.add(node["callee"]["name"])
    return found


def _tables(
    node: Node,
    names: dict[str, list[Table]],
    buckets: dict[str, list[Row]],
    results: dict[str, list[Table]],
) -> list[Table]:
    if node["type"] == "Identifier":
        return names[node["name"]]
    if node["type"] == "CallExpression" and node["callee"]["name"] == "buckets":
        return [[{"name": name} for name in buckets]]
    if node["type"] == "CallExpression":
        return _series(buckets[_arguments(node)["bucket"]["value"]])
    assert node["type"] == "PipeExpression"
    before = _tables(node["argument"], names, buckets, results)
    call = node["call"]
    arguments = _arguments(call)
    name = call["callee"]["name"]
    if name == "yield":
        results[arguments["name"]["value"]] = before
        results["_last"] = before
        return before
    return _STEPS[name](before, arguments)


def _arguments(call: Node) -> dict[str, Node]:
    return {
        one["key"]["name"]: one["value"]
        for group in call.get("arguments", ())
        for one in group["properties"]
    }


def _by(rows: Iterable[Row], key: Callable[[Row], Any]) -> list[Table]:
    groups: dict[Any, Table] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return list(groups.values())


def _series(rows: list[Row]) -> list[Table]:
    hidden = ("_time", "_value")
    return _by(
        sorted(rows, key=lambda row: row["_time"]),
        lambda row: tuple(sorted((k, v) for k, v in row.items() if k not in hidden)),
    )


def _instant(node: Node) -> int:
    text = node["value"]
    match = re.fullmatch(r"([^.]*?)(?:\.(\d+))?(Z|\+00:00)", text)
    assert match, text
    whole = datetime.fromisoformat(match[1]).replace(tzinfo=UTC)
    return int(whole.timestamp()) * _SECOND + int((match[2] or "").ljust(9, "0"))


def _range(tables: list[Table], arguments: dict[str, Node]) -> list[Table]:
    """Return what lies in a range; of a series only values of the oldest one's type."""
    start = _instant(arguments["start"])
    stop = _instant(arguments["stop"]) if "stop" in arguments else time.time_ns()
    if start >= stop or stop > _LATEST:
        begin = "error in building plan while starting program"
        raise FluxError(f"{begin}: cannot query an empty range")
    inside = [[r for r in table if start <= r["_time"] < stop] for table in tables]
    return [_of_one_type(table) for table in inside if table]


def _of_one_type(table: Table) -> Table:
    """Leave out, without a word, what is of another type than the oldest value."""
    valued = [row for row in table if "_value" in row]
    if not valued:
        return table
    kind = kind_of(min(valued, key=lambda row: row.get("_time", 0)))
    return [row for row in table if "_value" not in row or kind_of(row) == kind]


def _grouped(tables: list[Table]) -> list[Table]:
    hidden = ("_time", "_value")
    rows = [row for table in tables for row in table]
    return _by(
        rows,
        lambda row: tuple(sorted((k, v) for k, v in row.items() if k not in hidden)),
    )


def _filter(tables: list[Table], arguments: dict[str, Node]) -> list[Table]:
    body = arguments["fn"]["body"]
    return [[row for row in table if _holds(body, row)] for table in tables]


def _holds(node: Node, row: Row) -> Any:
    return _VALUES[node["type"]](node, row)


def _logical(node: Node, row: Row) -> Any:
    if node["operator"] == "and":
        return _holds(node["left"], row) and _holds(node["right"], row)
    return _holds(node["left"], row) or _holds(node["right"], row)


def _unary(node: Node, row: Row) -> bool:
    value = _holds(node["argument"], row)
    return value is not None if node["operator"] == "exists" else not value


def _binary(node: Node, row: Row) -> bool:
    left, right = _holds(node["left"], row), _holds(node["right"], row)
    if left is None:
        return False
    return bool(left == right if node["operator"] == "==" else left < right)


def _member(node: Node, row: Row) -> Any:
    name = node["property"]
    return row.get(name["name"] if name["type"] == "Identifier" else name["value"])


_VALUES: dict[str, Callable[[Node, Row], Any]] = {
    "ParenExpression": lambda node, row: _holds(node["expression"], row),
    "LogicalExpression": _logical,
    "UnaryExpression": _unary,
    "BinaryExpression": _binary,
    "MemberExpression": _member,
    "FloatLiteral": lambda node, _: float(node["value"]),
    "StringLiteral": lambda node, _: node["value"],
}


def _columns(arguments: dict[str, Node]) -> list[str]:
    listed = arguments.get("columns", {"elements": []})["elements"]
    return [
        one["expression"]["value"] if "expression" in one else one["value"]
        for one in listed
    ]


def _keep(tables: list[Table], arguments: dict[str, Node]) -> list[Table]:
    kept = set(_columns(arguments))
    rows = [[{k: v for k, v in r.items() if k in kept} for r in t] for t in tables]
    return [_of_one_type(table) for table in _grouped(rows)]


def _group(tables: list[Table], _arguments: dict[str, Node]) -> list[Table]:
    rows = [row for table in tables for row in table]
    if len(found := {kind_of(row) for row in rows}) > 1:
        one, other = sorted(found)
        said = f"schema collision: cannot group {other} and {one} types together"
        raise FluxError(said)
    return [rows]


def _aggregate_window(tables: list[Table], arguments: dict[str, Node]) -> list[Table]:
    assert arguments["fn"]["name"] == "sum"
    for table in tables:
        if any(kind_of(row) == "string" for row in table):
            raise FluxError("unsupported input type for sum aggregate: string")
    windows = _window(tables, arguments)
    return [[{**w[-1], "_value": sum(r["_value"] for r in w)}] for w in windows if w]


def _window(tables: list[Table], arguments: dict[str, Node]) -> list[Table]:
    ((value, unit),) = (
        (one["magnitude"], one["unit"]) for one in arguments["every"]["values"]
    )
    every = int(value) * {"s": 1, "h": 3600, "d": 86400}[unit] * _SECOND
    return [
        window
        for table in tables
        for window in _by(table, lambda row: row["_time"] // every)
    ]


def _difference(tables: list[Table], _arguments: dict[str, Node]) -> list[Table]:
    if any(kind_of(row) == "string" for table in tables for row in table):
        raise FluxError("unsupported input type for difference: string")
    return [
        [
            {**after, "_value": after["_value"] - before["_value"]}
            for before, after in pairwise(table)
        ]
        for table in tables
    ]


def _count(tables: list[Table], _arguments: dict[str, Node]) -> list[Table]:
    return [
        [{k: v for k, v in t[0].items() if k != "_time"} | {"_value": len(t)}]
        for t in tables
        if t
    ]


_STEPS: dict[str, Callable[[list[Table], dict[str, Node]], list[Table]]] = {
    "range": _range,
    "filter": _filter,
    "keep": _keep,
    "group": _group,
    "aggregateWindow": _aggregate_window,
    "window": _window,
    "difference": _difference,
    "count": _count,
    "first": lambda tables, _: [table[:1] for table in tables],
    "last": lambda tables, _: [table[-1:] for table in tables],
}
