"""Reads secrets from files that only their owner can read, and from standard input."""

from __future__ import annotations

import os
import stat
from functools import lru_cache
from pathlib import Path

from skdictate.errors import Kind, Problem, ProblemError

MOST_BYTES = 16_384
"""The key of a service account has about 2500 bytes."""
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_NONBLOCK = getattr(os, "O_NONBLOCK", 0)
"""Keeps a named pipe in place of the file from blocking until somebody writes to it."""


def read_private(path: Path, *, is_given_by_system: bool = False) -> str:
    """Read a text file that belongs to this user and that nobody else can read.

    Args:
        path: the file; a symbolic link is refused.
        is_given_by_system: allow another owner and a readable group: systemd grants a service
            access to its credentials by an access list, whose mask appears as the group's
            permissions.

    Raises:
        ProblemError: it cannot be read, or others can read or replace it.
    """
    try:
        fd = os.open(path, os.O_RDONLY | _NOFOLLOW | _NONBLOCK | getattr(os, "O_CLOEXEC", 0))
    except OSError as error:
        if os.path.islink(path):  # noqa: PTH114 - never raises
            raise _refused(f"{path} is a symbolic link", "Give the file itself.") from None
        raise _refused(f"{path}: {error.strerror}", "Check its name and its permissions.") from None
    try:
        about = os.fstat(fd)
        if not stat.S_ISREG(about.st_mode):
            raise _refused(f"{path} is not a regular file", "Give a file, or - for standard input.")
        _check_rights(path, about, is_given_by_system=is_given_by_system)
        return _text(os.read(fd, MOST_BYTES + 1), f"{path}")
    except OSError as error:
        raise _refused(f"{path}: {error.strerror}", "Check the disk.") from None
    finally:
        os.close(fd)


def _check_rights(path: Path, about: os.stat_result, *, is_given_by_system: bool) -> None:
    if os.name != "posix":
        return  # on Windows the permissions of the user's own folder protect it
    owners = {os.geteuid(), 0} if is_given_by_system else {os.geteuid()}
    if about.st_uid not in owners:
        raise _refused(
            f"{path} belongs to another user", f"Make a copy of your own: {_owned(path)}"
        )
    others = 0o037 if is_given_by_system else 0o077
    if about.st_mode & others:
        mode = f"{stat.S_IMODE(about.st_mode):04o}"
        raise _refused(f"Others can read {path} (mode {mode})", f"Run: chmod 600 {path}")


def mode_of(path: Path) -> str:
    """The permissions of a file as in ``0600``; empty if they cannot be read."""
    try:
        return f"{stat.S_IMODE(path.stat(follow_symlinks=False).st_mode):04o}"
    except OSError:
        return ""


@lru_cache(maxsize=1)
def read_stdin(fd: int) -> str:
    """Read all of standard input; later calls return the same text.

    Raises:
        ProblemError: it is a terminal, where the key would be visible, or it does not hold text.
    """
    try:
        if os.isatty(fd):
            raise ProblemError(_input_is_terminal())
        data = b""
        while len(data) <= MOST_BYTES and (piece := os.read(fd, MOST_BYTES)):
            data += piece
    except OSError as error:
        raise _refused(f"standard input: {error.strerror}", "Pipe the key into it.") from None
    return _text(data, "standard input")


def _text(data: bytes, origin: str) -> str:
    if len(data) > MOST_BYTES:
        raise _refused(f"{origin} holds more than {MOST_BYTES} bytes", "That cannot be a key.")
    try:
        return data.decode()
    except UnicodeError:
        raise _refused(f"{origin} does not hold text", "That cannot be a key.") from None


def _owned(path: Path) -> str:
    return f"install -m 600 {path} COPY"


def _refused(detail: str, hint: str) -> ProblemError:
    problem = Problem(Kind.CREDENTIALS, "The key cannot be read", detail, hint, True)
    return ProblemError(problem)


def _input_is_terminal() -> Problem:
    return Problem(
        Kind.USAGE,
        "Standard input is a terminal, where the key would be visible",
        "",
        "Pipe the key into it, or run: skdictate auth login",
        is_permanent=True,
    )
