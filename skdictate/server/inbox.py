"""Audio on its way from a client to the recogniser: bounded, and taken in bites."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field


@dataclass
class Inbox:
    """One writer, one reader; sizes in bytes."""

    step_bytes: int
    """What is worth waking the reader for."""
    bite_bytes: int
    """The most that the reader gets at once."""
    full_bytes: int
    """With more than this inside, the writer waits."""
    _data: bytearray = field(init=False, default_factory=bytearray)
    _is_ended: bool = field(init=False, default=False)
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

    async def take(self) -> bytes:
        """The next bite; empty at the end."""
        async with self._changed:
            await self._changed.wait_for(
                lambda: len(self._data) >= self.step_bytes or self._is_ended
            )
            bite = bytes(self._data[: self.bite_bytes])
            del self._data[: self.bite_bytes]
            self._changed.notify_all()
            return bite
