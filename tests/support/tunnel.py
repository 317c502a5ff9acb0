"""A road to an app that a test can block, cut, freeze and thaw."""

from __future__ import annotations

import asyncio

from skdictate.errors import Kind, Problem, ProblemError
from skdictate.remote_mic.sender.transport import SocketConnection, reach
from tests.support.mic_line import App

BLOCKED = Problem(Kind.NETWORK, "There is no way", "Somebody has blocked it")


class Tunnel:
    """See ``Road``."""

    name = "the app"

    def __init__(self, app: App) -> None:
        self.app = app
        self.is_wide = False
        self.problem: Problem | None = None
        self.n_opened = 0
        self.n_hanging = self.most_hanging = self.n_tried = 0
        self.n_to_hang = 0
        """So many of the next tries never come through."""
        self.connection: Section | None = None
        """The newest."""

    async def open(self, *, may_ask: bool, served: str = "") -> Section:
        self.asked = may_ask
        self.n_tried += 1
        if self.problem is not None:
            raise ProblemError(self.problem)
        if self.n_to_hang:
            self.n_to_hang -= 1
            await self._hang()
        self.n_opened += 1
        self.connection = Section(await reach(self.app.inbox.session))
        return self.connection

    async def _hang(self) -> None:
        self.n_hanging += 1
        self.most_hanging = max(self.most_hanging, self.n_hanging)
        try:
            await asyncio.Event().wait()
        finally:
            self.n_hanging -= 1

    def cut(self) -> None:
        """End the line without a word."""
        assert self.connection is not None
        self.connection.cut()

    def freeze(self) -> None:
        """Nothing comes through any more, and nobody is told."""
        assert self.connection is not None
        self.connection.flows.clear()

    def thaw(self) -> None:
        """It goes on, with what was on its way."""
        assert self.connection is not None
        self.connection.thaw()


class Section:
    """One passage through it."""

    def __init__(self, inner: SocketConnection) -> None:
        self.token = inner.token
        self.flows = asyncio.Event()
        self.flows.set()
        self.is_cut = self.is_closed = False
        self.why: Problem | None = None
        self._inner = inner
        self._held = bytearray()

    async def read(self) -> bytes:
        data = await self._inner.read()
        await self.flows.wait()
        return b"" if self.is_cut else data

    def write(self, data: bytes) -> None:
        if not self.flows.is_set():
            self._held += data
        elif not self.is_cut:
            self._inner.write(data)

    async def drain(self) -> None:
        if self.is_cut:
            raise BrokenPipeError
        if self.flows.is_set():
            await self._inner.drain()

    async def close(self) -> None:
        self.is_closed = True
        await self._inner.close()

    async def ending(self) -> Problem | None:
        return self.why

    def cut(self) -> None:
        self.is_cut = True
        self._inner._writer.transport.abort()

    def thaw(self) -> None:
        self.flows.set()
        self.write(bytes(self._held))
