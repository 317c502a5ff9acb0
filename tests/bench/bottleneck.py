"""One narrow line for all connections through it: ``bottleneck.py PORT [--delay-ms N] [--kbit N]``.

It prints the port to connect to. What goes up waits in one queue, as in a router at home, so that
the keys of one connection wait behind the sound of another. ``freeze`` and ``thaw`` on standard
input stop everything and let it go on. Standard library alone: it is run by its path.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import threading
import time
from collections import Counter, deque
from contextlib import suppress

PACKET_BYTES = 1448
QUEUE_BYTES = 64 * 1024


class Bottleneck:
    def __init__(self, port: int, delay_s: float, bytes_per_s: float) -> None:
        self._port = port
        self._delay_s = delay_s
        self._bytes_per_s = bytes_per_s
        self._queue: deque[tuple[float, bytes, asyncio.StreamWriter]] = deque()
        self._n_queued: Counter[asyncio.StreamWriter] = Counter()
        self._moved = asyncio.Event()
        self.flows = asyncio.Event()
        self.flows.set()

    async def serve(self) -> None:
        server = await asyncio.start_server(self._meet, "127.0.0.1", 0)
        print(server.sockets[0].getsockname()[1], flush=True)
        threading.Thread(target=self._obey, args=(asyncio.get_running_loop(),), daemon=True).start()
        await self._go_up()

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self.flows.wait()
        from_server, to_server = await asyncio.open_connection("127.0.0.1", self._port)
        down = asyncio.ensure_future(self._go_down(from_server, writer))
        while data := await _read(reader):
            while self._n_queued[to_server] >= QUEUE_BYTES:
                self._moved.clear()
                await self._moved.wait()
            self._put(data, to_server)
        self._put(b"", to_server)
        await down

    def _put(self, data: bytes, writer: asyncio.StreamWriter) -> None:
        self._queue.append((time.monotonic(), data, writer))
        self._n_queued[writer] += len(data)
        self._moved.set()

    async def _go_up(self) -> None:
        free_s = 0.0
        while True:
            while not self._queue:
                self._moved.clear()
                await self._moved.wait()
            came_s, data, writer = self._queue[0]
            await _until(max(came_s + self._delay_s, free_s))
            await self.flows.wait()
            free_s = max(free_s, time.monotonic()) + len(data) / self._bytes_per_s
            _deliver(data, writer)
            self._queue.popleft()
            self._n_queued[writer] -= len(data)
            self._moved.set()

    async def _go_down(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        late: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

        async def deliver() -> None:
            while True:
                came_s, data = await late.get()
                await _until(came_s + self._delay_s)
                await self.flows.wait()
                _deliver(data, writer)
                if not data:
                    return

        delivering = asyncio.ensure_future(deliver())
        while data := await _read(reader):
            late.put_nowait((time.monotonic(), data))
        late.put_nowait((time.monotonic(), b""))
        await delivering

    def _obey(self, loop: asyncio.AbstractEventLoop) -> None:
        for line in sys.stdin:
            loop.call_soon_threadsafe(
                self.flows.clear if line.strip() == "freeze" else self.flows.set
            )
        loop.call_soon_threadsafe(loop.stop)


async def _read(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read(PACKET_BYTES)
    except OSError:
        return b""


def _deliver(data: bytes, writer: asyncio.StreamWriter) -> None:
    if not data:
        writer.close()
    elif not writer.is_closing():
        writer.write(data)


async def _until(moment_s: float) -> None:
    await asyncio.sleep(max(0.0, moment_s - time.monotonic()))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("--delay-ms", type=float, default=0.0)
    parser.add_argument("--kbit", type=float, default=1e6)
    given = parser.parse_args()
    line = Bottleneck(given.port, given.delay_ms / 1000, given.kbit * 125)
    with suppress(RuntimeError):  # stopped before it was done: that is its end
        asyncio.run(line.serve())
