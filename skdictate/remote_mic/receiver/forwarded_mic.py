"""The microphone that comes through the SSH connection of the app's own terminal.

``skdictate ssh`` has the server make a socket that leads to the machine one sits at, and we connect
to it, once. Which connection is ours is said by a token: in the socket, and aside in the terminal,
whose other end is the same program. So no other user of this machine, who may see our command line,
is heard or hears anything.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import socket
import stat
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from skdictate.errors import Kind, Problem, ProblemError
from skdictate.mic_protocol.osc_channel import osc_message
from skdictate.remote_mic.discovery import announcement
from skdictate.remote_mic.receiver.receiver import Receiver
from skdictate.text.clean_text import clean

CONNECT_S = 5.0
DOOR, INBOX = "door", "inbox"
"""What is said aside: come to the door, or, since there is none, to the inbox."""
TERMINAL = "/dev/tty"


@dataclass(frozen=True, slots=True)
class ForwardedMic:
    """A socket of the server's, and what shows that it is we who come."""

    path: Path
    token: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)

    @property
    def is_there(self) -> bool:
        """The server has allowed it."""
        return os.path.lexists(self.path)

    def _announce(self, *, is_coming: bool) -> None:
        """Say to the other end of the terminal who will come, or where to come to.

        It takes these words out of the stream, so that they may be between any others.
        """
        who = str(os.getpid())
        words = osc_message(v=1, event=INBOX, session=who)
        if is_coming:
            words = osc_message(v=1, event=DOOR, session=who, token=self.token)
        with suppress(OSError):  # no terminal, and nobody there to tell
            fd = os.open(TERMINAL, os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
            try:
                os.write(fd, words)
            finally:
                os.close(fd)

    async def serve(self, receiver: Receiver) -> None:
        """Let the microphone come, until it is gone; where there is no way, it is told another."""
        self._announce(is_coming=self.is_there)
        if not self.is_there:
            return
        try:
            connection = await asyncio.to_thread(self._connect)
        except ProblemError as error:
            receiver.tell(error.problem)
            self._announce(is_coming=False)
            return
        reader, writer = await asyncio.open_unix_connection(sock=connection)
        writer.write(json.dumps({"v": 1, "token": self.token}).encode() + b"\n")
        await receiver.receive(reader, writer)

    def _connect(self) -> socket.socket:
        """To the socket, if it is the server's that serves us; nobody else can do it after us.

        Raises:
            ProblemError: it is not, or nobody is at the other end.
        """
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(CONNECT_S)
        try:
            self._check()
            connection.connect(str(self.path))
            if not announcement.is_own(connection):
                raise ProblemError(_not_ours(self.path, "another user listens there"))
            self.path.unlink()
        except OSError as error:
            connection.close()
            raise ProblemError(_not_ours(self.path, f"{error.strerror}")) from error
        except ProblemError:
            connection.close()
            raise
        connection.settimeout(None)
        return connection

    def _check(self) -> None:
        status = self.path.lstat()
        if not stat.S_ISSOCK(status.st_mode) or status.st_uid != os.getuid():
            raise ProblemError(_not_ours(self.path, "it is no socket of yours"))
        if status.st_mode & 0o077:
            with suppress(OSError):
                self.path.unlink()
            raise ProblemError(_not_ours(self.path, "other users may connect to it", MASK))


MASK = "In sshd_config of this machine, StreamLocalBindMask has to be 0177, as it is by default."


def _not_ours(path: Path, why: str, hint: str = "") -> Problem:
    hint = hint or "Bring the microphone otherwise: skdictate mic send, on the machine you sit at."
    title = "The microphone cannot come through this connection"
    return Problem(Kind.MICROPHONE, title, f"{clean(str(path))}: {why}", hint)
