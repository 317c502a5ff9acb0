"""One run of ``ssh`` that carries a byte stream, which begins after the greetings of the login."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

from skdictate.errors import Problem, ProblemError
from skdictate.remote_mic.ssh import ssh_problems
from skdictate.system.child_processes import environ, kill_group
from skdictate.text.clean_text import clean

LONGEST_NOISE = 1 << 16
"""The most bytes of greetings that a login may print."""
LINES = 40
"""Lines of standard error that are kept."""
LAST_S = 0.5
"""Seconds to wait for the last lines after it has ended."""
_LONGEST_LINE = 1 << 14


class NoiseError(Exception):
    """The expected beginning did not come; the text is the last line that did."""


class SshProcess:
    """Runs the command within its context, in a session of its own: it cannot use the terminal."""

    def __init__(self, command: Sequence[str]) -> None:
        self.noise: list[str] = []
        """Lines that came before the stream, made safe to show."""
        self.said: deque[str] = deque(maxlen=LINES)
        """The last lines of standard error."""
        self._command = command
        self._process: asyncio.subprocess.Process
        self._listening: asyncio.Task[None]

    async def __aenter__(self) -> Self:
        """Start the command.

        Raises:
            ProblemError: there is no ``ssh``.
        """
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=environ(),
                start_new_session=True,
                limit=LONGEST_NOISE,
            )
        except OSError as error:
            raise ProblemError(ssh_problems.no_ssh()) from error
        self._listening = asyncio.create_task(self._listen())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Kill the command and all that it has started."""
        kill_group(self._process)
        self.writer.close()
        await self._process.wait()
        self._listening.cancel()
        with suppress(asyncio.CancelledError):
            await self._listening

    @property
    def reader(self) -> asyncio.StreamReader:
        """The bytes from the other end."""
        assert self._process.stdout is not None
        return self._process.stdout

    @property
    def writer(self) -> asyncio.StreamWriter:
        """The bytes to the other end."""
        assert self._process.stdin is not None
        return self._process.stdin

    async def opening(self, *marks: bytes) -> bytes:
        """Wait for a line that ends with one of the marks, and return that mark.

        Raises:
            EOFError: the command ended before.
            NoiseError: more came before it than a login prints.
        """
        size_bytes = 0
        while size_bytes < LONGEST_NOISE:
            try:
                line = await self.reader.readuntil()
            except asyncio.IncompleteReadError as error:
                self._hear(error.partial)
                raise EOFError from error
            except asyncio.LimitOverrunError:
                break
            mark = next((mark for mark in marks if line.endswith(mark)), b"")
            self._hear(line.removesuffix(mark))
            if mark:
                return mark
            size_bytes += len(line)
        raise NoiseError(self.noise[-1] if self.noise else "")

    async def ended(self) -> int:
        """Wait for the end and the last lines; returns the exit code."""
        code = await self._process.wait()
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_S):
                await asyncio.shield(self._listening)
        return code

    async def problem(self, host: str) -> Problem:
        """Wait for the end; returns why it ended."""
        code = await self.ended()
        return ssh_problems.problem(host, code, [*self.noise, *self.said])

    def _hear(self, line: bytes) -> None:
        if text := clean(line.decode(errors="replace")):
            self.noise = [*self.noise, text[:_LONGEST_LINE]][-LINES:]

    async def _listen(self) -> None:
        """Keep the last lines of standard error."""
        assert self._process.stderr is not None
        while line := await _line(self._process.stderr):
            self.said.append(clean(line.decode(errors="replace"))[:_LONGEST_LINE])


async def _line(stream: asyncio.StreamReader) -> bytes:
    """The next line; of an overlong one, a piece."""
    try:
        return await stream.readline()
    except ValueError:  # longer than the limit; what was read of it is dropped
        return b" "
