"""A stand-in for InfluxDB 3 Core: as strict as the real server was found to be."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import json
import re
import threading
import time
from typing import Any, override
from urllib.parse import parse_qs, urlsplit

import requests

from custom_components.nebenkosten.influx.connection import Connection, Version
from scripts.servers import serving

from .sql_engine import ColumnError, Database, QueryError

TOKEN = "secret"
_DATABASE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


class StandIn3(ThreadingHTTPServer):
    """Databases behind the interface of version 3.

    A query may touch `limit` files, and each holds `width` [s] of one table; what was
    written last is in none. `asked` are the requests, `refused` what was said to some,
    `seconds` what all took.
    """

    daemon_threads = False
    block_on_close = True

    def __init__(self) -> None:
        """Listen on a free port."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self.limit = 432
        self.width = 600
        self.databases: dict[str, Database] = {}
        self.asked: list[str] = []
        self.refused: list[str] = []
        self.seconds = 0.0
        self.lock = threading.Lock()
        self.url = f"http://127.0.0.1:{self.server_port}"

    def make(self, name: str) -> Database:
        """Return a new database."""
        made = self.databases[name] = Database(limit=self.limit, width=self.width)
        return made


# Only a text may hold quotes that mean something, or a line break.
_NAME = r"(?:\\.|[^\\ ,=\n])+"
_FIELD = rf'{_NAME}=(?:"(?:\\.|[^"\\])*"|[^ ,"\n]+)'
_LINE = re.compile(
    rf"((?:\\.|[^\\ ,\n])+)((?:,{_NAME}={_NAME})*) ({_FIELD}(?:,{_FIELD})*)"
    r"(?: (-?\d+))?(?:\n|$)",
    re.DOTALL,
)


def _lines(text: str) -> Iterator[str | re.Match[str]]:
    """Yield each line that can be read, and the text of one that cannot."""
    position = 0
    while position < len(text):
        match = _LINE.match(text, position)
        position = match.end() if match else text.find("\n", position) + 1
        yield match or text
        if not match and not position:
            return


def _plain(text: str) -> str:
    return re.sub(r"\\([ ,=])", r"\1", text)


def _value(text: str) -> Any:
    if text.startswith('"'):
        return re.sub(r'\\(["\\])', r"\1", text[1:-1])
    if text in ("t", "true", "f", "false"):
        return text.startswith("t")
    return int(text[:-1]) if text.endswith("i") else float(text)


def _written(database: Database, line: re.Match[str]) -> None:
    tags = re.findall(rf",({_NAME})=({_NAME})", line[2], re.DOTALL)
    fields = re.findall(rf'({_NAME})=("(?:\\.|[^"\\])*"|[^ ,"\n]+)', line[3], re.DOTALL)
    database.put(
        re.sub(r"\\([ ,])", r"\1", line[1]),
        {_plain(key): _plain(value) for key, value in tags},
        {_plain(key): _value(value) for key, value in fields},
        int(line[4]),
    )


