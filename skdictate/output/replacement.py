"""A file that grows under a name of its own and takes the place of another when it is complete;
apart, since a text on its way to a file and one that is saved at once need the same care."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from skdictate.system.paths import FILE_MODE, refuse_links_of_others, sync_folder

MOST_PARTS = 1_000
"""Names that are tried for the file that grows; each is left by a program that was killed."""


class Replacement:
    """Written to through ``stream``; readable by its owner alone.

    A link at ``path`` is followed if this user or root has made it. What others have planted there
    is refused, and their hard links keep what they had, since the name alone is given away.

    Raises:
        OSError: the folder takes no file, or ``path`` must not be replaced.
    """

    def __init__(self, path: Path) -> None:
        refuse_links_of_others(path.absolute())
        self.path = Path(os.path.realpath(path))
        """What is replaced in the end; it need not exist."""
        _check(self.path)
        self.part, descriptor = _new(self.path)
        """Where the text is until then: beside it, so that it can take its place at once."""
        self.stream: TextIO = os.fdopen(descriptor, "w", encoding="utf-8")

    @property
    def is_needed(self) -> bool:
        """There is something already that only a complete text may replace."""
        return os.path.lexists(self.path)

    def commit(self) -> None:
        """Put what was written in the place of what is there; on return it outlives a power cut.

        Raises:
            OSError: the disk or the folder does not take it; what was there is still there.
        """
        self.stream.flush()
        os.fsync(self.stream.fileno())
        self.stream.close()
        self.part.replace(self.path)
        sync_folder(self.path.parent)

    def drop(self, *, keeps_text: bool) -> None:
        """Replace nothing; what was written stays under its own name, if it is to be kept."""
        with suppress(OSError):
            self.stream.close()
        with suppress(OSError):
            if not keeps_text or not self.part.stat().st_size:
                self.part.unlink()


def is_stream(path: Path) -> bool:
    """Whether it is a pipe or a device, which is written to and not replaced.

    Raises:
        OSError: that cannot be found out, or another user's link leads there.
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
    """A folder is no file, and one that its user has made read-only is meant to stay."""
    with suppress(FileNotFoundError):
        if stat.S_ISDIR(path.stat().st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not path.stat().st_mode & stat.S_IWUSR:
            raise PermissionError(errno.EACCES, "it is read-only")


def _new(path: Path) -> tuple[Path, int]:
    """A new file beside a path, and its descriptor."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    for n in range(1, MOST_PARTS):
        part = path.with_name(f"{path.name}.part" if n == 1 else f"{path.name}.{n}.part")
        with suppress(FileExistsError):
            return part, os.open(part, flags, FILE_MODE)
    raise FileExistsError(errno.EEXIST, f"there are {MOST_PARTS} unfinished texts beside it")
