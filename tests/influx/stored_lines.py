"""How the stand-in for InfluxDB 2 understands line protocol, and answers as CSV."""

from collections.abc import Iterator
from datetime import UTC, datetime
import re
from typing import Any

type Row = dict[str, Any]

_SECOND = 1_000_000_000
# Only a text may hold quotes that mean something, or a line break.
_NAME = r"(?:\\.|[^\\ ,=\n])+"
_FIELD = rf'{_NAME}=(?:"(?:\\.|[^"\\])*"|[^ ,"\n]+)'
_LINE = re.compile(
    rf"((?:\\.|[^\\ ,\n])+)((?:,{_NAME}={_NAME})*) ({_FIELD}(?:,{_FIELD})*) (-?\d+)\n?",
    re.DOTALL,
)


def points(lines: str) -> Iterator[list[Row]]:
    """Yield the rows of each point, one a field."""
    position = 0
    while position < len(lines):
        line = _LINE.match(lines, position)
        assert line, lines[position:]
        yield list(_rows(line))
        position = line.end()


def _rows(match: re.Match[str]) -> Iterator[Row]:
    assert not match[1].startswith("#")
    tags = dict(re.findall(rf",({_NAME})=({_NAME})", match[2], re.DOTALL))
    fields = re.findall(
        rf'({_NAME})=("(?:\\.|[^"\\])*"|[^ ,"\n]+)', match[3], re.DOTALL
    )
    for key, value in fields:
        yield {
            "_time": int(match[4]),
            # An equals sign means nothing there, and so has no backslash to lose.
            "_measurement": re.sub(r"\\([ ,])", r"\1", match[1]),
            "_field": _plain(key),
            "_value": _value(value),
            **{_plain(k): _plain(v) for k, v in tags.items()},
        }


def _plain(text: str) -> str:
    return re.sub(r"\\([ ,=])", r"\1", text)


def _value(text: str) -> Any:
    if text.startswith('"'):
        return re.sub(r'\\(["\\])', r"\1", text[1:-1])
    return int(text[:-1]) if text.endswith("i") else float(text)


def csv(results: dict[str, list[list[Row]]]) -> str:
    """Return results as annotated CSV."""
    parts = []
    for name, tables in results.items():
        for number, table in enumerate(filter(None, tables)):
            columns = sorted({key for row in table for key in row})
            kinds = [_kind(column, table) for column in columns]
            parts.append(
                "\r\n".join(
                    (
                        ",".join(("#datatype", "string", "long", *kinds)),
                        f"#default,{_quoted(name)},," + "," * (len(columns) - 1),
                        ",".join(("", "result", "table", *map(_quoted, columns))),
                        *(
                            ",".join(
                                ("", "", str(number), *(_cell(c, row) for c in columns))
                            )
                            for row in table
                        ),
                        "",
                    )
                )
            )
    return "\r\n".join(parts)


def _kind(column: str, table: list[Row]) -> str:
    if column == "_time":
        return "dateTime:RFC3339"
    value = next(row[column] for row in table if column in row)
    return {int: "long", float: "double", str: "string"}[type(value)]


def _cell(column: str, row: Row) -> str:
    value = row.get(column, "")
    return said(value) if column == "_time" else _shown(value)


def said(time: int) -> str:
    """Return an instant [ns] as the server writes it: without zeros at its end."""
    moment = datetime.fromtimestamp(time // _SECOND, UTC)
    rest = f".{time % _SECOND:09}".rstrip("0").rstrip(".")
    return f"{moment:%Y-%m-%dT%H:%M:%S}{rest}Z"


def _shown(value: Any) -> str:
    return _quoted(value) if isinstance(value, str) else repr(value)


def _quoted(text: str) -> str:
    """Return a cell; a line break in it is written as those between rows."""
    broken = text.replace("\r", "").replace("\n", "\r\n")
    return '"' + broken.replace('"', '""') + '"'
