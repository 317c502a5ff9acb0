"""From one microphone to the next without a hole: the old one is heard until the new one is."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from skdictate.errors import ProblemError
from skdictate.sources.mic_process import MicProcess

WAIT_S = 2.0
"""A new microphone that is not heard by then takes over all the same: the user wants it."""


class MicHandover:
    """Begins at once. ``successor`` is to be asked for when the old process has ended."""

    def __init__(self, old: MicProcess, new: MicProcess) -> None:
        self._old = old
        self._new = new
        self._task = asyncio.create_task(self._run())

    async def successor(self) -> MicProcess:
        """The process that takes over; it runs."""
        await self._task
        return self._new

    async def close(self) -> None:
        """Nobody takes over after all."""
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        await self._new.close()

    async def _run(self) -> None:
        await self._new.start()
        with suppress(TimeoutError, ProblemError):
            async with asyncio.timeout(WAIT_S):
                await self._new.peek()
        self._old.end()
