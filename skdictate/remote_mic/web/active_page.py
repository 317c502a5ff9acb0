"""One page at a time is the microphone. Another may take its place, if its user says so."""

from __future__ import annotations

import asyncio

from websockets.asyncio.server import ServerConnection

TAKEN = 4409
"""Closed for another page."""


class ActivePage:
    """Who sits there now."""

    def __init__(self) -> None:
        self._holder: ServerConnection | None = None
        self._freed = asyncio.Event()
        self._freed.set()

    def claim(self, by: ServerConnection) -> bool:
        """Sit down, if nobody sits there."""
        if self._holder is not None:
            return False
        self._holder = by
        self._freed.clear()
        return True

    async def take(self, by: ServerConnection) -> None:
        """Sit down, after whoever sits there has gone."""
        while not self.claim(by):
            assert self._holder is not None
            await self._holder.close(TAKEN, "another page is the microphone now")
            await self._freed.wait()

    def leave(self, by: ServerConnection) -> None:
        """Others may have it."""
        if self._holder is by:
            self._holder = None
            self._freed.set()
