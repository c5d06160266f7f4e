"""A stand-in for InfluxDB 2.7: it keeps what is written and answers as that does.

What a real server was seen to say is said here in the same words.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import json
import re
import time
from typing import Any, override
from urllib.parse import parse_qs, urlsplit

from scripts.servers import serving

from . import stored_lines
from .flux_engine import FluxError, Row, kind_of, run
from .official_flux import OfficialFlux

TOKEN, ORGANISATION = "secret", "home"
ORGANISATION_ID = "0000000000000001"
_SECOND = 1_000_000_000
_DAY = 86400 * _SECOND
_SHARD = 7 * _DAY
# Shards begin with Mondays; the first instant of all was a Thursday.
_MONDAY = 4 * _DAY


class StandIn(ThreadingHTTPServer):
    """Buckets of rows, behind the interface of version 2.

    `keeps` is how long buckets keep points [s], `limited` which buckets a token of
    single ones may read and write.
    """

    daemon_threads = False
    block_on_close = True

    def __init__(self, flux: OfficialFlux) -> None:
        """Listen on a free port."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self.flux = flux
        self.buckets: dict[str, list[Row]] = {"raw": []}
        self.read_only: set[str] = set()
        self.keeps: dict[str, int] = {}
        self.limited: dict[str, set[str]] = {}
        self.organisations = {ORGANISATION, ORGANISATION_ID}
        self.written: list[str] = []
        self.queries: list[str] = []
        self.url = f"http://127.0.0.1:{self.server_port}"

    def write(self, bucket: str, lines: str) -> str:
        """Keep points; the same series, field and time replaces the value.

        Returns what a server says of those that it drops, or nothing.
        """
        kept = {_identity(row): row for row in self.buckets[bucket]}
        kinds = {_shard_of(row): kind_of(row) for row in kept.values()}
        keeps = self.keeps.get(bucket, 0)
        oldest = time.time_ns() - keeps * _SECOND if keeps else -(2**63)
        outside, conflicts = 0, []
        for rows in stored_lines.points(lines):
            told = [
                row
                for row in rows
                if kinds.get(_shard_of(row), kind_of(row)) != kind_of(row)
            ]
            if rows[0]["_time"] < oldest:
                outside += 1
            elif told:
                conflicts.append((told[0], kinds[_shard_of(told[0])]))
            else:
                kinds |= {_shard_of(row): kind_of(row) for row in rows}
                kept |= {_identity(row): row for row in rows}
        self.buckets[bucket] = list(kept.values())
        return _dropped(outside, keeps, conflicts)

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

    def seen(self, token: str) -> dict[str, list[Row]]:
        """Return the buckets that a token may read."""
        limits = self.limited.get(token)
        return {
            name: rows
            for name, rows in list(self.buckets.items())
            if limits is None or name in limits
        }


def _identity(row: Row) -> tuple[tuple[str, Any], ...]:
    return tuple(sorted((k, v) for k, v in row.items() if k != "_value"))


def _shard_of(row: Row) -> tuple[str, str, int]:
    """Return within what a field has one type."""
    shard = (row["_time"] - _MONDAY) // _SHARD
    return row["_measurement"], row["_field"], shard


