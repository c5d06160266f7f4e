"""A gate before a server: it lets all through, or misbehaves in many ways."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import json
import threading
from typing import override
import urllib.error
import urllib.request
import zlib

from scripts.servers import serving


class Gate(ThreadingHTTPServer):
    """Hands requests on; `mood` says how it misbehaves instead.

    A status code, "garbage", "silent" (until the gate closes), "cut" (in the middle of
    the answer), "dripping" (a byte now and then), "endless" (more and more), "packed"
    (small, and endless once unpacked), "echoing" (an error that says all that it was
    asked) or "killed" (half of the request arrives, then `kill` ends the server).
    `only` limits that to paths that contain it, `times` to so many requests.
    """

    daemon_threads = False
    block_on_close = True

    def __init__(self, upstream: str) -> None:
        """Listen on a free port before a server."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self.upstream = upstream
        self.mood: int | str | None = None
        self.only = ""
        self.times = -1
        self.retry_after: str | None = None
        self.asked: list[str] = []
        self.sent = 0
        self.echo = ""
        self.kill: Callable[[], None] = lambda: None
        self.closing = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Gate

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Keep the tests' output clean."""

    def _answer(self) -> None:
        gate = self.server
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        gate.asked.append(f"{self.command} {self.path}")
        mood = gate.mood if gate.only in self.path and gate.times else None
        gate.times -= mood is not None
        if mood is None:
            self._hand_on(body)
        elif mood == "silent":
            gate.closing.wait(60)
            self.close_connection = True
        elif mood == "killed":
            lines = body.splitlines(keepends=True)
            self._forward(b"".join(lines[: len(lines) // 2]))
            gate.kill()
            gate.mood = None
            self.close_connection = True
        elif mood == "cut":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"{")
            self.close_connection = True
        elif mood in ("dripping", "endless", "packed"):
            with suppress(OSError):
                self._go_on(mood)
            self.close_connection = True
        elif mood == "echoing":
            said = "\n".join((self.path, str(self.headers), body.decode(), gate.echo))
            self._send(400, json.dumps({"error": said}).encode(), {})
        elif mood == "garbage":
            self._send(200, b"\xff<html>no such thing", {})
        else:
            after = {"Retry-After": gate.retry_after} if gate.retry_after else {}
            self._send(int(mood), b'{"error":"no","code":"x","message":"no"}', after)

    def _go_on(self, mood: str) -> None:
        """Send an answer that has no end, slowly or as fast as it is read."""
        gate = self.server
        self.send_response(200)
        packed = zlib.compressobj(9, zlib.DEFLATED, 31)
        if mood == "packed":
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        piece = {"dripping": b" ", "endless": b" " * 65536}.get(mood)
        while not gate.closing.wait(0.05 if mood == "dripping" else 0):
            sent = piece or packed.compress(b" " * 10_000_000)
            gate.sent += len(sent)
            self.wfile.write(sent)
            self.wfile.flush()

    def _hand_on(self, body: bytes) -> None:
        try:
            self._send(*self._forward(body))
        except urllib.error.HTTPError as error:
            with error:
                self._send(error.code, error.read(), dict(error.headers))
        except OSError:
            # Nobody behind the gate: the connection ends without an answer.
            self.close_connection = True

    def _forward(self, body: bytes) -> tuple[int, bytes, dict[str, str]]:
        headers = {
            key: value
            for key, value in self.headers.items()
            if key.lower() not in ("host", "content-length")
        }
        request = urllib.request.Request(
            f"{self.server.upstream}{self.path}",
            data=body if self.command == "POST" else None,
            headers=headers,
            method=self.command,
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read(), dict(answer.headers)

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.server.sent += len(body)
        self.send_response(status)
        for key, value in headers.items():
            if key.lower() in ("content-type", "retry-after", "content-encoding"):
                self.send_header(key, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def gate_before(upstream: str) -> Iterator[Gate]:
    """Open a gate before a server."""
    with serving(Gate(upstream)) as gate:
        try:
            yield gate
        finally:
            gate.closing.set()
