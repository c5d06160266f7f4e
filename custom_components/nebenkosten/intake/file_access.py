"""The files that an action may read or write."""

from contextlib import suppress
from functools import partial
import os
from pathlib import Path
from typing import Final
from uuid import uuid4

from homeassistant.core import HomeAssistant

from ..const import FILES_FOLDER
from ..messages.errors import refuse
from .regular_file import opened_path, read_regular
from .table import FileError

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def allowed_path(hass: HomeAssistant, given: str) -> Path:
    """Return a path below `<config>/nebenkosten/` or an allow-listed folder.

    Blocks: links are resolved first. A relative path lies in our folder.
    """
    if "\0" in given:
        raise refuse("path_not_allowed", folder=FILES_FOLDER)
    try:
        path = (_folder(hass) / given).resolve()
    except OSError as error:
        raise refuse("path_not_allowed", folder=FILES_FOLDER) from error
    _check(hass, path)
    return path


def _folder(hass: HomeAssistant) -> Path:
    return Path(hass.config.path(FILES_FOLDER)).resolve()


def _check(hass: HomeAssistant, path: Path) -> None:
    """Refuse what lies elsewhere, and our folder itself."""
    folder = _folder(hass)
    inside = path.is_relative_to(folder) and path != folder
    if not inside and not hass.config.is_allowed_path(str(path)):
        raise refuse("path_not_allowed", folder=FILES_FOLDER)


def read_file(hass: HomeAssistant, given: str) -> bytes:
    """Return a file's content; raises ServiceValidationError with the reason."""
    path = allowed_path(hass, given)
    try:
        return read_regular(path, partial(_check, hass))
    except FileError as error:
        raise refuse(error.key, file=path.name) from error


def write_new_file(hass: HomeAssistant, given: str, content: str) -> str:
    """Write a file that does not exist yet and return its path.

    It has its name only once all of it is on the disk; a failure leaves nothing.
    """
    path = allowed_path(hass, given)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        folder = os.open(path.parent, _FOLDER)
        try:
            _check(hass, opened_path(folder) / path.name)
            _write(folder, path.name, content)
        finally:
            os.close(folder)
    except FileExistsError as error:
        raise refuse("file_exists", file=path.name) from error
    except OSError as error:
        raise refuse("file_unwritable", file=path.name) from error
    return str(path)


def _write(folder: int, name: str, content: str) -> None:
    temporary = f".{uuid4().hex}.part"
    descriptor = os.open(temporary, _NEW, 0o666, dir_fd=folder)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        _name(folder, temporary, name)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(temporary, dir_fd=folder)
    os.fsync(folder)


def _name(folder: int, temporary: str, name: str) -> None:
    """Give a file its name; raises FileExistsError where there is one of it."""
    try:
        os.link(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    except FileExistsError:
        raise
    except OSError:
        # Not all disks know links: the name is taken first, then given.
        os.close(os.open(name, _NEW, dir_fd=folder))
        try:
            os.replace(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
        except OSError:
            os.unlink(name, dir_fd=folder)
            raise
