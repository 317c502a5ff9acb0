"""Audio on its way from a client to the recogniser: bounded, and taken in bites."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field


@dataclass
class AudioQueue:
    """One writer, one reader; sizes in bytes."""

    step_bytes: int
    """What is worth waking the reader for."""
    bite_bytes: int
    """The most that the reader gets at once."""
    full_bytes: int
    """With more than this inside, the writer waits."""
    _data: bytearray = field(init=False, default_factory=bytearray)
    _is_ended: bool = field(init=False, default=False)
    _is_awaited: bool = field(init=False, default=False)
    """The reader is to come, however little there is."""
    _changed: asyncio.Condition = field(init=False, default_factory=asyncio.Condition)

    async def put(self, data: bytes) -> None:
        """Add audio; waits while there is too much."""
        async with self._changed:
            self._data += data
            self._changed.notify_all()
            await self._changed.wait_for(lambda: len(self._data) <= self.full_bytes)

    async def end(self) -> None:
        """No more will come."""
        async with self._changed:
            self._is_ended = True
            self._changed.notify_all()

    async def wake(self) -> None:
        """Have the reader take what there is, be it nothing."""
        async with self._changed:
            self._is_awaited = True
            self._changed.notify_all()

    async def take(self) -> bytes | None:
        """The next bite; None at the end."""
        async with self._changed:
            await self._changed.wait_for(self._is_due)
            bite = bytes(self._data[: self.bite_bytes])
            del self._data[: self.bite_bytes]
            is_over = self._is_ended and not bite and not self._is_awaited
            self._is_awaited = self._is_awaited and bool(self._data)
            self._changed.notify_all()
            return None if is_over else bite

    def _is_due(self) -> bool:
        return len(self._data) >= self.step_bytes or self._is_ended or self._is_awaited
