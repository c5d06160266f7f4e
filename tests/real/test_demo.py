"""The demo, as a user starts it; its statistics against the engine alone."""

from contextlib import suppress
import json
import os
from pathlib import Path
import signal
import socket
import subprocess
import time

import pytest

from scripts.home_assistant import REPOSITORY, Server
from scripts.servers import free_port

from .houses import METERS

READINGS = """meter_id;time;value;kind
strom;2026-01-01 08:00;1.000,5;actual
strom;2026-02-15 12:00;1.180,5;removal
strom;2026-02-15 12:30;3,0;install
strom;2026-03-29 23:00;110,0;actual
Wasser_1;2026-01-01;99998,5;actual
Wasser_1;2026-02-01;4,25;actual
Wasser_1;2026-02-10;7,25;actual
waerme;2026-01-01;12,5;actual
waerme;2026-02-01;11,5;actual
waerme;2026-03-01;13,5;actual
"""


def test_the_demo_equals_the_engine(tmp_path: Path) -> None:
    house = tmp_path / "a house"
    house.mkdir()
    (house / "meters.yaml").write_text(METERS, encoding="utf-8")
    (house / "readings.csv").write_text(READINGS, encoding="utf-8")
    port, config = free_port(), tmp_path / "config"
    done = subprocess.run(
        [
            *(str(REPOSITORY / "scripts" / "demo"), "--house", str(house)),
            *("--json", "-", "--port", str(port), "--config", str(config)),
        ],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    pid = int(done.stderr.split("end it with: kill ")[1].split()[0])
    try:
        shown = json.loads(done.stdout)
        assert "summe" in done.stderr
        _same_as_engine(house, tmp_path / "engine.json", shown)
        _same_as_recorder(Server(config, port), shown)
    finally:
        os.killpg(pid, signal.SIGTERM)
    log = (config / "home-assistant.log").read_text()
    for line in log.splitlines():
        if " ERROR " in line:
            assert "nebenkosten" not in line
            assert "recorder" not in line
    token = config / "demo-token"
    assert token.stat().st_mode & 0o777 == 0o600


def _processes(folder: Path) -> list[int]:
    """Return the processes that speak of a folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if str(folder).encode() in path.read_bytes():
                found.append(int(path.parent.name))
    return found


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_the_demo_ends_in_order(tmp_path: Path, number: signal.Signals) -> None:
    port, config = free_port(), tmp_path / "config"
    with (tmp_path / "log").open("w") as log:
        demo = subprocess.Popen(
            [
                str(REPOSITORY / "scripts" / "demo"),
                *("--port", str(port), "--config", str(config)),
            ],
            stdout=log,
            stderr=log,
        )
    said = tmp_path / "log"
    deadline = time.monotonic() + 200
    while "setting up" not in said.read_text() and time.monotonic() < deadline:
        assert demo.poll() is None, said.read_text()
        time.sleep(0.1)
    demo.send_signal(number)
    assert demo.wait(timeout=100) == 1
    assert "interrupted" in said.read_text()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
    assert _processes(config) == []


def _same_as_engine(house: Path, target: Path, shown: dict[str, object]) -> None:
    run = shown["run"]
    assert isinstance(run, dict)
    subprocess.run(
        [
            *(str(REPOSITORY / ".venv" / "bin" / "python"), "-m"),
            *("custom_components.nebenkosten.engine", str(house)),
            *("--json", str(target), "--as-of", str(run["as_of"])),
        ],
        cwd=REPOSITORY,
        check=True,
    )
    alone = json.loads(target.read_text(encoding="utf-8"))
    assert run["time_zone"] == alone["run"]["time_zone"]
    assert alone["meters"]["summe"]["kind"] == "master"
    assert shown["meters"] == _near(alone["meters"])


def _near(value: object) -> object:
    if isinstance(value, dict):
        return {key: _near(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_near(item) for item in value]
    if isinstance(value, float):
        return pytest.approx(value, rel=1e-6, abs=1e-6)
    return value


def _same_as_recorder(server: Server, shown: dict[str, object]) -> None:
    meters = shown["meters"]
    assert isinstance(meters, dict)
    for meter_id, meter in meters.items():
        statistic = f"nebenkosten:{meter_id.lower()}_consumption"
        (found,) = server.websocket(
            {
                "type": "recorder/statistics_during_period",
                "start_time": "1970-01-01T00:00:00Z",
                "statistic_ids": [statistic],
                "period": "day",
                "types": ["change"],
            }
        )
        published = [row["change"] for row in found[statistic]]
        known = [day[1] for day in meter["daily"] if day[1] is not None]
        assert published == pytest.approx(known, abs=1e-6)
