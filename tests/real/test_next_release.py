"""The newest Home Assistant: the demo, the tests that need no plugin, its new tools."""

import json
from pathlib import Path
import subprocess

import pytest

from scripts.home_assistant import REPOSITORY, Server
from scripts.servers import free_port

from ..conftest import not_run
from .houses import METERS

READINGS = """meter_id;time;value
strom;2026-01-01;1000,5
strom;2026-03-01;1180,5
waerme;2026-01-01;12,5
waerme;2026-02-01;13,5
waerme;2026-06-01;15,5
"""
PYTHON = REPOSITORY / ".venv-next" / "bin" / "python"


@pytest.fixture(scope="module")
def newest() -> Path:
    """Have the environment of the newest release."""
    try:
        subprocess.run(
            [REPOSITORY / "scripts" / "setup_next"], check=True, capture_output=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        not_run(f"the newest release cannot be had: {getattr(error, 'stderr', error)}")
    return PYTHON


def _run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=1500,
        check=False,
    )


def test_the_demo_runs_and_days_can_be_taken_back(newest: Path, tmp_path: Path) -> None:
    house = tmp_path / "house"
    house.mkdir()
    (house / "meters.yaml").write_text(METERS, encoding="utf-8")
    (house / "readings.csv").write_text(READINGS, encoding="utf-8")
    config, port = tmp_path / "config", free_port()
    done = _run(
        *(newest, "-m", "scripts.demo", "--exit", "--house", house),
        *("--port", str(port), "--config", config, "--json", "-"),
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["run"]["status"] == "ok"
    assert result["meters"]["summe"]["kind"] == "master"

    server = Server(config, port, newest).start()
    try:
        assert server.get("/api/config")["version"].startswith("2026.11")
        before = _rows(server)
        readings = server.act("get_readings", meter_id="waerme")["meters"]["waerme"]
        last = readings["readings"][-1]["id"]
        server.act("delete_reading", reading_id=last)
        run = server.act("run_analytics", meter_id="waerme")
        after = _rows(server)
        assert run["status"] == "ok"
        assert len(after) < len(before)
        # Only the tail was touched: what lies before the change is as it was written.
        assert 0 < run["written"]["statistics"] < len(after)
        days = server.act("get_consumption", meter_id="waerme")["meters"]["waerme"]
        known = [row["value"] for row in days["rows"] if row["value"] is not None]
        assert after[-1]["sum"] == pytest.approx(sum(known))
        assert len(after) == len(known)
    finally:
        server.stop()
    log = server.log.read_text(encoding="utf-8")
    assert "[custom_components.nebenkosten" not in "".join(
        line for line in log.splitlines() if " ERROR " in line
    )


def _rows(server: Server) -> list[dict[str, float]]:
    statistic = "nebenkosten:waerme_consumption"
    (found,) = server.websocket(
        {
            "type": "recorder/statistics_during_period",
            "start_time": "2020-01-01T00:00:00Z",
            "statistic_ids": [statistic],
            "period": "hour",
            "types": ["sum"],
        }
    )
    rows: list[dict[str, float]] = found[statistic]
    return rows


def test_what_needs_no_plugin_passes(newest: Path) -> None:
    # What an InfluxDB does is the same whatever release it is asked by.
    theirs = "--ignore=tests/publication/test_moving.py"
    done = _run(REPOSITORY / "scripts" / "test_next", theirs)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
