"""A socket of this machine that SSH leads one app to, once: the one that shows the token."""

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
"""Whoever connects shows the token within this time."""
LONGEST = 4096
"""Bytes of the line that shows it."""
BACKLOG = 4

Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class CallbackSocket:
    """Open while inside, until the right one has come."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="skdictate-")) / "door"
        """In a folder of ours that nobody else may enter."""
        self._token: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._guest: asyncio.Future[Ends] = asyncio.get_running_loop().create_future()

    async def __aenter__(self) -> Self:
        """Open it."""
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
        """Close it for good."""
        self._close()
        shutil.rmtree(self.path.parent, ignore_errors=True)

    def expect(self, token: str) -> None:
        """Who shows this may come in; the first word counts."""
        if not self._token.done():
            self._token.set_result(token)

    async def guest(self) -> Ends:
        """The one; from then on nobody can come any more."""
        return await asyncio.shield(self._guest)

    def _close(self) -> None:
        self._server.close()
        with suppress(OSError):
            self.path.unlink()

    async def _look(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Somebody has come: let it in, or not."""
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
    """The token in a line.

    Raises:
        ValueError: there is none.
    """
    said = json.loads(line)
    if not isinstance(said, dict):
        raise ValueError("no object")
    return str(said.get("token", ""))
