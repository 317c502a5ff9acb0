"""A Unix socket for other programs: in a private folder, ours alone, and gone at the end."""

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
"""A server that lives takes a connection at once."""


@contextmanager
def door(address: str) -> Iterator[None]:
    """While inside, a server may bind the address; files made meanwhile are for us alone.

    Raises:
        ProblemError: another server is there, or the place is not private.
    """
    if not address.startswith(UNIX):
        yield
        return
    path = Path(address.removeprefix(UNIX)).absolute()
    _make_way(path)
    mask = os.umask(0o177)
    try:
        yield
    finally:
        os.umask(mask)


def close(address: str) -> None:
    """Remove the socket, if the server has not done so."""
    if address.startswith(UNIX):
        with suppress(OSError):
            Path(address.removeprefix(UNIX)).unlink()


def _make_way(path: Path) -> None:
    """A private folder, and nothing in the socket's place."""
    if os.name != "posix":
        raise ProblemError(_taken("This system has no such sockets", "Listen on 127.0.0.1."))
    if len(os.fsencode(path)) > LONGEST_SOCKET:
        raise ProblemError(_taken(f"{path} is too long for a socket", "Name a shorter path."))
    folder = path.parent
    if not folder.exists():
        private_folder(folder)
    status = folder.stat()
    if status.st_mode & 0o077 or status.st_uid != os.getuid():
        hint = f"Run: chmod 700 {folder}; or name a folder that is not there yet."
        raise ProblemError(_taken(f"{folder} is open to other users", hint))
    with suppress(FileNotFoundError):
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise ProblemError(_taken(f"{path} is there, and no socket", "Name another path."))
        if _is_alive(path):
            hint = "End that server, or name another path."
            raise ProblemError(_taken(f"A server answers at {path}", hint))
        path.unlink()


def _is_alive(path: Path) -> bool:
    """Somebody listens there; a socket that is left over refuses."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(PROBE_S)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            return False
        except OSError:  # too busy to answer is alive
            return True
        return True


def _taken(detail: str, hint: str) -> Problem:
    return Problem(Kind.CONFIG, "The socket cannot be had", detail, hint, is_permanent=True)