def _dropped(outside: int, keeps: int, conflicts: list[tuple[Row, str]]) -> str:
    begin = "failure writing points to database: partial write: "
    if conflicts:
        row, kind = conflicts[0]
        return (
            f'{begin}field type conflict: input field "{row["_field"]}" on measurement'
            f' "{row["_measurement"]}" is type {kind_of(row)}, already exists as type'
            f" {kind} dropped={len(conflicts)}"
        )
    if outside:
        hours = f"{keeps // 3600}h{keeps % 3600 // 60}m{keeps % 60}s"
        return (
            f"{begin}dropped {outside} points outside retention policy of duration"
            f" {hours} - oldest point x at y dropped because it violates a Retention"
            " Policy Lower Bound at z"
        )
    return ""


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
        found = parse_qs(url.query, keep_blank_values=True)
        asked = {key: one for key, (one, *_) in found.items()}
        name = url.path.removeprefix("/api/v2/")
        kind, _, self.token = (self.headers.get("Authorization") or "").partition(" ")
        known = {TOKEN, *self.server.limited}
        if kind != "Token" or self.token not in known:
            self._error(401, "unauthorized", "unauthorized access")
        elif self._knows(asked, by_id=name in ("query", "write", "delete")):
            getattr(self, f"_{name}")(asked, body)
        elif name == "query":
            said = f'organization name "{asked["org"]}" not found'
            self._error(400, "invalid", f"failed to decode request body: {said}")
        else:
            said = f'organization name "{asked["org"]}" not found'
            self._error(404, "not found", said)

    def _knows(self, asked: dict[str, str], *, by_id: bool) -> bool:
        """Return whether the organisation is there, its id where a name is."""
        known = self.server.organisations - (set() if by_id else {ORGANISATION_ID})
        return "org" not in asked or asked["org"] in known

    def _orgs(self, _asked: dict[str, str], _body: str) -> None:
        one = {"id": ORGANISATION_ID, "name": ORGANISATION}
        self._json({"orgs": [] if self.token in self.server.limited else [one]})

    def _buckets(self, asked: dict[str, str], body: str) -> None:
        if body:
            self._make(json.loads(body))
            return
        wanted = asked.get("name")
        if asked.get("orgID", ORGANISATION_ID) != ORGANISATION_ID:
            self._error(404, "not found", "organization not found")
            return
        by_name = wanted and {"org", "orgID"} & asked.keys()
        if by_name and wanted not in self.server.buckets:
            self._error(404, "not found", f'bucket "{wanted}" not found')
            return
        # A page is taken before it is looked what the token may see of it.
        offset, limit = int(asked.get("offset", 0)), int(asked.get("limit", 20))
        page = sorted(self.server.buckets)[offset : offset + limit]
        names = [wanted] if wanted else [] if "after" in asked else page
        found = [
            self._bucket(name) for name in names if name in self.server.seen(self.token)
        ]
        self._json({"buckets": found, "links": {"self": "x"}})

    def _bucket(self, name: str) -> dict[str, Any]:
        rule = {
            "type": "expire",
            "everySeconds": self.server.keeps.get(name, 0),
            "shardGroupDurationSeconds": _SHARD // _SECOND,
        }
        return {
            "id": f"{sorted(self.server.buckets).index(name):016}",
            "orgID": ORGANISATION_ID,
            "name": name,
            "retentionRules": [rule],
        }

    def _make(self, given: dict[str, Any]) -> None:
        name = given["name"]
        if self.token in self.server.limited:
            said = f"write:orgs/{ORGANISATION_ID}/buckets is unauthorized"
            self._error(401, "unauthorized", said)
        elif given.get("orgID") != ORGANISATION_ID:
            self._error(400, "invalid", "orgID is invalid")
        elif name in self.server.buckets:
            said = f"bucket with name {name} already exists"
            self._error(422, "conflict", said)
        elif name.startswith("_"):
            said = f"bucket name {name} is invalid. Buckets may not start with an"
            self._error(422, "invalid", f"{said} underscore")
        else:
            self.server.buckets[name] = []
            self._json(self._bucket(name), 201)

    def _may_change(self, bucket: str, what: str) -> bool:
        if bucket not in self.server.seen(self.token):
            self._error(404, "not found", f'bucket "{bucket}" not found')
            return False
        if bucket in self.server.read_only:
            self._error(403, "forbidden", f"insufficient permissions {what}")
            return False
        return True

    def _write(self, asked: dict[str, str], body: str) -> None:
        assert asked["precision"] == "ns"
        if not self._may_change(asked["bucket"], "for write"):
            return
        self.server.written.append(body)
        said = self.server.write(asked["bucket"], body)
        if said:
            self._error(422, "unprocessable entity", said)
        else:
            self._send(204, "", "text/plain")

    def _delete(self, asked: dict[str, str], body: str) -> None:
        if not self._may_change(asked["bucket"], "to delete"):
            return
        given = json.loads(body)
        start, stop = (_nanoseconds(given[key]) for key in ("start", "stop"))
        self.server.delete(asked["bucket"], start, stop, given["predicate"])
        self._send(204, "", "text/plain")

    def _query(self, _asked: dict[str, str], body: str) -> None:
        query = json.loads(body)["query"]
        self.server.queries.append(query)
        checked = self.server.flux.check(query)
        assert checked.valid, query
        try:
            seen = self.server.seen(self.token)
            results = run(checked.tree, seen, lists=seen == self.server.buckets)
        except KeyError as error:
            place = f'could not find bucket "{error.args[0]}"'
            self._error(
                404, "not found", f"failed to initialize execute state: {place}"
            )
        except FluxError as error:
            self._error(400, "invalid", str(error))
        else:
            self._send(200, stored_lines.csv(results), "text/csv; charset=utf-8")

    def _json(self, content: Any, status: int = 200) -> None:
        self._send(status, json.dumps(content), "application/json")

    def _error(self, status: int, code: str, message: str) -> None:
        self._json({"code": code, "message": message}, status)

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
    with serving(StandIn(flux)) as server:
        yield server
