"""Frozen dataclasses as JSON data and back."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
import types
from typing import Any, get_args, get_origin


def plain(value: object) -> object:
    """Return a value as JSON knows it: dataclasses as objects, days as ISO texts."""
    if is_dataclass(value):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, tuple):
        return [plain(one) for one in value]
    return value.isoformat() if isinstance(value, date) else value


def restored[T](kind: type[T], content: object) -> T:
    """Return the dataclass that `plain` wrote down.

    Raises KeyError, TypeError or ValueError where the content is of another make.
    """
    if not is_dataclass(kind):
        raise TypeError("a dataclass was expected")
    given = mapping(content)
    return kind(**{f.name: _value(f.type, given[f.name]) for f in fields(kind)})


def mapping(content: object) -> Mapping[str, Any]:
    """Return an object of JSON; raises TypeError for anything else."""
    if not isinstance(content, Mapping):
        raise TypeError("a mapping was expected")
    return content


def sequence(content: object) -> list[Any]:
    """Return a list of JSON; raises TypeError for anything else."""
    if not isinstance(content, list):
        raise TypeError("a list was expected")
    return content


def _value(hint: Any, content: Any) -> object:
    if get_origin(hint) is types.UnionType:
        if content is None:
            return None
        (hint,) = (one for one in get_args(hint) if one is not types.NoneType)
    if is_dataclass(hint) and isinstance(hint, type):
        return restored(hint, content)
    if isinstance(hint, type) and issubclass(hint, date):
        return date.fromisoformat(content)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint(content)
    if hint is float and isinstance(content, int):
        return float(content)
    if not isinstance(content, hint):
        raise TypeError(f"{hint} was expected")
    return content
