"""A Unix socket for other programs: in a private folder, for this user only, removed at the end."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from skdictate.errors import Kind, Problem, ProblemError
from skdictate.system.addresses import UNIX
from skdictate.system.paths import LONGEST_SOCKET, private_folder

PROBE_S = 1.0
"""Seconds within which a running server accepts a connection."""


@contextmanager
def prepared_path(address: str) -> Iterator[None]:
    """Prepare the path of the socket; bind inside the block, where new files are private.

    Raises:
        ProblemError: another server uses the socket, or its folder is not private.
    """
    if not address.startswith(UNIX):
        yield
        return
    path = Path(address.removeprefix(UNIX)).absolute()
    _prepare_path(path)
    mask = os.umask(0o177)
    try:
        yield
    finally:
        os.umask(mask)


def close(address: str) -> None:
    """Remove the socket if it is still there."""
    if address.startswith(UNIX):
        with suppress(OSError):
            Path(address.removeprefix(UNIX)).unlink()


def _prepare_path(path: Path) -> None:
    """Make a private folder, and remove a socket that an earlier server left."""
    if os.name != "posix":
        raise ProblemError(_unavailable("This system has no Unix sockets", "Listen on 127.0.0.1."))
    if len(os.fsencode(path)) > LONGEST_SOCKET:
        raise ProblemError(_unavailable(f"{path} is too long for a socket", "Give a shorter path."))
    folder = path.parent
    if not folder.exists():
        private_folder(folder)
    status = folder.stat()
    if status.st_mode & 0o077 or status.st_uid != os.getuid():
        hint = f"Run: chmod 700 {folder}; or give a folder that does not exist yet."
        raise ProblemError(_unavailable(f"{folder} is open to other users", hint))
    with suppress(FileNotFoundError):
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise ProblemError(
                _unavailable(f"{path} exists and is not a socket", "Give another path.")
            )
        if _is_listening(path):
            hint = "Stop that server, or give another path."
            raise ProblemError(_unavailable(f"Another server is running at {path}", hint))
        path.unlink()


def _is_listening(path: Path) -> bool:
    """Whether a server listens there; a leftover socket refuses the connection."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(PROBE_S)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            return False
        except OSError:  # a server too busy to answer is alive
            return True
        return True


def _unavailable(detail: str, hint: str) -> Problem:
    return Problem(Kind.CONFIG, "The socket is not available", detail, hint, is_permanent=True)
