"""A standby process: everything that capturing needs is loaded, but no microphone is open.

When a capturing process is lost, starting Python and PortAudio would cost the most time. Two
processes that capture at the same time would lose nothing, but not every system lets two share a
microphone.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from skdictate.errors import ProblemError
from skdictate.sources.mic_process import MicProcess

AFTER_S = 1.0
"""Seconds after the first sound before it is prepared: a dictation that starts needs the CPU
itself."""
LONGEST_S = 60.0
"""The longest delay, reached when standby processes prove needless on a busy machine."""
LOAD_S = 20.0
"""Seconds after which a process that is not ready counts as hanging, as PortAudio may."""
TRIES = 3
"""How many may end by themselves before no more are prepared."""


class Successor:
    """A process that captures beside another one and keeps its sound until it is needed."""

    def __init__(self, process: MicProcess) -> None:
        self.process = process
        self._capturing = asyncio.create_task(self._capture())

    @property
    def has_sound(self) -> bool:
        """Whether it has captured sound."""
        return (
            self._capturing.done() and not self._capturing.cancelled() and self._capturing.result()
        )

    async def close(self) -> None:
        """End the process, as it is not needed."""
        self._capturing.cancel()
        await asyncio.wait([self._capturing])
        await self.process.close()

    async def _capture(self) -> bool:
        await self.process.start()
        with suppress(ProblemError):
            return await self.process.peek()
        return False


class Standby:
    """Prepares at most one such process at a time."""

    def __init__(self, rate_hz: int, channel: int) -> None:
        self._sound = {"rate_hz": rate_hz, "channel": channel}
        self._process: MicProcess | None = None
        self._loading: asyncio.Task[None] | None = None
        self._n_failures = 0
        self._after_s = AFTER_S

    def prepare(self) -> None:
        """Make sure that one will be ready soon."""
        if self._loading is not None and not self._loading.done():
            return
        if self._process is not None and self._process.is_running:
            return
        if self._n_failures < TRIES:
            self._loading = asyncio.create_task(self._load())

    @property
    def is_ready(self) -> bool:
        """Whether one is ready."""
        return self._process is not None and self._process.is_running

    def hand_over(self, **order: Any) -> MicProcess | None:
        """Hand over the process with a command for it.

        None if none is ready. The caller then owns it.
        """
        process = self._process
        if process is None or not process.is_running:
            return None
        self._process = None
        process.order = order
        return process

    def note_use(self, is_it: bool) -> None:
        """Note whether the last one had to take over; if not, the next one is prepared later."""
        self._after_s = AFTER_S if is_it else min(LONGEST_S, 2 * self._after_s)

    async def close(self) -> None:
        """End the process, as it is not needed any more."""
        if self._loading is not None:
            self._loading.cancel()
            await asyncio.wait([self._loading])
        if self._process is not None:
            await self._process.close()
            self._process = None

    async def _load(self) -> None:
        await asyncio.sleep(self._after_s)
        if self._process is not None:  # it has ended by itself
            self._n_failures += 1
            await self._process.close()
            self._process = None
        process = MicProcess()
        try:
            with suppress(TimeoutError, ProblemError):
                async with asyncio.timeout(LOAD_S):
                    await process.prepare(**self._sound)
                    self._process = process
        finally:
            if self._process is not process:
                self._n_failures += 1
                await process.close()
