"""Home Assistant is killed during an import; all of it is there afterwards, or none."""

from collections.abc import Callable
from contextlib import suppress
import http.client
import random
import threading
import time

from scripts.home_assistant import HomeAssistantError, Server

READINGS = 100_000
ROUNDS = 20


def _write_file(server: Server) -> None:
    """Write readings every minute; 100,000 of them are about seventy days."""
    folder = server.folder / "nebenkosten"
    folder.mkdir(exist_ok=True)
    with (folder / "many.csv").open("w", encoding="utf-8") as file:
        file.write("time;value\n")
        for minute in range(READINGS):
            moment = time.gmtime(1735689600 + minute * 60)
            file.write(f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', moment)};{minute}.5\n")


def _import(server: Server, meter: str) -> None:
    with suppress(OSError, http.client.HTTPException, HomeAssistantError):
        server.act("import_readings", path="many.csv", meter_id=meter)


def test_twenty_kills_during_an_import(new_server: Callable[..., Server]) -> None:
    server = new_server()
    server.start()
    entry_id = server.add_house()
    meters = [f"meter_{number}" for number in range(ROUNDS + 1)]
    for meter in meters:
        server.add_meter(
            entry_id, {"name": meter, "medium": "electricity", "unit": "kWh"}
        )
    server.wait_loaded(entry_id)
    _write_file(server)
    begin = time.monotonic()
    _import(server, meters[-1])
    whole = time.monotonic() - begin
    dice = random.Random(4711)
    found = []
    for meter in meters[:-1]:
        worker = threading.Thread(target=_import, args=(server, meter))
        worker.start()
        time.sleep(dice.uniform(0, 1.6 * whole))
        server.kill()
        worker.join()
        server.start()
        run = server.act("run_analytics", meter_id=meter)
        assert run["status"] == "ok"
        found.append(run["meters"][meter]["readings"])
    assert set(found) <= {0, READINGS}
    # The instants really fell before and after the end of the import.
    assert len(set(found)) == 2, found
    run = server.act("run_analytics")
    assert run["status"] == "ok"
    assert "ERROR" not in "".join(
        line
        for line in server.log.read_text().splitlines(keepends=True)
        if "nebenkosten" in line
    )
