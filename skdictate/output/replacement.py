"""Replaces a file atomically: text is written beside it and renamed when it is complete."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from skdictate.system.paths import FILE_MODE, refuse_links_of_others, sync_folder

MOST_PARTS = 1_000
"""Names that are tried for the temporary file; killed programs may have left some."""


class Replacement:
    """A temporary file that is written through ``stream`` and readable by its owner only.

    A symbolic link at ``path`` is followed if this user or root made it; links of others are
    refused. Hard links to the old file keep its content, since only the name is replaced.

    Raises:
        OSError: the folder cannot be written to, or ``path`` must not be replaced.
    """

    def __init__(self, path: Path) -> None:
        refuse_links_of_others(path.absolute())
        self.path = Path(os.path.realpath(path))
        """The file to replace; it need not exist."""
        _check(self.path)
        self.part, descriptor = _new(self.path)
        """The temporary file, in the same folder so that it can be renamed."""
        self.stream: TextIO = os.fdopen(descriptor, "w", encoding="utf-8")

    @property
    def is_needed(self) -> bool:
        """Whether ``path`` exists, so that only a complete text may replace it."""
        return os.path.lexists(self.path)

    def commit(self) -> None:
        """Replace the file; when this returns, the new one survives a power cut.

        Raises:
            OSError: it cannot be written; the old file is unchanged.
        """
        self.stream.flush()
        os.fsync(self.stream.fileno())
        self.stream.close()
        self.part.replace(self.path)
        sync_folder(self.path.parent)

    def drop(self, *, keeps_text: bool) -> None:
        """Give up; the temporary file is kept if ``keeps_text`` and it is not empty."""
        with suppress(OSError):
            self.stream.close()
        with suppress(OSError):
            if not keeps_text or not self.part.stat().st_size:
                self.part.unlink()


def is_stream(path: Path) -> bool:
    """Whether the path is a pipe or a device, which cannot be replaced.

    Raises:
        OSError: it cannot be inspected, or another user's link leads there.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return False
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
        return False
    refuse_links_of_others(path.absolute())
    return True


def _check(path: Path) -> None:
    """Refuse a folder, and a file that the user has made read-only.

    Raises:
        OSError: it must not be replaced.
    """
    with suppress(FileNotFoundError):
        if stat.S_ISDIR(path.stat().st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not path.stat().st_mode & stat.S_IWUSR:
            raise PermissionError(errno.EACCES, "it is read-only")


def _new(path: Path) -> tuple[Path, int]:
    """Create a temporary file beside a path; returns it and its descriptor."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    for n in range(1, MOST_PARTS):
        part = path.with_name(f"{path.name}.part" if n == 1 else f"{path.name}.{n}.part")
        with suppress(FileExistsError):
            return part, os.open(part, flags, FILE_MODE)
    raise FileExistsError(errno.EEXIST, f"there are {MOST_PARTS} unfinished files beside it")
