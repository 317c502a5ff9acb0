"""What a disk or SQLite says when it refuses, as a problem in words."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from skdictate.errors import Kind, Problem, ProblemError
from skdictate.system.paths import files_left

LEAST_BYTES = 65_536
"""With less room than that SQLite cannot work."""
_OR = ", or set SKDICTATE_HOME to another folder."
_MEANWHILE = "; until then all is held in memory."
_FULL = "The disk is full", "Free some space"
_NO_FILES = "The disk can hold no more files, though it has room", "Remove some files"
_BROKEN = "The disk fails", "Look after it"
_FORBIDDEN = "The disk may not be written to", "Mend its permissions"
_HELD = "The library is in use by another program", "Close that"
_DAMAGED = "The library is damaged", "Look after the disk"
_READ_ONLY = "The disk is read-only", "Mount it for writing"
_OTHER = "The disk does not take it", "Look after it"
_UNUSABLE = "The library cannot be used", "Look after the disk"

_BY_ERRNO = {
    errno.ENOSPC: _FULL,
    getattr(errno, "EDQUOT", -1): ("Your share of the disk is used up", "Free some space"),
    errno.EFBIG: ("The disk takes no file as large as this", "Begin another dictation"),
    errno.EROFS: _READ_ONLY,
    errno.EACCES: _FORBIDDEN,
    errno.EPERM: _FORBIDDEN,
    errno.EIO: _BROKEN,
}
_BY_SQLITE = {
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_READONLY: ("The library may not be written to", "Mend its permissions"),
    sqlite3.SQLITE_CANTOPEN: ("The library cannot be opened", "Mend its permissions"),
    sqlite3.SQLITE_PERM: _FORBIDDEN,
    sqlite3.SQLITE_BUSY: _HELD,
    sqlite3.SQLITE_LOCKED: _HELD,
    sqlite3.SQLITE_IOERR: _BROKEN,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
}


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turns what goes wrong inside into a problem.

    Raises:
        ProblemError: of the kind ``DISK``.
    """
    try:
        yield
    except OSError as error:
        title, hint = _BY_ERRNO.get(error.errno or 0, _OTHER)
        if error.errno == errno.ENOSPC and not files_left(path):
            title, hint = _NO_FILES
        raise ProblemError(_problem(title, f"{path}: {error.strerror}", hint)) from error
    except sqlite3.Error as error:
        title, hint = _of_disk(error, path) or _BY_SQLITE.get(_code(error), _UNUSABLE)
        raise ProblemError(_problem(title, f"{path}: {error}", hint)) from error


def while_dictating(problem: Problem) -> Problem:
    """The same, for somebody who dictates on."""
    hint = problem.hint.removesuffix(_OR).removesuffix(".")
    return replace(problem, hint=f"{hint or 'Wait'}{_MEANWHILE}")


def is_damage(error: ProblemError) -> bool:
    """Whether the library itself is broken, so that trying again cannot help."""
    return _code(error.__cause__) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _of_disk(error: sqlite3.Error, path: Path) -> tuple[str, str] | None:
    """What the disk says itself, where SQLite does not pass it on."""
    of_disk = (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)
    if _code(error) not in of_disk or not hasattr(os, "statvfs"):
        return None
    with suppress(OSError):
        disk = os.statvfs(path.parent)
        if disk.f_flag & os.ST_RDONLY:
            return _READ_ONLY
        if disk.f_bavail * disk.f_frsize < LEAST_BYTES:
            return _FULL
        if not files_left(path):
            return _NO_FILES
    return None


def _code(error: BaseException | None) -> int:
    """What SQLite calls it, without the details that it adds to that."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def _problem(title: str, detail: str, hint: str) -> Problem:
    return Problem(Kind.DISK, title, detail, hint + _OR)
