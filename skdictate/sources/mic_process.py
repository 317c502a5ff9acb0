"""The app's side of the process that captures: reads frames and sends acknowledgements."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

from skdictate.errors import Kind, Problem, ProblemError
from skdictate.mic_protocol.frames import Decoder, Frame, FrameError, Type
from skdictate.system import child_processes
from skdictate.text.clean_text import clean

MODULE = "skdictate.mic"
READY = b"ready\n"
"""The answer of a process that was asked to prepare."""
STOP_S = 0.7
"""Seconds that a process has to deliver what it captured after a request to end."""
_READ_BYTES = 1 << 16


class MicProcess:
    """One capturing process. Leaving its context kills it if it has not ended."""

    def __init__(self, **order: Any) -> None:
        self.order = order
        """The command for the process; sent when it is started."""
        self._is_ordered = False
        self._decoder = Decoder()
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        self._running: asyncio.subprocess.Process | None = None
        self._peeked: list[Frame] = []

    @property
    def _child(self) -> asyncio.subprocess.Process:
        assert self._running is not None
        return self._running

    async def start(self) -> None:
        """Start the process if it is not running, and send its command."""
        await self._run()
        if not self._is_ordered:
            self._is_ordered = True
            self._write_line(self.order)

    async def prepare(self, **sound: Any) -> None:
        """Start the process and have it load what capturing such sound needs; returns when it has.

        Raises:
            ProblemError: it has ended, or answers something else.
        """
        await self._run()
        self._write_line({"do": "prepare", **sound})
        assert self._child.stdout is not None
        if await self._child.stdout.readline() != READY:
            raise ProblemError(_failed("It does not get ready"))

    @property
    def is_running(self) -> bool:
        """Whether it was started and, as far as known, has not ended."""
        return self._running is not None and self._running.returncode is None

    async def _run(self) -> None:
        if self._running is None:
            self._running = await child_processes.start_module(MODULE, errors=self._errors.fileno())

    def _write_line(self, said: Mapping[str, Any]) -> None:
        assert self._child.stdin is not None
        self._child.stdin.write(json.dumps(said).encode() + b"\n")

    async def close(self, patience_s: float = 0.0) -> None:
        """End the process, by force if it does not end within ``patience_s`` seconds."""
        try:
            if self._running is not None:
                await child_processes.end(self._running, patience_s)
        finally:
            self._errors.close()

    async def __aenter__(self) -> Self:
        """Start the process."""
        try:
            await self.start()
        except BaseException:  # the caller may have been cancelled meanwhile
            await self.close()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the process."""
        await self.close(0.0 if error else STOP_S)

    async def peek(self) -> bool:
        """Wait for the first frames, which ``read`` will return again.

        Returns whether there was sound.
        """
        while (frames := await self.read()) == []:
            pass
        self._peeked = frames or []
        return any(frame.type in (Type.HELLO, Type.AUDIO) for frame in self._peeked)

    async def read(self) -> list[Frame] | None:
        """The next frames; None at the end.

        Raises:
            ProblemError: the process printed something that is not frames.
        """
        if self._peeked:
            peeked, self._peeked = self._peeked, []
            return peeked
        assert self._child.stdout is not None
        data = await self._child.stdout.read(_READ_BYTES)
        if not data:
            return None
        try:
            return self._decoder.feed(data)
        except FrameError as error:
            raise ProblemError(_failed(f"It says {clean(str(error))}")) from error

    async def read_all(self) -> bytes:
        """Everything that the process prints, for a command that is not answered in frames."""
        assert self._child.stdout is not None
        return await self._child.stdout.read()

    def acknowledge(self, sample: int) -> None:
        """Acknowledge that everything before this sample is recorded."""
        self._send(Frame(Type.ACK, sample))

    def end(self) -> None:
        """Ask the process to end, and kill it if it does not."""
        self._send(Frame(Type.BYE))
        asyncio.get_running_loop().call_later(STOP_S, self.kill)

    def kill(self) -> None:
        """Kill the process; ``read`` then returns what is left, and None."""
        with suppress(ProcessLookupError):
            self._child.kill()

    async def exit_problem(self) -> Problem:
        """Why the process ended, if it did not report that itself."""
        await self._child.wait()
        self._errors.seek(0)
        lines = self._errors.read().decode(errors="replace").strip().splitlines()
        code = self._child.returncode or 0
        how = f"It was ended by signal {-code}" if code < 0 else f"It ended with code {code}"
        return _failed(f"{how}; its last words: {clean(lines[-1][:200])}" if lines else how)

    def _send(self, frame: Frame) -> None:
        assert self._child.stdin is not None
        if not self._child.stdin.is_closing():
            self._child.stdin.write(frame.encode())


def reported_problem(said: Mapping[str, Any]) -> Problem:
    """A problem that the process reported, made safe to show."""
    problem = Problem.of_json(said)
    title, detail, hint = map(clean, (problem.title, problem.detail, problem.hint))
    return replace(problem, title=title, detail=detail, hint=hint)


def _failed(detail: str) -> Problem:
    hint = "See what works: skdictate doctor"
    return Problem(Kind.MICROPHONE, "The microphone's process failed", detail, hint)
