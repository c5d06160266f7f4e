"""The Flux that servers of version 2 are asked with.

Texts go in through `text`, times through `time`; every query keeps few columns.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from .line_protocol import name
from .model import FAR, SECOND, Doomed, RawSeries

# From an instant [ns] to another one, which is not in it; servers refuse empty ones.
type Span = tuple[int, int]

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


def text(content: str) -> str:
    """Return a text literal; what would begin an expression in it is escaped."""
    return f'"{content.translate(_TEXT)}"'


def time(instant: int) -> str:
    """Return an instant [ns] as a time literal."""
    whole, rest = divmod(instant, SECOND)
    return f"{datetime.fromtimestamp(whole, UTC):%Y-%m-%dT%H:%M:%S}.{rest:09}Z"


def found(place: str, units: Sequence[str]) -> str:
    """Ask for the first and last value, and the number, of all series of units.

    A series may be kept in several parts, by tags that are none of ours. Of one whose
    type changed only what is of its first type counts.
    """
    any_unit = " or ".join(f"r._measurement == {text(name(unit))}" for unit in units)
    return _three(
        f"from(bucket: {text(place)}) |> range(start: {time(0)})"
        f' |> filter(fn: (r) => r._field == "value" and ({any_unit}))',
        _keep("_time", "_value", "_measurement", "domain", "entity_id"),
    )


def of_series(series: RawSeries) -> str:
    """Return what tells the values of a series."""
    tags = {"domain": series.domain, "entity_id": series.entity_id}
    return f'{_tags(series.unit, tags)} and r._field == "value"'


def of_meter(measurement: str, meter_id: str) -> str:
    """Return what tells a meter's results."""
    return _tags(measurement, {"meter_id": meter_id})


def extent(place: str, wanted: str, span: Span) -> str:
    """Ask for the first and last value, and the number, of each part in a range."""
    return _three(_of(place, wanted, span), _keep("_time", "_value"))


def first(place: str, wanted: str, span: Span) -> str:
    """Ask when the first value of each part lies in a range."""
    return f"{_of(place, wanted, span)} |> first() {_keep('_time')}"


def lasts(place: str, wanted: str, spans: Sequence[Span]) -> str:
    """Ask for the last value of each part in each range."""
    return _each(place, wanted, spans, f"|> last() {_keep('_time', '_value')}")


def values(place: str, wanted: str, spans: Sequence[Span]) -> str:
    """Ask for all values in each range, part by part."""
    return _each(place, wanted, spans, _keep("_time", "_value"))


def points(place: str, wanted: str, spans: Sequence[Span]) -> str:
    """Ask for all that results hold in each range."""
    return _each(place, wanted, spans, _keep("_time", "_value", "_field", "unit"))


def reduced(place: str, wanted: str, span: Span, step: int) -> str:
    """Ask for the first and last value of each step [s], and those after a fall."""
    kept = _keep("_time", "_value")
    falls = "data |> difference() |> filter(fn: (r) => r._value < 0.0)"
    return "\n".join(
        (
            f"data = {_of(place, wanted, span)}",
            f'data |> window(every: {step}s) |> first() {kept} |> yield(name: "first")',
            f'data |> window(every: {step}s) |> last() {kept} |> yield(name: "last")',
            f'{falls} {kept} |> yield(name: "falls")',
        )
    )


def untagged(place: str, measurement: str) -> str:
    """Ask for a point that has no unit."""
    return (
        f"from(bucket: {text(place)}) |> range(start: {time(0)})"
        f" |> filter(fn: (r) => {_tags(measurement, {'unit': ''})}"
        ' and r._field == "value")'
        f" |> first() {_keep('_time', '_value')}"
    )


def worded(place: str, measurement: str, field: str) -> str:
    """Ask for the first text of a field, of each series."""
    return (
        f"from(bucket: {text(place)})"
        f" |> range(start: {time(0)}, stop: {time(FAR)})"
        f" |> filter(fn: (r) => {_tags(measurement, {})}"
        f" and r._field == {text(field)})"
        f" |> first() {_keep('_value', 'meter_id')}"
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


def _three(data: str, kept: str) -> str:
    return "\n".join(
        (
            f"data = {data}",
            f'data |> first() {kept} |> yield(name: "first")',
            f'data |> last() {kept} |> yield(name: "last")',
            f'data |> count() {kept} |> yield(name: "count")',
        )
    )


def _keep(*columns: str) -> str:
    return f"|> keep(columns: [{', '.join(map(text, columns))}])"


def _each(place: str, wanted: str, spans: Sequence[Span], what: str) -> str:
    """Ask the same of several ranges; results are named by their numbers."""
    return "\n".join(
        f'{_of(place, wanted, span)} {what} |> yield(name: "{number}")'
        for number, span in enumerate(spans)
    )


def _of(place: str, wanted: str, span: Span) -> str:
    """Return a range, neither sorted nor joined: that costs servers much."""
    start, end = span
    return (
        f"from(bucket: {text(place)})"
        f" |> range(start: {time(start)}, stop: {time(end)})"
        f" |> filter(fn: (r) => {wanted})"
    )


def _tags(measurement: str, tags: Mapping[str, str]) -> str:
    wanted = [f"r._measurement == {text(name(measurement))}"]
    for key, value in tags.items():
        absent = f"not exists r[{text(key)}]"
        wanted.append(f"r[{text(key)}] == {text(name(value))}" if value else absent)
    return " and ".join(wanted)
