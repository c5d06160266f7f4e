"""What all tests share."""

import asyncio
from collections.abc import Generator, Iterator
import logging
import os
from pathlib import Path
import subprocess
from typing import Any, NoReturn

from hypothesis import HealthCheck, settings
import pytest
from pytest_socket import disable_socket, enable_socket

# Before the test plugin's own package of this name can take its place.
from custom_components import nebenkosten
from scripts.servers import Influxd, VictoriaMetrics, unpack

from .influx.official_flux import OfficialFlux, install
from .influx.stand_in import StandIn, standing_in

INTEGRATION = nebenkosten.__name__

# The plugin lets the database tell every statement, tens of thousands of them.
logging.getLogger("sqlalchemy.engine").setLevel(logging.WARNING)

# How fast a machine is, is no property of ours. Examples are fresh each time, also in
# CI, where Hypothesis would draw the same ones; one that fails is printed as a line
# that brings it back.
settings.register_profile(
    "nebenkosten",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=False,
    print_blob=True,
)
settings.load_profile("nebenkosten")


@pytest.hookimpl(wrapper=True)
def pytest_report_to_serializable() -> Generator[None, Any, Any]:
    """Let hostile texts in reports reach the process that prints: no surrogates."""
    return _sendable((yield))


# What starts real processes and waits for them, the longest first.
_LONG = ("tests/faults/", "tests/real/", "tests/browser/")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest tests: side by side, the short ones fill up the rest."""
    items.sort(key=_rank)


def _rank(item: pytest.Item) -> int:
    for rank, folder in enumerate(_LONG):
        if item.nodeid.startswith(folder):
            return rank
    return len(_LONG)


def _sendable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {key: _sendable(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(map(_sendable, value))
    return value


@pytest.fixture(autouse=True)
async def enable_event_loop_debug() -> None:
    """Refuse calls from other threads, as a loop in debug mode does.

    Takes the place of the plugin's fixture of this name: debug mode keeps the stack of
    whoever makes a future, which is a fifth of the time of all tests. With
    `PYTHONASYNCIODEBUG=1` it is on all the same.
    """
    loop: Any = asyncio.get_running_loop()
    call_soon = loop.call_soon

    def checked(*given: Any, **more: Any) -> asyncio.Handle:
        loop._check_thread()
        handle: asyncio.Handle = call_soon(*given, **more)
        return handle

    loop.call_soon = checked


def not_run(reason: str) -> NoReturn:
    """Say loudly that a tool cannot be had; where changes land, that is a failure."""
    if "CI" in os.environ:
        pytest.fail(reason)
    pytest.skip(f"NOT RUN: {reason}")


@pytest.fixture(scope="session")
def _packages() -> None:
    """Have the servers of Debian's packages."""
    try:
        unpack()
    except (OSError, subprocess.SubprocessError) as error:
        not_run(f"Debian's servers cannot be had: {getattr(error, 'stderr', error)}")


@pytest.fixture(scope="session")
def _influxd_process(
    _packages: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Influxd]:
    """Start one InfluxDB 1 for all tests; each has databases of its own."""
    enable_socket()
    server = Influxd(tmp_path_factory.mktemp("influxdb")).start()
    disable_socket(allow_unix_socket=True)
    yield server
    server.stop()


@pytest.fixture
def influxd(_influxd_process: Influxd, socket_enabled: None) -> Influxd:
    """Return a running InfluxDB 1."""
    return _influxd_process


@pytest.fixture
def own_influxd(
    _packages: None, socket_enabled: None, tmp_path: Path
) -> Iterator[Influxd]:
    """Return an InfluxDB 1 that the test may stop and start."""
    server = Influxd(tmp_path / "influxdb").start()
    yield server
    server.stop()


@pytest.fixture
def victoria_metrics(
    _packages: None, socket_enabled: None, tmp_path: Path
) -> Iterator[VictoriaMetrics]:
    """Return a server with the write endpoint of InfluxDB 2."""
    server = VictoriaMetrics(tmp_path / "victoria").start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def official_flux() -> Iterator[OfficialFlux]:
    """Return the official parser and checker of Flux."""
    try:
        install()
        flux = OfficialFlux()
    except (OSError, subprocess.SubprocessError) as error:
        not_run(f"Flux's parser cannot be had: {getattr(error, 'stderr', error)}")
    yield flux
    flux.close()


@pytest.fixture
def stand_in(official_flux: OfficialFlux, socket_enabled: None) -> Iterator[StandIn]:
    """Return a stand-in for InfluxDB 2."""
    with standing_in(official_flux) as server:
        yield server
