"""A transport over a program that carries bytes, such as ssh."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from skdictate.errors import Kind, Problem, ProblemError
from skdictate.mic_protocol.frames import PREAMBLE
from skdictate.remote_mic.sender.transport import CLOSE_S, READ_BYTES, UNSENT_BYTES
from skdictate.remote_mic.ssh.local_terminal import attributes, is_ours, set_attributes
from skdictate.system.child_processes import environ, kill_group
from skdictate.text.clean_text import clean

TERMINAL = 0
"""Standard input, where a program may ask the user for a password."""

LONGEST_NOISE = 1 << 16
"""The most bytes of greetings that a login may print."""
LINES, LONGEST_LINE = 20, 300
"""How many lines of the program's standard error are kept, and how many characters of each."""
Explain = Callable[[int, Sequence[str]], Problem]
"""Explains why a program has ended, from its exit code and its last lines."""


class CommandTransport:
    """Connects by a program that carries bytes on its standard input and output."""

    def __init__(
        self,
        name: str,
        command: Callable[[bool], Sequence[str]],
        explain: Explain,
        *,
        is_wide: bool = True,
    ) -> None:
        """``command(may_ask)`` gives the command; see ``Transport`` for ``is_wide``."""
        self.name = name
        self.is_wide = is_wide
        self._command = command
        self._explain = explain

    async def open(self, *, may_ask: bool, served: str = "") -> CommandConnection:
        """See ``Transport``; the hello tells the other end which app was served."""
        words = self._command(may_ask)
        before = attributes(TERMINAL) if may_ask else None
        try:
            child = await asyncio.create_subprocess_exec(
                *words,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=environ(),
                # A session of its own has no terminal, which a program needs to ask for a password.
                start_new_session=not may_ask,
            )
        except OSError as error:
            detail = f"{clean(words[0])}: {error.strerror}"
            raise ProblemError(Problem(Kind.NETWORK, "No way there", detail)) from error
        return CommandConnection(child, self._explain, is_alone=not may_ask, before=before)


class CommandConnection:
    """See ``TransportConnection``. Skips what the remote shell prints before our program starts."""

    token = ""

    def __init__(
        self,
        child: asyncio.subprocess.Process,
        explain: Explain,
        *,
        is_alone: bool,
        before: Any = None,
    ) -> None:
        """Use a running program.

        Args:
            child: the program.
            explain: explains why it has ended.
            is_alone: whether it leads a session of its own, which is then killed with it.
            before: the settings of the terminal when the program was started, if it may use the
                terminal.
        """
        self._before = before
        self._child = child
        self._is_alone = is_alone
        self._explain = explain
        self._noise = bytearray()
        self._has_begun = False
        self._said: deque[str] = deque(maxlen=LINES)
        self._listening = asyncio.ensure_future(self._listen())
        assert child.stdin is not None and child.stdout is not None
        self._stdin, self._stdout = child.stdin, child.stdout
        self._stdin.transport.set_write_buffer_limits(high=UNSENT_BYTES)

    @property
    def pid(self) -> int:
        """The process id of the program."""
        return self._child.pid

    async def read(self) -> bytes:
        """See ``TransportConnection``."""
        while data := await self._stdout.read(READ_BYTES):
            if self._has_begun:
                return data
            self._noise += data
            place = self._noise.find(PREAMBLE)
            if place >= 0:
                self._has_begun = True
                rest = bytes(self._noise[place + len(PREAMBLE) :])
                del self._noise[place:]
                if rest:
                    return rest
            elif len(self._noise) > LONGEST_NOISE:
                break
        return b""

    def write(self, data: bytes) -> None:
        """See ``TransportConnection``."""
        self._stdin.write(data)

    async def drain(self) -> None:
        """See ``TransportConnection``."""
        await self._stdin.drain()

    async def close(self) -> None:
        """See ``TransportConnection``."""
        if self._is_alone:
            kill_group(self._child)
        else:
            with suppress(ProcessLookupError):
                self._child.kill()
        await self._child.wait()
        if is_ours():  # it may have been killed while it read a password with the echo off
            set_attributes(TERMINAL, self._before)
        self._listening.cancel()  # a process that it started may still hold the pipe
        with suppress(asyncio.CancelledError):
            await self._listening
        self._stdin.close()

    async def ending(self) -> Problem | None:
        """See ``TransportConnection``."""
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_S):
                await self._child.wait()
                await asyncio.shield(self._listening)
        code = self._child.returncode
        if code is None or code == 0 or (self._has_begun and code < 0):
            return None
        noise = [clean(line.decode(errors="replace")) for line in self._noise.splitlines()]
        return self._explain(code, [*noise[-LINES:], *self._said])

    async def _listen(self) -> None:
        """Keep the last lines of standard error, made safe to show."""
        assert self._child.stderr is not None
        with suppress(ValueError):  # a line without an end
            while line := await self._child.stderr.readline():
                if words := clean(line.decode(errors="replace")):
                    self._said.append(words[:LONGEST_LINE])
