"""Home Assistant's own backup holds a journal that is whole, also during writes."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
import threading
import time

from custom_components.nebenkosten.journal.store import open_journal
from scripts.home_assistant import Server

from .backups import taken, unpacked


def test_a_backup_during_writes(
    new_server: Callable[..., Server], tmp_path: Path
) -> None:
    server = new_server()
    server.start()
    entry_id = server.add_house()
    server.add_meter(
        entry_id, {"name": "Strom", "medium": "electricity", "unit": "kWh"}
    )
    server.wait_loaded(entry_id)
    acknowledged: list[int] = []
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            number = len(acknowledged) + 1
            moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=number)
            time_text = moment.isoformat()
            server.act("add_reading", meter_id="strom", value=number, time=time_text)
            acknowledged.append(number)

    writer = threading.Thread(target=write)
    writer.start()
    time.sleep(1)
    before = len(acknowledged)
    backup = taken(server)
    stop.set()
    writer.join()
    assert "nebenkosten.db" in set(unpacked(backup, tmp_path))
    journal = open_journal(tmp_path / "nebenkosten.db")
    kept = journal.rows("SELECT count(*) FROM readings")[0][0]
    assert kept >= before > 0
    journal.close()
