"""A part of a stored recording, delivered as fast as the recogniser takes it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from skdictate.audio.pcm import Format
from skdictate.sources.base import BLOCK_MS, Unopened

READ_S = 1.0
"""Seconds of sound that are read from the disk at once."""


class ExcerptSource(Unopened):
    """Samples ``[start, end)`` of a recording; see ``Source``."""

    is_live = False
    is_microphone = False
    overruns = 0

    def __init__(
        self,
        read: Callable[[int, int], Awaitable[bytes]],
        sound: Format,
        start: int,
        end: int,
        name: str,
    ) -> None:
        self.name = name
        self.format = sound
        self._read = read
        self._start = start
        self._end = end
        self._is_stopped = False

    def stop(self) -> None:
        """End after the current block."""
        self._is_stopped = True

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """The blocks; see ``Source``."""
        n_bytes = self.format.size_bytes(self.format.samples_of_ms(BLOCK_MS))
        step = self.format.samples(READ_S)
        for start in range(self._start, self._end, step):
            pcm = await self._read(start, min(start + step, self._end))
            for first in range(0, len(pcm), n_bytes):
                if self._is_stopped:
                    return
                yield pcm[first : first + n_bytes]
                await asyncio.sleep(0)
