"""Lets one page at a time be the microphone. Another may replace it if its user asks for it."""

from __future__ import annotations

import asyncio

from websockets.asyncio.server import ServerConnection

TAKEN = 4409
"""The close code for a page that was replaced."""


class ActivePage:
    """The connection of the page that is the microphone."""

    def __init__(self) -> None:
        self._holder: ServerConnection | None = None
        self._freed = asyncio.Event()
        self._freed.set()

    def claim(self, by: ServerConnection) -> bool:
        """Become the microphone if no page is."""
        if self._holder is not None:
            return False
        self._holder = by
        self._freed.clear()
        return True

    async def take(self, by: ServerConnection) -> None:
        """Become the microphone once the current page has been closed."""
        while not self.claim(by):
            assert self._holder is not None
            await self._holder.close(TAKEN, "another page is the microphone now")
            await self._freed.wait()

    def leave(self, by: ServerConnection) -> None:
        """Stop being the microphone."""
        if self._holder is by:
            self._holder = None
            self._freed.set()