class _Handler(BaseHTTPRequestHandler):
    server: StandIn3

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_DELETE(self) -> None:
        self._answer()

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Keep the tests' output clean."""

    def _answer(self) -> None:
        url = urlsplit(self.path)
        asked = {key: one for key, (one, *_) in parse_qs(url.query).items()}
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        what = f"{self.command} {url.path}"
        known = (f"Bearer {TOKEN}", f"Token {TOKEN}")
        begin = time.perf_counter()
        with self.server.lock:
            self.server.asked.append(what)
            if self.headers.get("Authorization") not in known:
                self._send(401, "")
            elif url.path in ("/health", "/ping"):
                self._send(200, "OK")
            elif url.path == "/query":
                self._influxql(asked | {k: v[0] for k, v in parse_qs(body).items()})
            elif what in _ANSWERS:
                _ANSWERS[what](self, asked, body)
            else:
                self._send(404, "not found")
            self.server.seconds += time.perf_counter() - begin

    def _influxql(self, asked: dict[str, str]) -> None:
        """Refuse what the older interface refuses; we ask it for nothing."""
        statements = [one.strip() for one in asked["q"].split(";") if one.strip()]
        if len(statements) > 1:
            self._error(400, "must provide only one InfluxQl statement per query")
        elif "db" not in asked:
            self._error(400, "missing query parameter 'db'")
        else:
            word = statements[0].split()[0].upper()
            self._error(400, f"This feature is not implemented: {word}")

    def _list(self, asked: dict[str, str], _body: str) -> None:
        assert asked["format"] == "json"
        names = sorted(self.server.databases)
        self._send(200, json.dumps([{"iox::database": name} for name in names]))

    def _make(self, _asked: dict[str, str], body: str) -> None:
        name = json.loads(body)["db"]
        if not _DATABASE.fullmatch(name):
            self._error(400, f"invalid character in database name: {name}")
        elif name in self.server.databases:
            self._error(
                409, "attempted to create a resource that already exists: " + name
            )
        else:
            self.server.make(name)
            self._send(200, "")

    def _drop(self, asked: dict[str, str], _body: str) -> None:
        database = self.server.databases.get(asked["db"])
        if database is not None and database.drop(asked["table"]):
            self._send(200, "")
        else:
            self._error(404, "the requested resource was not found")

    def _query(self, _asked: dict[str, str], body: str) -> None:
        given = json.loads(body)
        assert given["format"] == "json"
        database = self.server.databases.get(given["db"])
        if database is None:
            self._error(404, f"database not found: {given['db']}")
            return
        try:
            rows = database.ask(given["q"], given["params"])
        except QueryError as error:
            self._error(400, f"{error}")
        else:
            self._send(200, json.dumps(rows, default=lambda time: time.isoformat()))

    def _write(self, asked: dict[str, str], body: str) -> None:
        assert asked["precision"] in ("nanosecond", "ns")
        name = asked.get("db") or asked["bucket"]
        # Like the real one: who writes to what is not there makes it.
        database = self.server.databases.get(name) or self.server.make(name)
        if not body:
            self._error(400, "incoming write was empty")
            return
        database.save()
        refused = []
        for number, line in enumerate(_lines(body), 1):
            try:
                if isinstance(line, str):
                    raise ColumnError("a line without a field")
                _written(database, line)
            except ColumnError as error:
                text = line if isinstance(line, str) else line[0]
                refused.append(
                    {
                        "original_line": text.rstrip("\n"),
                        "line_number": number,
                        "error_message": f"{error}",
                    }
                )
        if refused:
            told = {"error": "partial write of line protocol occurred", "data": refused}
            self._send(400, json.dumps(told))
        else:
            self._send(204, "")

    def _error(self, status: int, message: str) -> None:
        self.server.refused.append(message)
        self._send(status, json.dumps({"error": message}))

    def _send(self, status: int, text: str) -> None:
        content = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        if status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


_ANSWERS = {
    "GET /api/v3/configure/database": _Handler._list,
    "POST /api/v3/configure/database": _Handler._make,
    "DELETE /api/v3/configure/table": _Handler._drop,
    "POST /api/v3/query_sql": _Handler._query,
    "POST /api/v3/write_lp": _Handler._write,
    "POST /api/v2/write": _Handler._write,
}


def ask(stand_in: StandIn3, q: str, db: str = "raw", **params: Any) -> Any:
    """Ask as anybody may; returns the answer's JSON."""
    asked = {"db": db, "q": q, "params": params, "format": "json"}
    return send(stand_in, "POST", "/api/v3/query_sql", json=asked).json()


def send(stand_in: StandIn3, method: str, path: str, **more: Any) -> requests.Response:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    return requests.request(
        method, f"{stand_in.url}{path}", headers=headers, timeout=10, **more
    )


def write(stand_in: StandIn3, lines: str, db: str = "raw") -> requests.Response:
    path = f"/api/v3/write_lp?db={db}&precision=nanosecond"
    return send(stand_in, "POST", path, data=lines.encode())


def v3(stand_in: StandIn3, *, token: str = TOKEN) -> Connection:
    """Return how one gets in."""
    return Connection(
        version=Version.V3, url=stand_in.url, token=token, raw="raw", processed="out"
    )


@contextmanager
def standing_in_3() -> Iterator[StandIn3]:
    """Run a stand-in."""
    with serving(StandIn3()) as server:
        yield server
