"""The microphone that is forwarded through the SSH connection of the app's own terminal.

``skdictate ssh`` has the server make a socket that leads to the user's machine, and the app
connects to it once. The app shows a token, which it also sends hidden in the terminal stream, whose
other end is the same ``skdictate ssh``. So no other user of this machine, who may see our command
line, can listen or be heard.
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
"""The messages to the other end of the terminal: the app will connect to the socket, or the other
end has to connect to the app."""
TERMINAL = "/dev/tty"


@dataclass(frozen=True, slots=True)
class ForwardedMic:
    """A socket that the SSH server made, and the token to show there."""

    path: Path
    token: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)

    @property
    def is_there(self) -> bool:
        """Whether the server has made the socket."""
        return os.path.lexists(self.path)

    def _announce(self, *, is_coming: bool) -> None:
        """Tell the other end of the terminal whether the app connects or waits for a connection.

        It removes the message from the terminal stream, so the message may come between any others.
        """
        who = str(os.getpid())
        words = osc_message(v=1, event=INBOX, session=who)
        if is_coming:
            words = osc_message(v=1, event=DOOR, session=who, token=self.token)
        with suppress(OSError):  # there is no terminal
            fd = os.open(TERMINAL, os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
            try:
                os.write(fd, words)
            finally:
                os.close(fd)

    async def serve(self, receiver: Receiver) -> None:
        """Receive the microphone until it goes.

        If the socket does not work, ask for another connection.
        """
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
        """Connect to the socket if it belongs to this user, and remove it so that nobody else can.

        Raises:
            ProblemError: it belongs to another user, or nothing is at its other end.
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
