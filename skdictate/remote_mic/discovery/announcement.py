"""Announces an app that waits for a microphone: a socket, and a file that describes it.

Both are in a private folder of the user. The file holds the token that every sender has to show. In
addition, both ends ask the system which user the other one belongs to.
"""

from __future__ import annotations

import json
import os
import socket
import stat
import struct
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from skdictate.system.paths import APP, FILE_MODE, LONGEST_SOCKET, Paths, private_folder

LONGEST_BYTES = 4096
"""The most bytes that are read of the file."""
_LOCAL_PEERCRED, _XUCRED = 0x001, struct.Struct("IIh16I")
"""The socket option by which macOS tells the user at the other end."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """A running app."""

    id: str
    socket: Path
    token: str = field(repr=False)
    pid: int
    title: str
    """The name of its working folder, by which people tell apps apart."""
    began_s: float
    """Seconds since 1970."""


def folders(paths: Paths) -> Iterator[Path]:
    """The folders in which apps of this user may be announced."""
    if paths.runtime is not None:
        yield paths.runtime
    elif hasattr(os, "getuid"):
        yield Path(f"/run/user/{os.getuid()}") / APP
    yield paths.state / "run"


def folder(paths: Paths) -> Path:
    """The folder in which this app is announced; it is created if necessary.

    Raises:
        ProblemError: it cannot be created.
    """
    return private_folder(paths.runtime or paths.state / "run")


def socket_path(paths: Paths, session_id: str) -> Path:
    """The path of the app's socket: beside the file, unless that is too long for the system."""
    path = folder(paths) / f"{session_id}.sock"
    if len(os.fsencode(path)) < LONGEST_SOCKET:
        return path
    return paths.socket_folder() / "sock"


def announce(session: Announcement, paths: Paths) -> Path:
    """Write the file that announces an app, and return its path."""
    file = folder(paths) / f"{session.id}.json"
    said = {
        "v": 1,
        "socket": str(session.socket),
        "token": session.token,
        "pid": session.pid,
        "title": session.title,
        "began_s": session.began_s,
    }
    fd = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
    with os.fdopen(fd, "w", encoding="utf-8") as out:
        json.dump(said, out)
    return file


def read(file: Path) -> Announcement | None:
    """Read such a file; None if it is malformed or not private."""
    try:
        fd = os.open(file, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        with os.fdopen(fd, "rb") as opened:
            if not _is_private(os.fstat(opened.fileno())):
                return None
            said = json.loads(opened.read(LONGEST_BYTES))
        return Announcement(
            file.stem,
            Path(said["socket"]),
            str(said["token"]),
            int(said["pid"]),
            str(said["title"]),
            float(said["began_s"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def withdraw(file: Path, session: Announcement) -> None:
    """Remove the file and the socket."""
    for path in (file, session.socket):
        with suppress(OSError):
            path.unlink()
    if session.socket.parent != file.parent:
        with suppress(OSError):
            session.socket.parent.rmdir()


def is_own(connection: socket.socket) -> bool:
    """Whether the process at the other end of a Unix socket belongs to this user."""
    if sys.platform == "darwin":
        said = connection.getsockopt(0, _LOCAL_PEERCRED, _XUCRED.size)
        return int(_XUCRED.unpack(said)[1]) == os.getuid()
    said = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return int(struct.unpack("3i", said)[1]) == os.getuid()


def _is_private(status: os.stat_result) -> bool:
    is_ours = not hasattr(os, "getuid") or status.st_uid == os.getuid()
    return is_ours and stat.S_ISREG(status.st_mode) and not status.st_mode & 0o077
