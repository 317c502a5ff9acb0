"""Secrets from files that nobody else can read, and from standard input."""

from __future__ import annotations

import os
import stat
from functools import lru_cache
from pathlib import Path

from skdictate.errors import Kind, Problem, ProblemError

MOST_BYTES = 16_384
"""A service account's key has about 2500."""
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_NONBLOCK = getattr(os, "O_NONBLOCK", 0)
"""A pipe in place of the file must not keep us waiting for its writer."""


def read_private(path: Path, *, is_given_by_system: bool = False) -> str:
    """The text of a file that its owner alone can read, which is this user.

    Args:
        path: no link.
        is_given_by_system: it may be another's, and readable by a group: systemd lets a service
            read its credentials by an access list, whose mask shows as the rights of the group.

    Raises:
        ProblemError: it cannot be read, or others can read or replace it.
    """
    try:
        fd = os.open(path, os.O_RDONLY | _NOFOLLOW | _NONBLOCK | getattr(os, "O_CLOEXEC", 0))
    except OSError as error:
        if os.path.islink(path):  # noqa: PTH114 - never raises
            raise _refused(f"{path} is a link", "Name the file itself.") from None
        raise _refused(f"{path}: {error.strerror}", "Check its name and its rights.") from None
    try:
        about = os.fstat(fd)
        if not stat.S_ISREG(about.st_mode):
            raise _refused(f"{path} is no file", "Name a file, or - for standard input.")
        _check_rights(path, about, is_given_by_system=is_given_by_system)
        return _text(os.read(fd, MOST_BYTES + 1), f"{path}")
    except OSError as error:
        raise _refused(f"{path}: {error.strerror}", "Check the disk.") from None
    finally:
        os.close(fd)


def _check_rights(path: Path, about: os.stat_result, *, is_given_by_system: bool) -> None:
    if os.name != "posix":
        return  # the rights of a user's own folder hold
    owners = {os.geteuid(), 0} if is_given_by_system else {os.geteuid()}
    if about.st_uid not in owners:
        raise _refused(f"{path} belongs to another user", f"Use a copy of yours: {_owned(path)}")
    others = 0o037 if is_given_by_system else 0o077
    if about.st_mode & others:
        mode = f"{stat.S_IMODE(about.st_mode):04o}"
        raise _refused(f"Others can read {path} (mode {mode})", f"Run: chmod 600 {path}")


def mode_of(path: Path) -> str:
    """The rights of a file as people write them, as ``0600``; empty if that cannot be told."""
    try:
        return f"{stat.S_IMODE(path.stat(follow_symlinks=False).st_mode):04o}"
    except OSError:
        return ""


@lru_cache(maxsize=1)
def read_stdin(fd: int) -> str:
    """What standard input holds; it can be read once, and may be asked for again.

    Raises:
        ProblemError: it is a terminal, where the key would be seen, or no text.
    """
    try:
        if os.isatty(fd):
            raise ProblemError(_seen())
        data = b""
        while len(data) <= MOST_BYTES and (piece := os.read(fd, MOST_BYTES)):
            data += piece
    except OSError as error:
        raise _refused(f"standard input: {error.strerror}", "Pipe the key into it.") from None
    return _text(data, "standard input")


def _text(data: bytes, origin: str) -> str:
    if len(data) > MOST_BYTES:
        raise _refused(f"{origin} holds more than {MOST_BYTES} bytes", "That is no key.")
    try:
        return data.decode()
    except UnicodeError:
        raise _refused(f"{origin} holds no text", "That is no key.") from None


def _owned(path: Path) -> str:
    return f"install -m 600 {path} COPY"


def _refused(detail: str, hint: str) -> ProblemError:
    problem = Problem(Kind.CREDENTIALS, "The key cannot be taken from there", detail, hint, True)
    return ProblemError(problem)


def _seen() -> Problem:
    return Problem(
        Kind.USAGE,
        "Standard input is a terminal, where a key would be seen",
        "",
        "Pipe the key into it, or run: skdictate auth login",
        is_permanent=True,
    )
