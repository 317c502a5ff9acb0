"""A second process that could capture at once: everything is loaded, and no microphone is open yet.

To start Python and PortAudio takes most of the time that the loss of a capturing process costs. Two
that capture at the same time would lose nothing, but not every system lets two programs have one
microphone.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from skdictate.errors import ProblemError
from skdictate.sources.mic_process import MicProcess

AFTER_S = 1.0
"""It is prepared so long after the first sound: others need the machine when a dictation begins."""
LONGEST_S = 60.0
"""The same where one after the other was needless: a machine that is busy is not to be kept so."""
LOAD_S = 20.0
"""One that is not ready by then hangs, as PortAudio may."""
TRIES = 3
"""How many may end by themselves before no more are prepared."""


class Successor:
    """A process that captures beside another one, and keeps what it hears until it is asked."""

    def __init__(self, process: MicProcess) -> None:
        self.process = process
        self._hearing = asyncio.create_task(self._hear())

    @property
    def is_heard(self) -> bool:
        """Sound has come of it."""
        return self._hearing.done() and not self._hearing.cancelled() and self._hearing.result()

    async def close(self) -> None:
        """It is not needed after all."""
        self._hearing.cancel()
        await asyncio.wait([self._hearing])
        await self.process.close()

    async def _hear(self) -> bool:
        await self.process.start()
        with suppress(ProblemError):
            return await self.process.peek()
        return False


class Standby:
    """At most one such process at a time."""

    def __init__(self, rate_hz: int, channel: int) -> None:
        self._sound = {"rate_hz": rate_hz, "channel": channel}
        self._process: MicProcess | None = None
        self._loading: asyncio.Task[None] | None = None
        self._n_failures = 0
        self._after_s = AFTER_S

    def prepare(self) -> None:
        """See to it that there is one soon."""
        if self._loading is not None and not self._loading.done():
            return
        if self._process is not None and self._process.is_running:
            return
        if self._n_failures < TRIES:
            self._loading = asyncio.create_task(self._load())

    @property
    def is_ready(self) -> bool:
        """There is one."""
        return self._process is not None and self._process.is_running

    def take(self, **order: Any) -> MicProcess | None:
        """The process, with an order; None if none is ready. It is the caller's from now on."""
        process = self._process
        if process is None or not process.is_running:
            return None
        self._process = None
        process.order = order
        return process

    def was_needed(self, is_it: bool) -> None:
        """The last one has taken over, or has not: whether the next one may wait."""
        self._after_s = AFTER_S if is_it else min(LONGEST_S, 2 * self._after_s)

    async def close(self) -> None:
        """It is not needed any more."""
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
