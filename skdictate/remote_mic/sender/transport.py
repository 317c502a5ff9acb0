"""Transports from a microphone to the app, and the simplest one: a socket on this machine."""

from __future__ import annotations

import asyncio
import platform
from contextlib import suppress
from typing import Protocol

from skdictate.errors import Problem
from skdictate.remote_mic.discovery import app_finder
from skdictate.remote_mic.discovery.announcement import Announcement
from skdictate.system.paths import Paths
from skdictate.text.clean_text import clean

READ_BYTES = 1 << 16
UNSENT_BYTES = 1 << 12
"""Bytes that may wait in this process to be sent, so that there is no second queue before the
tunnel's."""
CLOSE_S = 0.5


class TransportConnection(Protocol):
    """An open connection: bytes both ways."""

    token: str
    """The token that the app wants to see, if it is known at this end."""

    async def read(self) -> bytes:
        """The next bytes; empty at the end."""

    def write(self, data: bytes) -> None:
        """Send bytes, without waiting."""

    async def drain(self) -> None:
        """Wait until few bytes are left to be sent.

        Raises:
            OSError: the connection has ended.
        """

    async def close(self) -> None:
        """Close the connection and kill whatever still runs for it."""

    async def ending(self) -> Problem | None:
        """Why it ended by itself, if more is known than that."""


class Transport(Protocol):
    """Opens connections to the app."""

    name: str
    """The name of the other end, for people."""
    is_wide: bool
    """Whether a second connection is possible beside a stalled one, and may succeed sooner."""

    async def open(self, *, may_ask: bool, served: str = "") -> TransportConnection:
        """Open a connection.

        Args:
            may_ask: whether the user may be asked for a password.
            served: the id of the app that was served before; empty for the newest one.

        Raises:
            ProblemError: it cannot be opened at present.
        """


class SocketTransport:
    """Connects to an app of this user on this machine."""

    is_wide = False

    def __init__(self, paths: Paths, wanted: str = "") -> None:
        self.name = "this machine"
        self._paths = paths
        self._wanted = wanted

    async def open(self, *, may_ask: bool, served: str = "") -> SocketConnection:
        """See ``Transport``."""
        session = await asyncio.to_thread(app_finder.find, self._paths, self._wanted, served)
        return await reach(session)


class SocketConnection:
    """See ``TransportConnection``; any duplex stream of bytes."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, token: str = ""
    ) -> None:
        self.token = token
        self._reader = reader
        self._writer = writer
        writer.transport.set_write_buffer_limits(high=UNSENT_BYTES)

    async def read(self) -> bytes:
        """See ``TransportConnection``."""
        return await self._reader.read(READ_BYTES)

    def write(self, data: bytes) -> None:
        """See ``TransportConnection``."""
        self._writer.write(data)

    async def drain(self) -> None:
        """See ``TransportConnection``."""
        await self._writer.drain()

    async def close(self) -> None:
        """See ``TransportConnection``."""
        self._writer.close()
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(CLOSE_S):
                await self._writer.wait_closed()

    async def ending(self) -> Problem | None:
        """See ``TransportConnection``."""
        return None


async def reach(session: Announcement) -> SocketConnection:
    """Connect to an app on this machine."""
    reader, writer = await app_finder.reach(session)
    return SocketConnection(reader, writer, session.token)


def host_name() -> str:
    """The name of this machine, for people."""
    return clean(platform.node())
