"""A line that is too thin, on the way to a port of this machine."""

from __future__ import annotations

import asyncio
from typing import Self

READ_BYTES = 512


class Thin:
    """``async with Thin(port) as line``: connect to ``line.port`` instead."""

    def __init__(self, port: int) -> None:
        self.kbit_s = 0.0
        """What it carries to the port; 0 for all that comes."""
        self._to = port
        self._writers: list[asyncio.StreamWriter] = []

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=READ_BYTES)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self.cut()

    def cut(self) -> None:
        """Every connection breaks."""
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._to)
        self._writers += writer, back
        await asyncio.gather(self._carry(reader, back), self._pass(there, writer))

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(READ_BYTES):
                if self.kbit_s:
                    await asyncio.sleep(len(data) * 8 / self.kbit_s / 1000)
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(READ_BYTES):
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()
