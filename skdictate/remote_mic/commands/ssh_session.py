"""``skdictate ssh``: logs in to another machine and brings this one's microphone along.

The app there connects to a socket that the SSH server forwards to our ``CallbackSocket``. Where the
server does not allow that, a second session of the same SSH connection is used.
"""

from __future__ import annotations

import asyncio
import secrets
import shutil
import socket
import sys
import tempfile
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from skdictate.audio.pcm import Format
from skdictate.errors import Exit, Kind, Problem, ProblemError
from skdictate.mic_protocol.remote_status import FORWARDED, is_elsewhere
from skdictate.remote_mic.discovery.callback_socket import CallbackSocket
from skdictate.remote_mic.receiver.forwarded_mic import DOOR, INBOX
from skdictate.remote_mic.sender import source_choice
from skdictate.remote_mic.sender.command_transport import CommandTransport
from skdictate.remote_mic.sender.sender import Sender
from skdictate.remote_mic.sender.transport import SocketConnection, TransportConnection
from skdictate.remote_mic.ssh import ssh_command_line, ssh_problems
from skdictate.remote_mic.ssh.ssh_arguments import SshArguments
from skdictate.remote_mic.ssh.ssh_login import SshLogin, may_share
from skdictate.settings.config import Settings
from skdictate.system.paths import Paths


def visit(arguments: SshArguments, settings: Settings, paths: Paths) -> int:
    """Log in, let the user dictate there, and return the exit code.

    Raises:
        ProblemError: it did not work; the hint says what would.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        detail = "Standard input and output have to be one"
        line = ssh_command_line.shown(arguments.host, "listen", "--source", "stdin")
        hint = f"Without a screen, with sound on standard input: {line}"
        raise ProblemError(Problem(Kind.USAGE, "There is no terminal", detail, hint))
    if not hasattr(socket, "AF_UNIX"):
        detail = "Windows lets Python have no Unix sockets"
        hint = (
            f"Use two windows: skdictate in one after ssh {arguments.host}; and skdictate mic send."
        )
        raise ProblemError(Problem(Kind.USAGE, "Not from this system", detail, hint))
    private = Path(tempfile.mkdtemp(prefix="skdictate-"))
    try:
        code = asyncio.run(SshSession(arguments, settings, paths, private).run())
    finally:
        shutil.rmtree(private, ignore_errors=True)
    return code if code >= 0 else Exit.NETWORK


class SshSession:
    """One login, from start to end."""

    def __init__(
        self, arguments: SshArguments, settings: Settings, paths: Paths, private: Path
    ) -> None:
        """Prepare a login; ``private`` is a folder for the socket of a second session."""
        self._arguments = arguments
        self._settings = settings
        self._folder = paths.data / "unsent"
        self._host = arguments.host
        self._shared = ("-o", f"ControlPath={private / 'c'}") if may_share() else ()
        self._news: list[str] = []
        """What happened to the microphone; it can only be printed after the end."""
        self._was_heard = False
        self._transport: MicRoute

    async def run(self) -> int:
        """Log in and wait for the end; returns the exit code of the remote command.

        Raises:
            ProblemError: it did not work; the hint says what would.
        """
        settings = self._settings
        sound = Format(settings.rate)
        where = "mic" if is_elsewhere(settings.source) else settings.source
        microphone = source_choice.maker(where, sound, settings.channel)
        label = await source_choice.label(where)
        async with CallbackSocket() as door:
            self._transport = MicRoute(door, self._second_transport())
            remote = f"/tmp/skd-{secrets.token_hex(16)}.sock"  # noqa: S108 - nobody can guess it
            login = SshLogin(self._command(remote, door), remote, self._hear)
            sender = Sender(microphone, self._transport, self._folder, sound=sound, label=label)
            code = await self._stay(login, sender)
        if login.signalled:  # there may be no terminal left to print to
            return login.signalled
        for line in self._news[-1:]:
            sys.stderr.write(f"skdictate: {line}\n")
        problem = login.problem(self._host, code, self._arguments.again)
        if problem is not None:
            raise ProblemError(problem)
        return code

    async def _stay(self, login: SshLogin, sender: Sender) -> int:
        """Bring the microphone for as long as the login lasts."""
        bringing = asyncio.ensure_future(self._bring(sender))
        try:
            return await login.run()
        finally:
            if self._was_heard:
                self._news.clear()  # of a session that went well
            bringing.cancel()
            with suppress(asyncio.CancelledError):
                await bringing

    def _command(self, remote: str, door: CallbackSocket) -> list[str]:
        """The ssh command of the terminal's session, with a forwarded socket."""
        sharing = ("-o", "ControlMaster=yes", "-o", "ControlPersist=no") if self._shared else ()
        ours = (
            "-t",
            "-R",
            f"{remote}:{door.path}",
            *ssh_command_line.PATIENT,
            *self._shared,
            *sharing,
        )
        source = f"{FORWARDED}{remote}"
        there = ssh_command_line.skdictate_with(remote, "--source", source, *self._arguments.ours)
        return ssh_command_line.command(
            self._host, *there, options=self._arguments.options, ours=ours
        )

    def _second_transport(self) -> CommandTransport:
        """The transport through one more session, which shares the connection if possible."""

        def command(_may_ask: object) -> list[str]:
            there = ssh_command_line.skdictate("mic", "in", "--session", self._transport.wanted)
            ours = (*self._shared, *ssh_command_line.ALONE, *ssh_command_line.SILENT)
            return ssh_command_line.command(
                self._host, *there, options=self._arguments.options, ours=ours
            )

        return CommandTransport(self._host, command, partial(ssh_problems.problem, self._host))

    async def _bring(self, sender: Sender) -> None:
        """Send the microphone for as long as it is wanted; the terminal continues without it."""
        sender.on_change = self._news.append
        sender.on_connected = self._connected
        try:
            await sender.run()
        except ProblemError as error:
            self._news.append(f"The microphone was not heard there. {error.problem}")

    def _connected(self) -> None:
        self._was_heard = True

    def _hear(self, said: dict[str, Any]) -> None:
        """Handle a message from the app on the other machine."""
        token, wanted = said.get("token"), said.get("session")
        if not isinstance(wanted, str) or not wanted.isdecimal():
            return
        self._transport.wanted = wanted
        if said.get("event") == DOOR and isinstance(token, str):
            self._transport.by_door(token)
        elif said.get("event") == INBOX:
            self._transport.by_inbox()


