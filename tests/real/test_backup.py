"""Home Assistant's own backup holds a journal that is whole, also during writes."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
import io
from pathlib import Path
import tarfile
import threading
import time

from custom_components.nebenkosten.journal.store import open_journal
from scripts.home_assistant import Server


def _journal_in(backup: Path, target: Path) -> Path:
    """Unpack the journal and its log from a backup."""
    with tarfile.open(backup) as outer:
        name = next(n for n in outer.getnames() if "homeassistant.tar" in n)
        content = outer.extractfile(name)
        assert content is not None
        with tarfile.open(fileobj=io.BytesIO(content.read())) as inner:
            for member in inner.getmembers():
                if "nebenkosten.db" in member.name:
                    member.name = Path(member.name).name
                    inner.extract(member, target, filter="data")
    return target / "nebenkosten.db"


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
    server.websocket(
        {
            "type": "backup/generate",
            "agent_ids": ["backup.local"],
            "include_database": False,
            "include_homeassistant": True,
            "name": "test",
        }
    )
    folder = server.folder / "backups"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not list(folder.glob("*.tar")):
        time.sleep(0.2)
    time.sleep(1)
    stop.set()
    writer.join()
    (backup,) = folder.glob("*.tar")
    journal = open_journal(_journal_in(backup, tmp_path))
    kept = journal.rows("SELECT count(*) FROM readings")[0][0]
    assert kept >= before > 0
    journal.close()
