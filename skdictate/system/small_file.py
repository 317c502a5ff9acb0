"""Small files that a user names, read whole: never without end, never waiting for a writer."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

MOST_BYTES = 1_048_576
"""More than any settings, certificate or token has."""


def read(path: Path, most_bytes: int = MOST_BYTES) -> bytes:
    """The content of a file; the null device is an empty one.

    Raises:
        OSError: it cannot be read, is a pipe or a device, or holds more than ``most_bytes``.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
    with os.fdopen(os.open(path, flags), "rb") as file:
        about = os.fstat(file.fileno())
        mode = about.st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        is_null = stat.S_ISCHR(mode) and about.st_rdev == Path(os.devnull).stat().st_rdev
        if not (stat.S_ISREG(mode) or is_null):
            raise OSError(errno.EINVAL, "it is a pipe or a device, and no file")
        data = file.read(most_bytes + 1)
    if len(data) > most_bytes:
        raise OSError(errno.EFBIG, f"it holds more than {most_bytes} bytes")
    return data
