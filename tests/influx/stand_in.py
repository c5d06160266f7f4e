"""A stand-in for InfluxDB 2: it keeps what is written and answers our questions."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import json
import re
import threading
from typing import Any, override
from urllib.parse import parse_qs, urlsplit

from .flux_engine import Row, run
from .official_flux import OfficialFlux

TOKEN, ORGANISATION = "secret", "home"
_SECOND = 1_000_000_000


class StandIn(ThreadingHTTPServer):
    """Buckets of rows, behind the interface of version 2."""

    daemon_threads = False
    block_on_close = True

    def __init__(self, flux: OfficialFlux) -> None:
        """Listen on a free port."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self.flux = flux
        self.buckets: dict[str, list[Row]] = {"raw": []}
        self.read_only: set[str] = set()
        self.url = f"http://127.0.0.1:{self.server_port}"

    def write(self, bucket: str, lines: str) -> None:
        """Keep points; the same series, field and time replaces the value."""
        kept = {_identity(row): row for row in self.buckets[bucket]}
        position = 0
        while position < len(lines):
            line = _LINE.match(lines, position)
            assert line, lines[position:]
            kept |= {_identity(row): row for row in _rows(line)}
            position = line.end()
        self.buckets[bucket] = list(kept.values())

    def delete(self, bucket: str, start: int, stop: int, predicate: str) -> None:
        """Delete the rows whose texts are equal."""
        wanted = {
            key: re.sub(r"\\(.)", r"\1", value)
            for key, value in re.findall(r'(\w+)="((?:\\.|[^"\\])*)"', predicate)
        }
        self.buckets[bucket] = [
            row
            for row in self.buckets[bucket]
            if not (
                start <= row["_time"] <= stop
                and all(row.get(key) == value for key, value in wanted.items())
            )
        ]


def _identity(row: Row) -> tuple[tuple[str, Any], ...]:
    return tuple(sorted((k, v) for k, v in row.items() if k != "_value"))


# Only a text may hold quotes that mean something, or a line break.
_NAME = r"(?:\\.|[^\\ ,=\n])+"
_FIELD = rf'{_NAME}=(?:"(?:\\.|[^"\\])*"|[^ ,"\n]+)'
_LINE = re.compile(
    rf"((?:\\.|[^\\ ,\n])+)((?:,{_NAME}={_NAME})*) ({_FIELD}(?:,{_FIELD})*) (-?\d+)\n?",
    re.DOTALL,
)


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


def _csv(results: dict[str, list[list[Row]]]) -> str:
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
    if column == "_time":
        moment = datetime.fromtimestamp(value // _SECOND, UTC)
        return f"{moment:%Y-%m-%dT%H:%M:%S}.{value % _SECOND:09}Z"
    return _quoted(value) if isinstance(value, str) else repr(value)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


class _Handler(BaseHTTPRequestHandler):
    server: StandIn

    def do_GET(self) -> None:
        self._answer("")

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self._answer(self.rfile.read(length).decode())

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Keep the tests' output clean."""

    def _answer(self, body: str) -> None:
        url = urlsplit(self.path)
        asked = {key: one for key, (one, *_) in parse_qs(url.query).items()}
        bucket = asked.get("bucket", "")
        name = url.path.removeprefix("/api/v2/")
        if self.headers.get("Authorization") != f"Token {TOKEN}":
            self._error(401, "unauthorized")
        elif asked.get("org", ORGANISATION) != ORGANISATION:
            self._error(404, f'organization name "{asked["org"]}" not found')
        elif name in ("write", "delete") and bucket not in self.server.buckets:
            self._error(404, f'bucket "{bucket}" not found')
        elif name in ("write", "delete") and bucket in self.server.read_only:
            self._error(403, "insufficient permissions")
        else:
            getattr(self, f"_{name}")(asked, body)

    def _orgs(self, _asked: dict[str, str], _body: str) -> None:
        self._json({"orgs": [{"id": "0000000000000001", "name": ORGANISATION}]})

    def _buckets(self, asked: dict[str, str], body: str) -> None:
        if body:
            self.server.buckets[json.loads(body)["name"]] = []
            self._json(json.loads(body) | {"id": "1"}, 201)
            return
        found = sorted(self.server.buckets)
        offset, limit = int(asked.get("offset", 0)), int(asked.get("limit", 20))
        page = [
            {"id": name, "name": name, "retentionRules": []}
            for name in found[offset : offset + limit]
        ]
        self._json(
            {"buckets": [] if "after" in asked else page, "links": {"self": "x"}}
        )

    def _write(self, asked: dict[str, str], body: str) -> None:
        assert asked["precision"] == "ns"
        self.server.write(asked["bucket"], body)
        self._send(204, "", "text/plain")

    def _delete(self, asked: dict[str, str], body: str) -> None:
        given = json.loads(body)
        start, stop = (_nanoseconds(given[key]) for key in ("start", "stop"))
        self.server.delete(asked["bucket"], start, stop, given["predicate"])
        self._send(204, "", "text/plain")

    def _query(self, _asked: dict[str, str], body: str) -> None:
        query = json.loads(body)["query"]
        checked = self.server.flux.check(query)
        assert checked.valid, query
        try:
            results = run(checked.tree, self.server.buckets)
        except KeyError as error:
            self._error(404, f"could not find bucket {error}")
        else:
            self._send(200, _csv(results), "text/csv; charset=utf-8")

    def _json(self, content: Any, status: int = 200) -> None:
        self._send(status, json.dumps(content), "application/json")

    def _error(self, status: int, message: str) -> None:
        self._json({"code": "x", "message": message}, status)

    def _send(self, status: int, text: str, kind: str) -> None:
        content = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _nanoseconds(text: str) -> int:
    whole, _, rest = text.rstrip("Z").partition(".")
    moment = datetime.fromisoformat(whole).replace(tzinfo=UTC)
    return int(moment.timestamp()) * _SECOND + int(rest.ljust(9, "0") or 0)


@contextmanager
def standing_in(flux: OfficialFlux) -> Iterator[StandIn]:
    """Run a stand-in."""
    server = StandIn(flux)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
