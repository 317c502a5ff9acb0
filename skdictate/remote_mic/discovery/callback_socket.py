"""A socket that SSH forwards to one app, which has to show a token. It accepts one connection."""

from __future__ import annotations

import asyncio
import hmac
import json
import shutil
import socket
import tempfile
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from skdictate.remote_mic.discovery import announcement
from skdictate.system.paths import FILE_MODE

SHOW_S = 10.0
"""Seconds within which a client has to show the token."""
LONGEST = 4096
"""The most bytes of the line with the token."""
BACKLOG = 4

Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class CallbackSocket:
    """Listens within its context until the right client has connected."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="skdictate-")) / "door"
        """In a private folder."""
        self._token: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._guest: asyncio.Future[Ends] = asyncio.get_running_loop().create_future()

    async def __aenter__(self) -> Self:
        """Listen."""
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(self.path))
        self.path.chmod(FILE_MODE)
        self._server = await asyncio.start_unix_server(
            self._look, sock=listener, backlog=BACKLOG, limit=LONGEST
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the socket and remove it."""
        self._close()
        shutil.rmtree(self.path.parent, ignore_errors=True)

    def expect(self, token: str) -> None:
        """Accept the client that shows this token; later calls are ignored."""
        if not self._token.done():
            self._token.set_result(token)

    async def guest(self) -> Ends:
        """Wait for the client; the socket is closed once it has connected."""
        return await asyncio.shield(self._guest)

    def _close(self) -> None:
        self._server.close()
        with suppress(OSError):
            self.path.unlink()

    async def _look(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Check the token of a client and accept or refuse it."""
        shown = token = ""
        with suppress(OSError, ValueError, TimeoutError):
            if announcement.is_own(writer.get_extra_info("socket")):
                async with asyncio.timeout(SHOW_S):
                    shown = _shown(await reader.readline())
                    token = await asyncio.shield(self._token)
        is_right = bool(token) and hmac.compare_digest(shown.encode(), token.encode())
        if is_right and not self._guest.done():
            self._guest.set_result((reader, writer))
            self._close()
        else:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


def _shown(line: bytes) -> str:
    """Parse the token in a line.

    Raises:
        ValueError: there is none.
    """
    said = json.loads(line)
    if not isinstance(said, dict):
        raise ValueError("no object")
    return str(said.get("token", ""))
