"""Points in InfluxDB's line protocol.

https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol/ has no way to
write a line break in a name, a backslash at its end or before a sign that it would
escape, or a number sign at a line's begin: Unicode's control pictures stand for them,
so that every name comes back as it was (`original`).
"""

from collections.abc import Mapping
import re
from typing import Final

from .model import Field, Point

_ESCAPE: Final = "␛"
_PICTURES: Final = {"␛": "␛", "\n": "␊", "\r": "␍", "\0": "␀", "\t": "␉"}
# What servers, each in its own places, take for a sign that is escaped.
_ESCAPING: Final = re.compile(r"""\\(?=[\\"'=, ])""")
_MEASUREMENT: Final = str.maketrans({",": "\\,", " ": "\\ "})
_TAG: Final = str.maketrans({",": "\\,", " ": "\\ ", "=": "\\="})
_TEXT: Final = str.maketrans({'"': '\\"', "\\": "\\\\"})


def name(text: str) -> str:
    """Return a name that line protocol can hold; plain ones stay as they are."""
    shown = "".join(_ESCAPE + _PICTURES[c] if c in _PICTURES else c for c in text)
    shown = _ESCAPING.sub(lambda backslash: backslash[0] + _ESCAPE, shown)
    if shown.startswith("#"):
        shown = _ESCAPE + shown
    return shown + _ESCAPE if shown.endswith("\\") else shown


def original(shown: str) -> str:
    """Return the text that a name stands for."""
    back = {picture: character for character, picture in _PICTURES.items()}
    parts = iter(shown)
    found = []
    for part in parts:
        marked = next(parts, "") if part == _ESCAPE else None
        found.append(part if marked is None else back.get(marked, marked))
    return "".join(found)


def line(point: Point) -> str:
    """Return a point as a line; a tag without a value is left out."""
    tags = "".join(
        f",{name(key).translate(_TAG)}={name(value).translate(_TAG)}"
        for key, value in sorted(point.tags.items())
        if value
    )
    measurement = name(point.measurement).translate(_MEASUREMENT)
    return f"{measurement}{tags} {_fields(point.fields)} {point.time}"


def _fields(fields: Mapping[str, Field]) -> str:
    return ",".join(
        f"{name(key).translate(_TAG)}={_value(value)}" for key, value in fields.items()
    )


def _value(value: Field) -> str:
    if isinstance(value, str):
        return f'"{value.translate(_TEXT)}"'
    return f"{value}i" if isinstance(value, int) else repr(float(value))
