"""Who works on a recording: one process at a time, and nobody once that process is gone.

A lock on an open file goes with the process, however that ends. So a dictation that says it runs,
and whose recording nobody holds, is one that was killed.
"""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    import msvcrt

_HELD = (errno.EAGAIN, errno.EACCES, errno.EDEADLK)
"""That somebody else has it. What else is said comes from file systems that have no locks."""
_FAR = 1 << 62
"""On Windows a lock keeps others from reading what it covers, so it covers a byte that never is."""


def claim(file: io.FileIO) -> bool:
    """Hold an open recording until it is closed; False if somebody else does."""
    try:
        if os.name == "posix":
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        else:
            position = file.tell()
            file.seek(_FAR)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
            file.seek(position)
    except OSError as error:
        return error.errno not in _HELD
    return True


@contextmanager
def held(path: Path) -> Iterator[bool]:
    """Whether a recording is ours alone while inside; so is one that is not there.

    One that cannot be opened is not.
    """
    try:
        file = io.FileIO(path, "r")
    except OSError as error:
        yield isinstance(error, FileNotFoundError)
        return
    with file:
        yield claim(file)
