"""A client's bytes made sound on a thread of their own, a bite at a time.

All sessions share the thread, and each has one bite there at most: so they take turns, and what one
sends can keep the others waiting for a bite of each, but not stop them. The event loop, which all
calls need for their answers, decodes nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Executor

from skdictate.server.decoder import Decoder, Raw

BITE_S = 0.01
"""After this much work others have their turn."""
BITE_BYTES = 32_000
"""So much sound ends a bite as well: a second of it, that is far above what a client sends."""
PIECE_BYTES = 4_096
"""What a decoder is given at once, for it may take all of it before it gives anything."""


class Decoding:
    """One client's decoder, and its turns on the thread."""

    def __init__(self, decoder: Decoder, executor: Executor) -> None:
        self._decoder = decoder
        self._executor = executor

    async def decode(self, data: bytes) -> AsyncIterator[bytes]:
        """The sound of the next bytes.

        Raises:
            RefusedError: they are not what they were said to be.
        """
        async for pcm in self._given(self._pieces(data)):
            yield pcm

    async def finish(self) -> AsyncIterator[bytes]:
        """No more bytes will come: what is left.

        Raises:
            RefusedError: there was nothing that could be heard.
        """
        async for pcm in self._given(self._decoder.finish()):
            yield pcm

    def _pieces(self, data: bytes) -> Iterator[bytes]:
        for start in range(0, len(data), PIECE_BYTES):
            yield from self._decoder.decode(data[start : start + PIECE_BYTES])
            yield b""

    async def _given(self, pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
        """A bite is in work only while somebody waits for it: who is slow holds up nobody else."""
        if isinstance(self._decoder, Raw):  # no work that is worth a thread
            yield b"".join(pieces)
            return
        loop = asyncio.get_running_loop()
        is_over = False
        while not is_over:
            pcm, is_over = await loop.run_in_executor(self._executor, _bite, pieces)
            yield pcm


def _bite(pieces: Iterator[bytes]) -> tuple[bytes, bool]:
    """Some of the pieces, and whether they were the last."""
    end_s = time.monotonic() + BITE_S
    pcm = bytearray()
    for piece in pieces:
        pcm += piece
        if len(pcm) >= BITE_BYTES or time.monotonic() >= end_s:
            return bytes(pcm), False
    return bytes(pcm), True
