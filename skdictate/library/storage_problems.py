"""Translates errors of the disk and of SQLite into problems that a user can act on."""

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
"""With less free space than this, SQLite cannot work."""
_OR = ", or set SKDICTATE_HOME to another folder."
_MEANWHILE = "; until then all is held in memory."
_FULL = "The disk is full", "Free some space"
_NO_FILES = "The disk can hold no more files, though it has room", "Remove some files"
_BROKEN = "The disk reports an error", "Check the disk"
_FORBIDDEN = "Writing to the disk is not allowed", "Correct the permissions of the folder"
_HELD = "The library is in use by another program", "Close that program"
_DAMAGED = "The library is damaged", "Check the disk"
_READ_ONLY = "The disk is read-only", "Mount it for writing"
_OTHER = "Writing to the disk failed", "Check the disk"
_UNUSABLE = "The library cannot be used", "Check the disk"

_BY_ERRNO = {
    errno.ENOSPC: _FULL,
    getattr(errno, "EDQUOT", -1): ("Your disk quota is used up", "Free some space"),
    errno.EFBIG: ("The file is too large for this disk", "Begin another dictation"),
    errno.EROFS: _READ_ONLY,
    errno.EACCES: _FORBIDDEN,
    errno.EPERM: _FORBIDDEN,
    errno.EIO: _BROKEN,
}
_BY_SQLITE = {
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_READONLY: ("The library is write-protected", "Correct its permissions"),
    sqlite3.SQLITE_CANTOPEN: ("The library cannot be opened", "Correct its permissions"),
    sqlite3.SQLITE_PERM: _FORBIDDEN,
    sqlite3.SQLITE_BUSY: _HELD,
    sqlite3.SQLITE_LOCKED: _HELD,
    sqlite3.SQLITE_IOERR: _BROKEN,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
}


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Translates ``OSError`` and ``sqlite3.Error`` raised inside.

    Raises:
        ProblemError: of the kind ``DISK``, with the path and the system's words as its detail.
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
    """The problem with a hint for a dictation that goes on: what waits is held in memory."""
    hint = problem.hint.removesuffix(_OR).removesuffix(".")
    return replace(problem, hint=f"{hint or 'Wait'}{_MEANWHILE}")


def is_damage(error: ProblemError) -> bool:
    """Whether the library itself is broken, so that trying again cannot help."""
    return _code(error.__cause__) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _of_disk(error: sqlite3.Error, path: Path) -> tuple[str, str] | None:
    """The title and hint for a state of the disk that SQLite hides; None if there is none."""
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
    """The primary result code of SQLite, without its extended bits; 0 for other errors."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def _problem(title: str, detail: str, hint: str) -> Problem:
    return Problem(Kind.DISK, title, detail, hint + _OR)
