"""A child process that prints samples: the microphone of this machine is one."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from types import TracebackType
from typing import Self

from skdictate import children
from skdictate.core.audio import Format
from skdictate.core.clean import clean
from skdictate.errors import Kind, Problem, ProblemError
from skdictate.sources.base import BLOCK_MS

STOP_S = 1.0
"""A child that does not end by then is killed."""


class ProcessSource:
    """Whatever a command prints, as samples in our format."""

    is_live = True
    overruns = 0

    def __init__(self, command: list[str], sound: Format, name: str) -> None:
        self.name = name
        self.format = sound
        self._command = command
        self._child: asyncio.subprocess.Process | None = None
        self._is_stopped = False

    @classmethod
    def microphone(cls, device: str, sound: Format) -> ProcessSource:
        """The microphone of this machine; the default one if ``device`` is empty."""
        command = [sys.executable, "-P", "-m", "skdictate.mic", str(sound.rate_hz)]
        return cls(command + ([device] if device else []), sound, device or "microphone")

    def stop(self) -> None:
        """End when the child has printed what it captured."""
        self._is_stopped = True
        if self._child is not None and self._child.stdin is not None:
            self._child.stdin.close()

    async def __aenter__(self) -> Self:
        """Start the child."""
        self._child = await children.start(*self._command)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the child."""
        assert self._child is not None
        await children.end(self._child, STOP_S)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """The blocks; see ``Source``."""
        assert self._child is not None
        assert self._child.stdout is not None
        n_bytes = self.format.size_bytes(self.format.samples_of_ms(BLOCK_MS))
        rest = b""
        while piece := await self._child.stdout.read(n_bytes):
            data = rest + piece
            whole = len(data) - len(data) % 2
            rest = data[whole:]
            if whole:
                yield data[:whole]
        if not self._is_stopped:
            raise ProblemError(await self._trouble())

    async def _trouble(self) -> Problem:
        """Why the child ended."""
        assert self._child is not None
        assert self._child.stderr is not None
        words = (await self._child.stderr.read()).decode(errors="replace").strip()
        last = words.splitlines()[-1] if words else ""
        title, detail, hint = "The microphone stopped", clean(last), ""
        with suppress(ValueError, TypeError):
            title, detail, hint = (clean(str(said)) for said in json.loads(last))
        return Problem(Kind.MICROPHONE, title, detail, hint, is_permanent=True)
