"""A file of this user alone, replaced whole: never half written, never others' to read."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from skdictate.system.paths import FILE_MODE, private_folder


def write(path: Path, text: str) -> None:
    """Put the text in place of what is there; on return it outlives a power cut.

    Raises:
        OSError: the disk or the folder does not take it; what was there is still there.
        ProblemError: there is no folder, and none can be made.
    """
    if not path.parent.exists():
        private_folder(path.parent)
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    try:
        descriptor = os.open(new, flags, FILE_MODE)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError:
        with suppress(OSError):
            new.unlink(missing_ok=True)
        raise
    _sync(path.parent)


def _sync(folder: Path) -> None:
    """Make the new name outlive a power cut, where a folder can be synced."""
    if os.name != "posix":
        return
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
