"""Servers and pages that mean harm."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import random
from typing import Final, override

from scripts.servers import serving

from .subject import Subject
from .truth import WrongError

_PAGES: Final = (
    "<" * 50_000,
    "<table>" * 20_000,
    "<table><tr><td>" * 10_000,
    "<!--" * 40_000,
    "&" * 200_000,
    "<td a=" * 30_000,
    "<table><tr>" + "<td>1" * 60_000,
    "x" * 5_000_000,
)


class _Pages(ThreadingHTTPServer):
    page = b""


class _Handler(BaseHTTPRequestHandler):
    server: _Pages

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(self.server.page)))
        self.end_headers()
        self.wfile.write(self.server.page)

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Keep the tests' output clean."""


@contextmanager
def _serving(page: bytes) -> Iterator[str]:
    with serving(_Pages(("127.0.0.1", 0), _Handler)) as server:
        server.page = page
        yield f"http://127.0.0.1:{server.server_port}/"


def hostile_page(subject: Subject, dice: random.Random) -> None:
    """A station's page takes long to read; whether the loop is held is measured."""
    base = "/api/config/config_entries/subentries/flow"
    with _serving(dice.choice(_PAGES).encode()) as url:
        handler = [subject.entry_id, "water_temperature"]
        flow = subject.server.post(base, {"handler": handler})
        form = {"station": "other", "name": "See", "url": url}
        done = subject.server.post(f"{base}/{flow['flow_id']}", form)
        if done["type"] != "form" or not done["errors"]:
            raise WrongError(f"a page without a table was accepted: {done['type']}")
