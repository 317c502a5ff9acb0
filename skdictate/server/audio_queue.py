"""A bounded queue of audio between the task that reads a client and the recogniser."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field


@dataclass
class AudioQueue:
    """A byte queue with one writer and one reader; all sizes are in bytes of PCM."""

    step_bytes: int
    """The reader is woken once at least this much is queued."""
    chunk_bytes: int
    """The most that one ``get`` returns."""
    full_bytes: int
    """``put`` waits while more than this is queued."""
    _data: bytearray = field(init=False, default_factory=bytearray)
    _is_ended: bool = field(init=False, default=False)
    _is_awaited: bool = field(init=False, default=False)
    """The reader should be woken even if less than ``step_bytes`` is queued."""
    _changed: asyncio.Condition = field(init=False, default_factory=asyncio.Condition)

    async def put(self, data: bytes) -> None:
        """Append audio; waits while more than ``full_bytes`` is queued."""
        async with self._changed:
            self._data += data
            self._changed.notify_all()
            await self._changed.wait_for(lambda: len(self._data) <= self.full_bytes)

    async def end(self) -> None:
        """Mark the end of the audio; ``get`` returns None once the queue is empty."""
        async with self._changed:
            self._is_ended = True
            self._changed.notify_all()

    async def wake_reader(self) -> None:
        """Make the next ``get`` return at once with whatever is queued, even if that is nothing."""
        async with self._changed:
            self._is_awaited = True
            self._changed.notify_all()

    async def get(self) -> bytes | None:
        """Wait for audio and return at most ``chunk_bytes`` of it; None after the end."""
        async with self._changed:
            await self._changed.wait_for(self._is_due)
            chunk = bytes(self._data[: self.chunk_bytes])
            del self._data[: self.chunk_bytes]
            is_over = self._is_ended and not chunk and not self._is_awaited
            self._is_awaited = self._is_awaited and bool(self._data)
            self._changed.notify_all()
            return None if is_over else chunk

    def _is_due(self) -> bool:
        return len(self._data) >= self.step_bytes or self._is_ended or self._is_awaited
