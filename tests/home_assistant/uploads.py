"""Files that are given to a form."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from homeassistant.core import HomeAssistant
import pytest

from custom_components.nebenkosten.flows import uploads

type Upload = Callable[[str, bytes], str]


@pytest.fixture
def upload(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Upload:
    """Stand in for Home Assistant's upload folder alone."""

    @contextmanager
    def uploaded(_hass: HomeAssistant, file_id: str) -> Iterator[Path]:
        path = tmp_path / file_id
        yield path
        path.unlink()

    monkeypatch.setattr(uploads, "process_uploaded_file", uploaded)
    known: list[str] = []

    def put(name: str, content: bytes) -> str:
        # The form's selector takes nothing but such an id.
        file_id = f"0000000000000000000000000000{len(known):04x}"
        known.append(name)
        (tmp_path / file_id).write_bytes(content)
        return file_id

    return put