class MicRoute:
    """A ``Transport`` that uses the forwarded socket once, and the app's own socket afterwards."""

    is_wide = False  # everything shares one login

    def __init__(self, door: CallbackSocket, second: CommandTransport) -> None:
        self.name = second.name
        self.wanted = ""
        """The process id of the app, by which its socket is found."""
        self._door = door
        self._second = second
        self._is_by_door = asyncio.Event()
        self._is_by_inbox = asyncio.Event()

    def by_door(self, token: str) -> None:
        """The app will connect and show this token."""
        self._door.expect(token)
        self._is_by_door.set()

    def by_inbox(self) -> None:
        """The app cannot connect to us and waits for us to connect."""
        self._is_by_inbox.set()

    async def open(self, *, may_ask: bool, served: str = "") -> TransportConnection:
        """See ``Transport``; asks for no password, because the app has the terminal."""
        if not self._is_by_inbox.is_set():
            coming = asyncio.create_task(self._come())
            calling = asyncio.create_task(self._is_by_inbox.wait())
            try:
                await asyncio.wait({coming, calling}, return_when=asyncio.FIRST_COMPLETED)
                if coming.done():
                    return coming.result()
            finally:
                coming.cancel()
                calling.cancel()
        return await self._second.open(may_ask=False)

    async def _come(self) -> TransportConnection:
        await self._is_by_door.wait()
        connection = SocketConnection(*await self._door.guest())
        self._is_by_inbox.set()  # the app connects only once
        return connection
