"""Real Home Assistant processes on loopback."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scripts.home_assistant import Server, prepare
from scripts.servers import free_port


@pytest.fixture(autouse=True)
def _sockets(socket_enabled: None) -> None:
    """Allow sockets: everything here talks to loopback only."""


@pytest.fixture
def new_server(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Make prepared servers that end with the test."""
    made: list[Server] = []

    def make() -> Server:
        port = free_port()
        folder = tmp_path / f"config{len(made)}"
        prepare(folder, port)
        made.append(Server(folder, port))
        return made[-1]

    yield make
    for server in made:
        server.stop()
