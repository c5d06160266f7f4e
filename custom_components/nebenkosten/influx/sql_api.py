"""The interface of version 3: requests over HTTP, and what its refusals mean."""

import json
import re
from typing import Any, Final
from urllib.parse import urlsplit

import requests

from ..outside import seconds_to_wait
from .bounded import OF_REQUESTS, BoundAdapter
from .connection import Connection, InfluxError
from .line_protocol import original
from .sql import Question
from .understood import by_kind
from .windows import FilesError

_TIMEOUT: Final = (5, 60)
_STATUS: Final = {
    401: "credentials",
    403: "rights",
    404: "place",
    429: "busy",
    503: "busy",
}

# A line's beginning, and what a refusal says of a column and the type that it has.
_MEASUREMENT: Final = re.compile(r"(?:\\.|[^\\, ])+")
_COLUMN: Final = re.compile(
    r"column '(.*)', expected iox::column_type::(?:\w+::)?(\w+)"
)

type Row = dict[str, Any]


def error_of(error: Exception) -> InfluxError:
    """Return what went wrong in our own words."""
    return by_kind(error, OF_REQUESTS)


class SqlApi:
    """Requests to one server.

    They raise InfluxError where it refuses, and what `error_of` understands.
    """

    def __init__(self, connection: Connection) -> None:
        """Prepare; nothing is asked yet."""
        self._url = connection.url
        self._session = requests.Session()
        self._session.verify = connection.verify_ssl
        self._session.headers["Authorization"] = f"Bearer {connection.token}"
        self._session.mount(f"{urlsplit(connection.url).scheme}://", BoundAdapter())

    def close(self) -> None:
        """Let go of the server."""
        self._session.close()

    def databases(self) -> list[str]:
        """Return the databases that may be seen."""
        answer = self._send("GET", "configure/database", {"format": "json"})
        return [str(one["iox::database"]) for one in answer.json()]

    def make_database(self, place: str) -> None:
        """Make a database."""
        self._send("POST", "configure/database", json={"db": place})

    def drop_table(self, place: str, table: str) -> None:
        """Take away a table with all that it holds."""
        self._send("DELETE", "configure/table", {"db": place, "table": table})

    def ask(self, place: str, question: Question) -> list[Row]:
        """Return the rows of an answer; a null may be missing in them.

        Raises FilesError where the question touches too many files.
        """
        asked = {
            "db": place,
            "q": question.text,
            "params": dict(question.params),
            "format": "json",
        }
        rows: list[Row] = self._send("POST", "query_sql", json=asked).json()
        return rows

    def write(self, place: str, lines: str) -> None:
        """Write lines; an unknown database would be made."""
        asked = {"db": place, "precision": "nanosecond"}
        self._send("POST", "write_lp", asked, data=lines.encode())

    def _send(
        self, method: str, path: str, params: dict[str, str] | None = None, **body: Any
    ) -> requests.Response:
        answer = self._session.request(
            method,
            f"{self._url}/api/v3/{path}",
            params=params,
            timeout=_TIMEOUT,
            allow_redirects=False,
            **body,
        )
        if answer.status_code >= 300:
            raise _refusal(answer)
        return answer


def _refusal(answer: requests.Response) -> InfluxError:
    status, body = answer.status_code, answer.text
    if "exceed file limit" in body:
        return FilesError("refused", body)
    if "database not found" in body:
        return InfluxError("place", body)
    if "invalid column type" in body:
        return InfluxError("column", _columns_told(body))
    key = _STATUS.get(status, "server" if status >= 500 else "refused")
    after = seconds_to_wait(answer.headers.get("Retry-After"))
    return InfluxError(key, body or f"{status} {answer.reason}", after)


def _columns_told(body: str) -> str:
    """Return which columns have which types, each once."""
    try:
        lines = json.loads(body)["data"]
        told = [
            _column_told(one["original_line"], one["error_message"])
            for one in (lines if isinstance(lines, list) else [lines])
        ]
    except ValueError, LookupError, TypeError:
        return body
    return "; ".join(dict.fromkeys(told))


def _column_told(line: str, message: str) -> str:
    measurement = _MEASUREMENT.match(line)
    named = measurement[0].replace("\\", "") if measurement else line
    found = _COLUMN.search(message)
    what = f"{found[1]} ({found[2]})" if found else message
    return f"{original(named)}: {original(what)}"
