"""Servers for tests and benchmarks, from Debian's packages, on loopback only."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
import random
import signal
import socket
from socketserver import BaseServer
import subprocess
import threading
import time
from typing import Self
import urllib.request

REPOSITORY = Path(__file__).resolve().parent.parent
PACKAGES = REPOSITORY / ".servers"
_PORTS = (15_000, 32_000)

_CONFIGURATION = """\
reporting-disabled = true
bind-address = "127.0.0.1:{rpc}"
[meta]
dir = "{folder}/meta"
[data]
dir = "{folder}/data"
wal-dir = "{folder}/wal"
index-version = "tsi1"
query-log-enabled = false
[monitor]
store-enabled = false
[http]
bind-address = "127.0.0.1:{port}"
auth-enabled = {auth}
log-enabled = false
"""


def unpack() -> None:
    """Fetch the packages; raises CalledProcessError where that is not possible."""
    subprocess.run(
        [REPOSITORY / "scripts" / "debian_servers", PACKAGES],
        check=True,
        capture_output=True,
        text=True,
        timeout=300,
    )


def free_port() -> int:
    """Return a port that nobody listens on.

    It is none of those that the kernel gives away, to a connection that goes out, say,
    before a server is there to listen; others who look meanwhile find another one.
    """
    dice = random.SystemRandom()
    while True:
        port = dice.randrange(*_PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@contextmanager
def serving[S: BaseServer](server: S) -> Iterator[S]:
    """Let a server of this process answer in a thread of its own, then close it."""
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server:
    """A process that answers to a ping."""

    def __init__(self, command: list[str], port: int, log: Path) -> None:
        self._command = command
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self.port = port
        self.url = f"http://127.0.0.1:{port}"

    def start(self) -> Self:
        """Start and wait until it answers."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{self.url}/ping", timeout=1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return self
        raise RuntimeError(f"{self._command[0]} does not answer: see {self._log}")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it, politely or not."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(timeout=30)
            self._process = None


class Influxd(_Server):
    """InfluxDB 1, with what it keeps in a folder."""

    def __init__(self, folder: Path, *, auth: bool = False) -> None:
        """Lay out the configuration; `start` starts it."""
        folder.mkdir(parents=True, exist_ok=True)
        port = free_port()
        configuration = folder / "influx.conf"
        configuration.write_text(
            _CONFIGURATION.format(
                folder=folder, port=port, rpc=free_port(), auth=str(auth).lower()
            )
        )
        command = [str(PACKAGES / "usr/bin/influxd"), "-config", str(configuration)]
        super().__init__(command, port, folder / "log")


class VictoriaMetrics(_Server):
    """A server with the write endpoint of InfluxDB 2."""

    def __init__(self, folder: Path) -> None:
        """Prepare; `start` starts it."""
        folder.mkdir(parents=True, exist_ok=True)
        port = free_port()
        command = [
            str(PACKAGES / "usr/bin/victoria-metrics"),
            f"-httpListenAddr=127.0.0.1:{port}",
            f"-storageDataPath={folder / 'data'}",
            "-retentionPeriod=100y",
        ]
        super().__init__(command, port, folder / "log")
