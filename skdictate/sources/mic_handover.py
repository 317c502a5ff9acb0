"""Switches microphones without a gap: the old one is used until the new one delivers sound."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from skdictate.errors import ProblemError
from skdictate.sources.mic_process import MicProcess

WAIT_S = 2.0
"""Seconds after which the new microphone takes over even without sound, as the user wants it."""


class MicHandover:
    """Starts when created. Await ``successor`` when the old process has ended."""

    def __init__(self, old: MicProcess, new: MicProcess) -> None:
        self._old = old
        self._new = new
        self._task = asyncio.create_task(self._run())

    async def successor(self) -> MicProcess:
        """The process that takes over; it is running."""
        await self._task
        return self._new

    async def close(self) -> None:
        """Cancel the handover."""
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
