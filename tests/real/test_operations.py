"""What only a whole Home Assistant shows: a house goes, another one comes back."""

from collections.abc import Callable
import shutil
import time
from typing import Any
from urllib.request import Request, urlopen

from scripts.home_assistant import REPOSITORY, Server

from .backups import taken, unpacked

METERS = REPOSITORY / "examples" / "house" / "meters.yaml"


def _example(server: Server) -> str:
    """Set the example house up with its readings, as the demo does."""
    files = {"meters": METERS}
    for name in ("seasonal_patterns", "config"):
        path = METERS.with_name(f"{name}.yaml")
        if path.exists():
            files[{"seasonal_patterns": "patterns"}.get(name, name)] = path
    entry_id = server.add_house(files=files)
    server.wait_loaded(entry_id)
    folder = server.folder / "nebenkosten"
    folder.mkdir(exist_ok=True)
    for path in (METERS.parent / "readings").glob("*.csv"):
        shutil.copy(path, folder / path.name)
        server.act("import_readings", path=path.name, meter_id=path.stem)
    assert server.act("run_analytics")["status"] == "ok"
    return entry_id


def _ours(server: Server) -> list[str]:
    (found,) = server.websocket({"type": "recorder/list_statistic_ids"})
    ids: list[str] = [one["statistic_id"] for one in found]
    return [one for one in ids if one.startswith("nebenkosten:")]


def _sensors(server: Server) -> dict[str, str]:
    """Return the values of the meters' sensors."""
    return {
        state["entity_id"]: state["state"]
        for state in server.get("/api/states")
        if state["attributes"].get("meter_id") or "previous_month" in state["entity_id"]
    }


def test_the_example_house_leaves_no_statistics_behind(
    new_server: Callable[..., Server],
) -> None:
    server = new_server()
    server.start()
    entry_id = _example(server)
    assert len(_ours(server)) > 3
    assert _sensors(server)
    request = Request(
        f"{server.url}/api/config/config_entries/entry/{entry_id}",
        headers={"Authorization": f"Bearer {server.token}"},
        method="DELETE",
    )
    with urlopen(request, timeout=60):
        pass
    deadline = time.monotonic() + 30
    while _ours(server) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert _ours(server) == []
    assert _sensors(server) == {}


def test_a_backup_restored_elsewhere_shows_the_same(
    new_server: Callable[..., Server],
) -> None:
    server = new_server()
    server.start()
    _example(server)
    before = _sensors(server)
    readings = _readings(server)
    backup = taken(server)
    server.stop()

    other = new_server()
    kept = (other.folder / "configuration.yaml").read_text()
    port = (other.folder / ".storage" / "http").read_text()
    assert "nebenkosten.db" in set(unpacked(backup, other.folder))
    (other.folder / "configuration.yaml").write_text(kept)
    (other.folder / ".storage" / "http").write_text(port)
    other.start()
    assert _readings(other) == readings
    # The recorder did not come along: everything is published anew.
    assert other.act("run_analytics", full=True)["status"] == "ok"
    assert _sensors(other) == before
    assert _ours(other)


def _readings(server: Server) -> Any:
    return server.act("get_readings", limit=10_000)["meters"]
