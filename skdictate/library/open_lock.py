"""No library is put in the place of another while somebody opens that: its journal would be read
together with the wrong file."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

from skdictate.system.paths import FILE_MODE

with suppress(ImportError):  # Windows, where a file that is open cannot be renamed anyway
    import fcntl


@contextmanager
def opening(path: Path) -> Iterator[None]:
    """While inside, nobody puts another library there."""
    try:
        lock: io.FileIO | nullcontext[None] = _lock(path)
    except OSError:  # where nothing can be written, nothing can be renamed either
        lock = nullcontext()
    with lock:
        yield


@contextmanager
def replacing(path: Path) -> Iterator[None]:
    """While inside, nobody opens the library, nor puts another one there.

    Raises:
        OSError: the disk cannot be written to.
    """
    with _lock(path, is_alone=True):
        yield


def _lock(path: Path, *, is_alone: bool = False) -> io.FileIO:
    """Held until it is closed."""
    lock = io.FileIO(f"{path}.lock", "a", opener=_private)
    if os.name == "posix":
        fcntl.flock(lock, fcntl.LOCK_EX if is_alone else fcntl.LOCK_SH)
    return lock


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, FILE_MODE)
