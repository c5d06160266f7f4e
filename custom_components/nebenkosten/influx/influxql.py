"""The InfluxQL that servers of version 1 are asked with.

Names and texts go in through `identifier` and `literal`, times as integers.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from .line_protocol import name
from .model import Doomed, RawSeries

_IDENTIFIER: Final = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})
_LITERAL: Final = str.maketrans({"\\": "\\\\", "'": "\\'", "\n": "\\n"})


def identifier(text: str) -> str:
    """Return a name of a measurement, tag or database, quoted."""
    return f'"{text.translate(_IDENTIFIER)}"'


def literal(text: str) -> str:
    """Return a text, quoted."""
    return f"'{text.translate(_LITERAL)}'"


def create(place: str) -> str:
    """Make a database."""
    return f"CREATE DATABASE {identifier(place)}"


def found(units: Sequence[str]) -> tuple[str, str, str]:
    """Ask for the first and last value, and the number, of all series of units."""
    measurements = ", ".join(identifier(name(unit)) for unit in units)
    return _three(f'{measurements} GROUP BY "domain", "entity_id"')


def extent(series: RawSeries, start: int, end: int) -> tuple[str, str, str]:
    """Ask for the first and last value, and the number, in a range."""
    return _three(_within(series, start, end))


def first(series: RawSeries, start: int, end: int) -> str:
    """Ask for the first value in a range."""
    return _select('FIRST("value")', _within(series, start, end))


def before(series: RawSeries, instant: int) -> str:
    """Ask for the last value before an instant."""
    return _select('LAST("value")', f"{_of(series)} AND time < {instant}")


def values(series: RawSeries, start: int, end: int) -> str:
    """Ask for all values in a range."""
    return _select('"value"', _within(series, start, end))


def reduced(series: RawSeries, start: int, end: int, step: int) -> tuple[str, str]:
    """Ask for the ends of each step [s], and for what tells when these were.

    Selectors lose their times in groups; the distances between neighbours, added up
    from the first value on, give them back. A negative difference is a fall.
    """
    span = f"time >= {start} AND time < {end}"
    every = f"{span} GROUP BY time({step}s) fill(none)"
    gaps = _select(
        'ELAPSED("value", 1ns) AS "gap", DIFFERENCE("value") AS "use"',
        _within(series, start, end),
    )
    return (
        _select('FIRST("value"), LAST("value")', f"{_of(series)} AND {every}"),
        _select('FIRST("gap"), SUM("gap"), MIN("use")', f"({gaps}) WHERE {every}"),
    )


def points(measurement: str, meter_id: str, start: int) -> str:
    """Ask for a meter's results from an instant on."""
    source = f"{identifier(measurement)} WHERE {_tag('meter_id', meter_id)}"
    return _select("*", f"{source} AND time >= {start} GROUP BY *")


def delete(doomed: Doomed) -> str:
    """Delete points of one series."""
    span = f"time >= {doomed.first} AND time <= {doomed.last}"
    return f"{drop(doomed.measurement)} WHERE {_tags(doomed.tags)} AND {span}"


def untagged(measurement: str) -> str:
    """Ask for a point that has no unit."""
    source = f"{identifier(measurement)} WHERE {_tag('unit', '')}"
    return _select('FIRST("value")', source)


def worded(measurement: str, field: str) -> str:
    """Ask for the first text of a field, of each meter."""
    source = f'{identifier(measurement)} GROUP BY "meter_id"'
    return _select(f"FIRST({identifier(field)})", source)


def drop(measurement: str) -> str:
    """Delete all points of a measurement."""
    return " ".join(("DELETE FROM", identifier(name(measurement))))


def _select(what: str, source: str) -> str:
    return " ".join(("SELECT", what, "FROM", source))


def _three(source: str) -> tuple[str, str, str]:
    return (
        _select('FIRST("value")', source),
        _select('LAST("value")', source),
        _select('COUNT("value")', source),
    )


def _within(series: RawSeries, start: int, end: int) -> str:
    return f"{_of(series)} AND time >= {start} AND time < {end}"


def _of(series: RawSeries) -> str:
    tags = {"domain": series.domain, "entity_id": series.entity_id}
    return f"{identifier(name(series.unit))} WHERE {_tags(tags)}"


def _tags(tags: Mapping[str, str]) -> str:
    return " AND ".join(_tag(key, value) for key, value in tags.items())


def _tag(key: str, value: str) -> str:
    return f"{identifier(key)} = {literal(name(value))}"
