"""Sound on standard input: raw s16le mono at the chosen rate, or WAV, told by its first bytes."""

from __future__ import annotations

import asyncio
import threading
import wave
from collections.abc import AsyncIterator, Iterator
from io import BufferedReader
from types import TracebackType
from typing import Self

from skdictate.convert import Converter
from skdictate.core.audio import BYTES_PER_SAMPLE, Format
from skdictate.errors import Kind, Problem, ProblemError
from skdictate.sources.base import BLOCK_MS

ENDLESS_BYTES = 0x7FFF_0000
"""A WAV that claims to be larger was written by a program that did not know its length."""


class StdinSource:
    """Reads as fast as the sound comes: whoever writes it must not be made to wait."""

    is_live = True
    is_microphone = False
    overruns = 0
    name = "standard input"

    def __init__(self, sound: Format, fd: int = 0) -> None:
        self.format = sound
        self._fd = fd
        self._is_stopped = False
        self._blocks: asyncio.Queue[bytes | Exception | None] = asyncio.Queue()

    def stop(self) -> None:
        """End after what was read already."""
        self._is_stopped = True
        self._blocks.put_nowait(None)

    async def __aenter__(self) -> Self:
        """Begin to read, on a thread that nobody has to wait for."""
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._read, args=(loop,), daemon=True).start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Read no more."""
        self._is_stopped = True

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """The blocks; see ``Source``."""
        while (block := await self._blocks.get()) is not None:
            if isinstance(block, Exception):
                raise ProblemError(_unreadable(block)) from block
            yield block

    def _read(self, loop: asyncio.AbstractEventLoop) -> None:
        """On the thread: read until the end, and say how it ended."""
        end: Exception | None = None
        try:
            with open(self._fd, "rb", closefd=False) as pipe:
                for block in blocks(pipe, self.format):
                    if self._is_stopped:
                        return
                    loop.call_soon_threadsafe(self._blocks.put_nowait, block)
        except (OSError, EOFError, wave.Error) as error:
            end = error
        except RuntimeError:  # the loop is gone, and with it everybody who could listen
            return
        if not loop.is_closed():
            loop.call_soon_threadsafe(self._blocks.put_nowait, end)


def blocks(pipe: BufferedReader, sound: Format) -> Iterator[bytes]:
    """The sound of a pipe as s16le mono at the wanted rate, as soon as it comes.

    Raises:
        wave.Error: it begins like a WAV and is none, or not one of 16 bits.
    """
    head = pipe.read(4)
    if head != b"RIFF":
        yield from _aligned(_pieces(head, pipe, None, sound), BYTES_PER_SAMPLE)
        return
    with wave.open(_Given(head, pipe)) as file:  # type: ignore[call-overload]
        channels, width, rate_hz, n_frames = file.getparams()[:4]
    if width != BYTES_PER_SAMPLE:
        raise wave.Error(f"it has {8 * width} bits a sample, and 16 are needed")
    size_bytes = n_frames * width * channels
    rest = size_bytes if 0 < size_bytes < ENDLESS_BYTES else None
    converter = Converter(rate_hz, sound.rate_hz, channels)
    for piece in _aligned(_pieces(b"", pipe, rest, sound), width * channels):
        if pcm := converter.convert_pcm(piece):
            yield pcm
    if pcm := converter.convert_pcm(b"", is_last=True):
        yield pcm


def _pieces(head: bytes, pipe: BufferedReader, rest: int | None, sound: Format) -> Iterator[bytes]:
    """What comes out of the pipe, as it comes; ``rest`` bytes at most."""
    if head:
        yield head
    most = sound.size_bytes(sound.samples_of_ms(4 * BLOCK_MS))
    while rest is None or rest > 0:
        piece = pipe.read1(most if rest is None else min(most, rest))
        if not piece:
            return
        rest = None if rest is None else rest - len(piece)
        yield piece


def _aligned(pieces: Iterator[bytes], frame_bytes: int) -> Iterator[bytes]:
    """The same in whole frames; half a frame at the end is dropped."""
    rest = b""
    for piece in pieces:
        data = rest + piece
        whole = len(data) - len(data) % frame_bytes
        rest = data[whole:]
        if whole:
            yield data[:whole]


class _Given:
    """A pipe with its first bytes put back, for ``wave``, which reads it without seeking."""

    def __init__(self, head: bytes, pipe: BufferedReader) -> None:
        self._head = head
        self._pipe = pipe

    def read(self, n: int) -> bytes:
        """The next bytes."""
        taken, self._head = self._head[:n], self._head[n:]
        return taken + self._pipe.read(n - len(taken))


def _unreadable(error: Exception) -> Problem:
    return Problem(
        Kind.USAGE,
        "Standard input is no sound",
        str(error) or "It ended within its header",
        "Send 16-bit WAV, or raw 16-bit little-endian mono at --rate.",
        is_permanent=True,
    )
