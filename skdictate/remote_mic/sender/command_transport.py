"""A program that carries bytes, such as ssh, as a way to the app."""

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
"""Standard input: where a program that may ask for a password finds its user."""

LONGEST_NOISE = 1 << 16
"""Bytes of greetings, quotas and fortunes that a login may print; more is no greeting."""
LINES, LONGEST_LINE = 20, 300
"""Of what a program says on standard error, this is remembered."""
Explain = Callable[[int, Sequence[str]], Problem]
"""Why a program has ended: by its code, and the lines that it has printed."""


class CommandTransport:
    """A program that carries bytes on its standard input and output, such as ssh."""

    def __init__(
        self,
        name: str,
        command: Callable[[bool], Sequence[str]],
        explain: Explain,
        *,
        is_wide: bool = True,
    ) -> None:
        """``command(may_ask)`` gives its words; see ``Road`` for ``is_wide``."""
        self.name = name
        self.is_wide = is_wide
        self._command = command
        self._explain = explain

    async def open(self, *, may_ask: bool, served: str = "") -> CommandConnection:
        """See ``Road``; which app was served, the hello says at the other end."""
        words = self._command(may_ask)
        before = attributes(TERMINAL) if may_ask else None
        try:
            child = await asyncio.create_subprocess_exec(
                *words,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=environ(),
                # A session of its own has no terminal: who may ask for a password needs ours.
                start_new_session=not may_ask,
            )
        except OSError as error:
            detail = f"{clean(words[0])}: {error.strerror}"
            raise ProblemError(Problem(Kind.NETWORK, "No way there", detail)) from error
        return CommandConnection(child, self._explain, is_alone=not may_ask, before=before)


class CommandConnection:
    """See ``Passage``. What the far shell prints before our program begins is skipped."""

    token = ""

    def __init__(
        self,
        child: asyncio.subprocess.Process,
        explain: Explain,
        *,
        is_alone: bool,
        before: Any = None,
    ) -> None:
        """For a program that runs.

        Args:
            child: the program.
            explain: says why it has ended.
            is_alone: it leads a session of its own, which is killed with it.
            before: how the terminal was set when the program was started, if it may use that.
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
        """The program's process."""
        return self._child.pid

    async def read(self) -> bytes:
        """See ``Passage``."""
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
        """See ``Passage``."""
        self._stdin.write(data)

    async def drain(self) -> None:
        """See ``Passage``."""
        await self._stdin.drain()

    async def close(self) -> None:
        """See ``Passage``."""
        if self._is_alone:
            kill_group(self._child)
        else:
            with suppress(ProcessLookupError):
                self._child.kill()
        await self._child.wait()
        if is_ours():  # it may have been killed while it read a password, without an echo
            set_attributes(TERMINAL, self._before)
        self._listening.cancel()  # something that it has started may still hold that end
        with suppress(asyncio.CancelledError):
            await self._listening
        self._stdin.close()

    async def ending(self) -> Problem | None:
        """See ``Passage``."""
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
        """Remember what it says on standard error, made safe to show."""
        assert self._child.stderr is not None
        with suppress(ValueError):  # a line without an end
            while line := await self._child.stderr.readline():
                if words := clean(line.decode(errors="replace")):
                    self._said.append(words[:LONGEST_LINE])
