"""A bad line, as a ``ProxyCommand`` of ssh: ``shaper.py HOST PORT [--delay-ms N] [--kbit N] ...``.

Standard library alone, and run by its path: it starts quickly. Freezes are ``--freeze AT+FOR`` in
seconds after ``--zero``, a time of the steady clock, so that they are the same for every line.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from collections import deque

PACKET_BYTES = 1448
QUEUE_BYTES = 64 * 1024
"""What the narrowest place of a line holds back; more is not taken."""


class Way:
    """One direction: what is read comes out later, no faster than the line is wide."""

    def __init__(self, delay_s: float, bytes_per_s: float, freezes: list[tuple[float, float]]):
        self._delay_s = delay_s
        self._bytes_per_s = bytes_per_s
        self._freezes = freezes
        self._queue: deque[tuple[float, bytes]] = deque()
        self._n_queued = 0
        self._moved = asyncio.Event()

    async def take(self, reader: asyncio.StreamReader) -> None:
        while True:
            while self._n_queued >= QUEUE_BYTES:
                await self._wait()
            data = await reader.read(PACKET_BYTES)
            self._queue.append((time.monotonic(), data))
            self._n_queued += len(data)
            self._moved.set()
            if not data:
                return

    async def give(self, writer: asyncio.StreamWriter) -> None:
        free_s = 0.0
        while True:
            while not self._queue:
                await self._wait()
            came_s, data = self._queue[0]
            await self._until(max(came_s + self._delay_s, free_s))
            for begin_s, end_s in self._freezes:
                if begin_s <= time.monotonic() < end_s:
                    await self._until(end_s)
            if not data:
                return
            free_s = max(free_s, time.monotonic()) + len(data) / self._bytes_per_s
            writer.write(data)
            await writer.drain()
            self._queue.popleft()
            self._n_queued -= len(data)
            self._moved.set()

    async def _wait(self) -> None:
        self._moved.clear()
        await self._moved.wait()

    async def _until(self, moment_s: float) -> None:
        await asyncio.sleep(max(0.0, moment_s - time.monotonic()))


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("--delay-ms", type=float, default=0.0)
    parser.add_argument("--kbit", type=float, default=1e6)
    parser.add_argument("--zero", type=float, default=0.0)
    parser.add_argument("--freeze", action="append", default=[])
    given = parser.parse_args()
    freezes = []
    for words in given.freeze:
        at_s, for_s = map(float, words.split("+"))
        freezes.append((given.zero + at_s, given.zero + at_s + for_s))
    loop = asyncio.get_running_loop()
    from_client = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(from_client)
    await loop.connect_read_pipe(lambda: protocol, os.fdopen(0, "rb"))
    transport, flow = await loop.connect_write_pipe(
        asyncio.streams.FlowControlMixin, os.fdopen(1, "wb")
    )
    to_client = asyncio.StreamWriter(transport, flow, None, loop)
    from_server, to_server = await asyncio.open_connection(given.host, given.port)
    up = Way(given.delay_ms / 1000, given.kbit * 125, freezes)
    down = Way(given.delay_ms / 1000, 1e9, freezes)
    ends = [asyncio.ensure_future(up.give(to_server)), asyncio.ensure_future(down.give(to_client))]
    ends += [asyncio.ensure_future(it) for it in (up.take(from_client), down.take(from_server))]
    await asyncio.wait(ends[:2], return_when=asyncio.FIRST_COMPLETED)
    os._exit(0)


if __name__ == "__main__":
    if sys.stdin is None:
        raise SystemExit("it is a ProxyCommand")
    asyncio.run(main())
