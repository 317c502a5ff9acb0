"""The app's own socket for microphones, for this user only, open while the app runs."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import time
from functools import partial
from pathlib import Path

from skdictate.errors import Kind, Problem, ProblemError
from skdictate.remote_mic.discovery import announcement as sessions
from skdictate.remote_mic.discovery.announcement import Announcement
from skdictate.remote_mic.receiver.receiver import Receiver
from skdictate.system.paths import FILE_MODE, Paths

BACKLOG = 8
MOST = 16
"""Connections at a time, of which one is used."""
BUSY_S = 0.1


class MicSocket:
    """Listens from its creation until ``close``; ``run`` serves connections."""

    def __init__(self, receiver: Receiver, paths: Paths) -> None:
        """Listen, and announce the socket.

        Raises:
            ProblemError: there is no place for a socket, or this system has none.
        """
        if not hasattr(socket, "AF_UNIX"):
            raise ProblemError(_no_sockets())
        self._receiver = receiver
        self._n_here = 0
        self.session = Announcement(
            receiver.id,
            sessions.socket_path(paths, receiver.id),
            secrets.token_hex(16),
            os.getpid(),
            _folder(),
            time.time(),
        )
        self._listener = _listen(self.session.socket)
        self._file = sessions.announce(self.session, paths)

    async def run(self) -> None:
        """Serve senders until cancelled."""
        loop = asyncio.get_running_loop()
        knocked = asyncio.Event()
        try:
            async with asyncio.TaskGroup() as group:
                while True:
                    loop.add_reader(self._listener, knocked.set)
                    await knocked.wait()
                    loop.remove_reader(self._listener)
                    knocked.clear()
                    connection = self._accept()
                    if connection is None:
                        await asyncio.sleep(BUSY_S)
                        continue
                    serving = group.create_task(self._serve(connection))
                    serving.add_done_callback(partial(_close, connection))
        finally:
            loop.remove_reader(self._listener)

    def _accept(self) -> socket.socket | None:
        """Accept a connection; None if there is none that is allowed."""
        try:
            connection, _ = self._listener.accept()
        # it has closed already, or this process has too many files open for the moment
        except OSError:
            return None
        if self._n_here < MOST and sessions.is_own(connection):
            return connection
        connection.close()
        return None

    async def _serve(self, connection: socket.socket) -> None:
        self._n_here += 1
        try:
            reader, writer = await asyncio.open_unix_connection(sock=connection)
            await self._receiver.receive(reader, writer, self.session.token)
        finally:
            self._n_here -= 1

    def close(self) -> None:
        """Stop listening and remove the files."""
        sessions.withdraw(self._file, self.session)
        self._listener.close()


def _close(connection: socket.socket, _served: asyncio.Task[None]) -> None:
    connection.close()


def _listen(path: Path) -> socket.socket:
    """A listening socket that nobody else may connect to at any time."""
    listener = socket.socket(socket.AF_UNIX)
    try:
        listener.bind(str(path))
        path.chmod(FILE_MODE)
        listener.setblocking(False)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        detail = f"{path}: {error.strerror}"
        hint = "Set SKDICTATE_HOME to a folder of yours on a disk of this machine."
        problem = Problem(Kind.DISK, "No microphone can come here", detail, hint)
        raise ProblemError(problem) from error
    return listener


def _no_sockets() -> Problem:
    return Problem(
        Kind.USAGE,
        "No microphone can come to this system",
        "Windows lets Python have no Unix sockets",
        "Use --source ssh://HOST, which goes there, or a microphone of this machine.",
        is_permanent=True,
    )


def _folder() -> str:
    """The name of the working folder; empty if it was removed."""
    try:
        return Path.cwd().name
    except OSError:
        return ""
