"""Which Flux asks servers of version 2 for what?

Texts go in through `text`, times through `time`; every query keeps few columns.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from .line_protocol import name
from .model import Doomed, RawSeries

_TEXT: Final = str.maketrans(
    {
        "\\": "\\\\",
        '"': '\\"',
        "$": "\\x24",
        "\n": "\\n",
        "\r": "\\r",
        "\t": "\\t",
        "\0": "\\x00",
    }
)
_SECOND: Final = 1_000_000_000
_ONE_TABLE: Final = 'group() |> sort(columns: ["_time"])'


def text(content: str) -> str:
    """Return a text literal; what would begin an expression in it is escaped."""
    return f'"{content.translate(_TEXT)}"'


def time(instant: int) -> str:
    """Return an instant [ns] as a time literal."""
    whole, rest = divmod(instant, _SECOND)
    return f"{datetime.fromtimestamp(whole, UTC):%Y-%m-%dT%H:%M:%S}.{rest:09}Z"


def found(place: str, units: Sequence[str]) -> str:
    """Ask for the first and last value, and the number, of all series of units."""
    any_unit = " or ".join(f"r._measurement == {text(name(unit))}" for unit in units)
    return _three(
        f"from(bucket: {text(place)}) |> range(start: {time(0)})"
        f' |> filter(fn: (r) => r._field == "value" and ({any_unit}))'
        ' |> group(columns: ["_measurement", "domain", "entity_id"])'
        ' |> sort(columns: ["_time"])'
    )


def extent(place: str, series: RawSeries, start: int, end: int) -> str:
    """Ask for the first and last value, and the number, in a range."""
    return _three(_of(place, series, start, end))


def before(place: str, series: RawSeries, instant: int) -> str:
    """Ask for the last value before an instant."""
    return f"{_of(place, series, 0, instant)} |> last()"


def values(place: str, series: RawSeries, start: int, end: int) -> str:
    """Ask for all values in a range."""
    return _of(place, series, start, end)


def reduced(place: str, series: RawSeries, start: int, end: int, step: int) -> str:
    """Ask for the first and last value of each step [s], and those after a fall."""
    ends = f"data |> window(every: {step}s) |> {{}}() |> group()"
    falls = "data |> difference() |> filter(fn: (r) => r._value < 0.0)"
    return "\n".join(
        (
            f"data = {_of(place, series, start, end)}",
            f'{ends.format("first")} |> yield(name: "first")',
            f'{ends.format("last")} |> yield(name: "last")',
            f'{falls} |> yield(name: "falls")',
        )
    )


def points(place: str, measurement: str, meter_id: str, start: int) -> str:
    """Ask for a meter's results from an instant on."""
    return (
        f"from(bucket: {text(place)})"
        f" |> range(start: {time(start)}, stop: 2200-01-01T00:00:00Z)"
        f" |> filter(fn: (r) => {_tags(measurement, {'meter_id': meter_id})})"
    )


def untagged(place: str, measurement: str) -> str:
    """Ask for a point that has no unit."""
    return (
        f"from(bucket: {text(place)}) |> range(start: {time(0)})"
        f" |> filter(fn: (r) => {_tags(measurement, {'unit': ''})}"
        ' and r._field == "value")'
        ' |> first() |> keep(columns: ["_time", "_value"])'
    )


def predicate(doomed: Doomed) -> str:
    """Return what a deletion takes; its language knows only equal texts."""
    tags = {"_measurement": doomed.measurement, **doomed.tags}
    return " AND ".join(
        f"{key}={_plain(name(value))}" for key, value in tags.items() if value
    )


def _plain(content: str) -> str:
    escaped = content.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _three(data: str) -> str:
    return "\n".join(
        (
            f"data = {data}",
            'data |> first() |> yield(name: "first")',
            'data |> last() |> yield(name: "last")',
            'data |> count() |> yield(name: "count")',
        )
    )


def _of(place: str, series: RawSeries, start: int, end: int) -> str:
    tags = {"domain": series.domain, "entity_id": series.entity_id}
    return (
        f"from(bucket: {text(place)})"
        f" |> range(start: {time(start)}, stop: {time(end)})"
        f' |> filter(fn: (r) => {_tags(series.unit, tags)} and r._field == "value")'
        f' |> {_ONE_TABLE} |> keep(columns: ["_time", "_value"])'
    )


def _tags(measurement: str, tags: Mapping[str, str]) -> str:
    wanted = [f"r._measurement == {text(name(measurement))}"]
    for key, value in tags.items():
        absent = f"not exists r[{text(key)}]"
        wanted.append(f"r[{text(key)}] == {text(name(value))}" if value else absent)
    return " and ".join(wanted)
