"""Which files may an action read or write?"""

import os
from pathlib import Path
from typing import IO

from homeassistant.core import HomeAssistant

from .const import FILES_FOLDER
from .errors import refuse


def allowed_path(hass: HomeAssistant, given: str) -> Path:
    """Return a path below `<config>/nebenkosten/` or an allow-listed folder.

    Blocks: links are resolved first. A relative path lies in our folder.
    """
    folder = Path(hass.config.path(FILES_FOLDER)).resolve()
    path = (folder / given).resolve()
    if not path.is_relative_to(folder) and not hass.config.is_allowed_path(str(path)):
        raise refuse("path_not_allowed", folder=FILES_FOLDER)
    return path


def read_file(hass: HomeAssistant, given: str) -> bytes:
    """Return a file's content; raises ServiceValidationError with the reason."""
    path = allowed_path(hass, given)
    try:
        return path.read_bytes()
    except OSError as error:
        raise refuse("file_unreadable", file=path.name) from error


def write_new_file(hass: HomeAssistant, given: str, content: str) -> str:
    """Write a file that does not exist yet and return its path."""
    path = allowed_path(hass, given)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="") as file:
            _write_whole(file, content, path)
    except FileExistsError as error:
        raise refuse("file_exists", file=path.name) from error
    except OSError as error:
        raise refuse("file_unwritable", file=path.name) from error
    return str(path)


def _write_whole(file: IO[str], content: str, path: Path) -> None:
    """Write all of it, or leave no file behind that looks like an export."""
    try:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
