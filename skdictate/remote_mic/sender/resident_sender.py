"""A microphone process that outlives the connections to it.

``mic out`` starts it with a request in JSON on its standard input, and then connects to its socket
once for each connection of the app. It prints ``{}`` when it listens, or a problem. It ends when
nobody connects any more, and saves what was not sent in a file.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from skdictate.audio.pcm import Format
from skdictate.errors import Kind, Problem, ProblemError
from skdictate.remote_mic.discovery import announcement
from skdictate.remote_mic.sender import source_choice
from skdictate.remote_mic.sender.sender import Sender
from skdictate.remote_mic.sender.transport import SocketConnection
from skdictate.system import boundary
from skdictate.system.paths import FILE_MODE, Paths

IDLE_S = 60.0
"""Seconds that it waits for a connection if it has nothing to send."""
LINGER_S = 300.0
"""Seconds that it waits while it records or keeps sound."""
BACKLOG = 4


class CallbackTransport:
    """A ``Transport`` whose connections are opened by the other side."""

    name = "the app that called"
    is_wide = False

    def __init__(self, path: Path) -> None:
        """Listen at a path, for this user only."""
        self.sender: Sender
        listener = socket.socket(socket.AF_UNIX)
        path.unlink(missing_ok=True)
        listener.bind(str(path))
        path.chmod(FILE_MODE)
        listener.setblocking(False)
        listener.listen(BACKLOG)
        self._path = path
        self._listener = listener

    async def open(self, *, may_ask: bool, served: str = "") -> SocketConnection:
        """See ``Transport``."""
        report = self.sender.report
        patience_s = LINGER_S if report.is_capturing or report.kept_s else IDLE_S
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(patience_s):
                while True:
                    connection, _ = await loop.sock_accept(self._listener)
                    if announcement.is_own(connection):
                        return SocketConnection(
                            *await asyncio.open_unix_connection(sock=connection)
                        )
                    connection.close()
        except TimeoutError as error:
            detail = f"For {patience_s:.0f} seconds"
            problem = Problem(Kind.NETWORK, "Nobody came back", detail, is_permanent=True)
            raise ProblemError(problem) from error

    def close(self) -> None:
        """Stop listening."""
        self._listener.close()
        self._path.unlink(missing_ok=True)


def main() -> int:
    """Run the request; the exit code is not looked at."""
    order = json.loads(sys.stdin.readline())
    with suppress(ProblemError, asyncio.CancelledError):
        asyncio.run(_keep(order, Path(order["path"]), Paths.of()))
    return 0


async def _keep(order: dict[str, Any], path: Path, paths: Paths) -> None:
    sound = Format(order["rate_hz"])
    where = f"mic:{order['device']}" if order["device"] else "mic"
    try:
        label = await source_choice.label(where)
        transport = CallbackTransport(path)
    except (ProblemError, OSError) as error:
        problem = error.problem if isinstance(error, ProblemError) else _no_place(error)
        _tell({"problem": problem.as_json()})
        return
    source = source_choice.maker(where, sound, 0)
    sender = transport.sender = Sender(
        source, transport, paths.data / "unsent", sound=sound, label=label, is_patient=True
    )
    running = asyncio.ensure_future(sender.run())
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        loop.add_signal_handler(name, running.cancel)
    _tell({})
    try:
        await running
    finally:
        transport.close()


def _tell(said: dict[str, Any]) -> None:
    """Print the answer; then detach from the standard streams."""
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(nowhere, fd)


def _no_place(error: OSError) -> Problem:
    return Problem(Kind.DISK, "There is no place for a socket", f"{error.strerror}")


if __name__ == "__main__":
    raise SystemExit(boundary.run(main, "the process that keeps a microphone"))
