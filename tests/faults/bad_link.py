"""A bad link: a TCP proxy that delays, stalls, cuts, half-closes, resets, swallows and throttles.

It knows HTTP/2 just well enough to slip in a frame of its own between two of the server's.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from enum import Enum
from typing import Self

BITE_BYTES = 16_384
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER of no time: closing sends a RST."""
LOOK_S = 0.05
"""How soon it is noticed that the network has changed."""
FRAME_HEADER_BYTES = 9
GOAWAY = 7
RST_STREAM = 3


class Way(Enum):
    """A direction."""

    UP = "to the server"
    DOWN = "to the client"


class Break(Enum):
    """How a connection is broken."""

    CUT = "both ends are closed"
    RESET = "the client gets a RST"
    HALF_UP = "the server is told that no more will come"
    HALF_DOWN = "the client is told that no more will come"
    HOLE = "all bytes vanish from now on, and nobody is told"


class Proxy:
    """``async with Proxy(lambda: server.port) as proxy``; clients go to ``proxy.port``."""

    def __init__(self, upstream: Callable[[], int]) -> None:
        self.upstream = upstream
        self.delay_s = 0.0
        """Each way."""
        self.bytes_per_s = float("inf")
        """Each way, of each connection."""
        self.is_hole = False
        """New connections are taken, and lead nowhere."""
        self.port = 0
        self.n_connections = 0
        self.connections: set[Connection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_flowing = {way: asyncio.Event() for way in Way}
        for event in self._is_flowing.values():
            event.set()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.refuse()
        for way in Way:
            self.flow(way)
        self.bytes_per_s, self.delay_s = float("inf"), 0.0
        for connection in list(self.connections):
            connection.abort()
        await asyncio.gather(*self._tasks)

    async def open(self) -> None:
        """Take connections (again), at the same port if nobody has taken that."""
        try:
            self._listener = await asyncio.start_server(self._meet, "127.0.0.1", self.port)
        except OSError:
            self._listener = await asyncio.start_server(self._meet, "127.0.0.1", 0)
        self.port = self._listener.sockets[0].getsockname()[1]

    async def refuse(self) -> None:
        """New connections are refused."""
        self._listener.close()

    def stall(self, *ways: Way) -> None:
        """Nothing moves; nothing is lost."""
        for way in ways or Way:
            self._is_flowing[way].clear()

    def flow(self, *ways: Way) -> None:
        """It moves again."""
        for way in ways or Way:
            self._is_flowing[way].set()

    async def flowing(self, way: Way) -> None:
        """Wait while it is stalled."""
        await self._is_flowing[way].wait()

    def break_all(self, how: Break, *, after_bytes: int = 0) -> None:
        """All connections break, when that many more bytes have come from the server."""
        for connection in list(self.connections):
            connection.break_after(how, after_bytes)

    def inject(self, frame: bytes) -> None:
        """All clients get this frame, after the one that is on its way."""
        for connection in self.connections:
            connection.frames.append(frame)

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.n_connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await Connection(self, reader, writer).run()
        finally:
            self._tasks.discard(task)


class Connection:
    """One client and its way to the server."""

    def __init__(
        self, proxy: Proxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._proxy = proxy
        self._client = reader, writer
        self.frames: list[bytes] = []
        self._is_hole = proxy.is_hole
        self._break: tuple[Break, int] | None = None
        self._server: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._half_closed = dict.fromkeys(Way, False)
        """A side was told that no more comes; what comes all the same is dropped."""
        self._left = 0
        """Bytes of the server's present frame that are still to come."""
        self._head = b""

    async def run(self) -> None:
        """Until both sides are done."""
        self._proxy.connections.add(self)
        try:
            if not self._is_hole:
                port = self._proxy.upstream()
                self._server = await asyncio.open_connection("127.0.0.1", port)
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._pump(Way.UP, self._client[0], self._server[1]))
                    group.create_task(self._pump(Way.DOWN, self._server[0], self._client[1]))
            else:
                await self._swallow()
        except* OSError:
            pass
        finally:
            self._proxy.connections.discard(self)
            self._close(self._client[1])
            if self._server is not None:
                self._close(self._server[1])

    def break_after(self, how: Break, n_bytes: int) -> None:
        """Break when that many more bytes have gone down."""
        if n_bytes:
            self._break = how, n_bytes
        else:
            self._do(how)

    def _do(self, how: Break) -> None:
        match how:
            case Break.CUT:
                self._client[1].close()
                if self._server is not None:
                    self._server[1].close()
            case Break.RESET:
                self._linger(self._client[1])
                self.abort()
            case Break.HALF_UP if self._server is not None:
                self._half_closed[Way.UP] = True
                self._half_close(self._server[1])
            case Break.HALF_DOWN:
                self._half_closed[Way.DOWN] = True
                self._half_close(self._client[1])
            case Break.HOLE:
                self._is_hole = True

    async def _swallow(self) -> None:
        while await self._client[0].read(BITE_BYTES):
            pass

    async def _pump(
        self, way: Way, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Bytes of one direction; those that wait for their time are few."""
        queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(64)
        loop = asyncio.get_running_loop()

        async def take() -> None:
            while data := await reader.read(BITE_BYTES):
                await queue.put((loop.time(), data))
            await queue.put((loop.time(), b""))

        taking = asyncio.ensure_future(take())
        try:
            while True:
                came_s, data = await queue.get()
                while (left_s := came_s + self._proxy.delay_s - loop.time()) > 0:
                    await asyncio.sleep(min(left_s, LOOK_S))
                await self._proxy.flowing(way)
                if not data:
                    if not self._is_hole:
                        self._half_close(writer)
                    return
                if self._is_hole:
                    continue
                began_s = loop.time()
                while (left_s := began_s + len(data) / self._proxy.bytes_per_s - loop.time()) > 0:
                    await asyncio.sleep(min(left_s, LOOK_S))
                await self._pass_on(way, data, writer)
        finally:
            taking.cancel()
            with suppress(asyncio.CancelledError, OSError):
                await taking

    async def _pass_on(self, way: Way, data: bytes, writer: asyncio.StreamWriter) -> None:
        if self._half_closed[way]:
            return
        if way is Way.DOWN:
            how, left = self._break or (None, 0)
            if how is not None:
                if len(data) >= left:
                    writer.write(data[:left])
                    self._break = None
                    self._do(how)
                    return
                self._break = how, left - len(data)
            data = self._with_frames(data)
        writer.write(data)
        await writer.drain()

    def _with_frames(self, data: bytes) -> bytes:
        """The same, with frames of ours at the end of the first frame that ends in it."""
        passed = 0
        while passed < len(data):
            if self._left == 0 and not self._head and self.frames:
                frames, self.frames = b"".join(self.frames), []
                data = data[:passed] + frames + data[passed:]
                passed += len(frames)
            if self._left:
                n_bytes = min(self._left, len(data) - passed)
                self._left -= n_bytes
            else:
                n_bytes = min(FRAME_HEADER_BYTES - len(self._head), len(data) - passed)
                self._head += data[passed : passed + n_bytes]
                if len(self._head) == FRAME_HEADER_BYTES:
                    self._left = int.from_bytes(self._head[:3], "big")
                    self._head = b""
            passed += n_bytes
        return data

    def abort(self) -> None:
        """Close both sides at once."""
        self._close(self._client[1])
        if self._server is not None:
            self._close(self._server[1])

    @staticmethod
    def _linger(writer: asyncio.StreamWriter) -> None:
        raw = writer.get_extra_info("socket")
        with suppress(OSError):
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)

    @staticmethod
    def _half_close(writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            if writer.can_write_eof():
                writer.write_eof()

    @staticmethod
    def _close(writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            writer.transport.abort()


def goaway(code: int, *, last_stream: int = 0x7FFF_FFFF, words: bytes = b"") -> bytes:
    """The server will take no more streams."""
    payload = struct.pack(">II", last_stream, code) + words
    return _frame(GOAWAY, 0, payload)


def reset_stream(code: int, stream: int = 1) -> bytes:
    """The server gives a stream up."""
    return _frame(RST_STREAM, stream, struct.pack(">I", code))


def _frame(kind: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "big") + struct.pack(">BBI", kind, 0, stream) + payload
