"""Decodes clients' containers on one thread that all sessions share, in short turns.

Each session has at most one turn queued, so that a session that sends expensive data delays the
others by one turn each, but cannot stop them. The event loop, which all calls need for their
answers, decodes nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Executor

from skdictate.server.decoder import Decoder, Raw

CHUNK_S = 0.01
"""Seconds of work after which a turn ends."""
CHUNK_BYTES = 32_000
"""Bytes of decoded sound after which a turn ends as well: 1 s, far above what a client sends at
once."""
PIECE_BYTES = 4_096
"""Bytes that a decoder gets at once, since it may read all of its input before it yields."""


class Decoding:
    """One client's decoder and its turns on the thread."""

    def __init__(self, decoder: Decoder, executor: Executor) -> None:
        self._decoder = decoder
        self._executor = executor

    async def decode(self, data: bytes) -> AsyncIterator[bytes]:
        """Decode the next bytes.

        Raises:
            RefusedError: they are not in the format that the client named.
        """
        async for pcm in self._decoded(self._pieces(data)):
            yield pcm

    async def finish(self) -> AsyncIterator[bytes]:
        """Yield what is left when the client has sent everything.

        Raises:
            RefusedError: there was no sound.
        """
        async for pcm in self._decoded(self._decoder.finish()):
            yield pcm

    def _pieces(self, data: bytes) -> Iterator[bytes]:
        for start in range(0, len(data), PIECE_BYTES):
            yield from self._decoder.decode(data[start : start + PIECE_BYTES])
            yield b""

    async def _decoded(self, pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
        """Run turns only while the caller asks for more, so that a slow client keeps no thread
        busy.
        """
        if isinstance(self._decoder, Raw):  # uncompressed samples are not worth a thread
            yield b"".join(pieces)
            return
        loop = asyncio.get_running_loop()
        is_over = False
        while not is_over:
            pcm, is_over = await loop.run_in_executor(self._executor, _next_chunk, pieces)
            yield pcm


def _next_chunk(pieces: Iterator[bytes]) -> tuple[bytes, bool]:
    """Collect sound until the turn is over; the second value says whether that was all of it."""
    end_s = time.monotonic() + CHUNK_S
    pcm = bytearray()
    for piece in pieces:
        pcm += piece
        if len(pcm) >= CHUNK_BYTES or time.monotonic() >= end_s:
            return bytes(pcm), False
    return bytes(pcm), True
