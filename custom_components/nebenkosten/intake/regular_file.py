"""What is in a file that somebody named: a regular one, opened once, not too large.

Nothing is asked of a name twice: what it stands for may change in between.
"""

from collections.abc import Callable
import os
from pathlib import Path
import stat
from typing import Final

from .table import LARGEST, FileError

# A pipe would wait for somebody who writes, and a device has no end.
_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def opened_path(descriptor: int) -> Path:
    """Return where an open file or folder lies, free of links."""
    return Path(f"/proc/self/fd/{descriptor}").readlink()


def read_regular(
    path: Path, check: Callable[[Path], None] | None = None, most: int = LARGEST
) -> bytes:
    """Return a file's content; raises FileError, and what `check` raises.

    `path` is free of links; `check` is told where the file that was opened lies.
    """
    try:
        descriptor = os.open(path, _FLAGS)
    except (OSError, ValueError) as error:
        raise FileError("file_unreadable") from error
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise FileError("no_regular_file")
        if check is not None:
            check(opened_path(descriptor))
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            content = file.read(most + 1)
    except OSError as error:
        raise FileError("file_unreadable") from error
    finally:
        os.close(descriptor)
    if len(content) > most:
        raise FileError("file_too_large")
    return content
